"""`demo`: the whole thing with no network and no set-up."""

import tempfile
from pathlib import Path

import click
from rich.console import Console

from ingest import log
from ingest.demo.show import Demo


@click.command()
@click.option("--once", is_flag=True, help="End after the first round, with a summary.")
def demo(once: bool) -> int:
    """Five outlets on loopback publish; watch stories arrive, the alerts they raise, and why."""
    log.setup("console", "warning")
    console = Console(highlight=False)
    with tempfile.TemporaryDirectory(prefix="ingest-demo-", ignore_cleanup_errors=True) as folder:
        done = Demo(Path(folder), console).run(once=once)
    if not done:
        console.print("[red]The first round did not finish in time.[/]")
    return 0 if done else 1
