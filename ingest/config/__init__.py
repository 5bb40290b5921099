"""The configuration: YAML files in, one frozen `Settings` out, every fault with its place."""
