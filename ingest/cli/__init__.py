"""The command line: one file per command group, output through `output.py`."""

from ingest.cli.root import main

__all__ = ["main"]
