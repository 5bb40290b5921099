"""A small news world on loopback: outlets that publish, and sinks that receive what the daemon sends."""
