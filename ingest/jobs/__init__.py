"""The work: refresh a feed, read an entry, drain the outbox."""
