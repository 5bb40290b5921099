"""The command line: one file per command group, output through `output.py`."""


def main() -> None:
    """Run the `ingest` command."""
    raise SystemExit("not built yet")
