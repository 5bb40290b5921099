"""`demo`: the whole thing with no network and no set-up."""

import tempfile
from pathlib import Path

import click
from rich.console import Console

from ingest import log
from ingest.demo.show import Demo


@click.command()
@click.option("--once", is_flag=True, help="End after the first round, with a summary.")
@click.option(
    "--svg", type=click.Path(path_type=Path), help="Also draw the terminal into this file."
)
def demo(once: bool, svg: Path | None) -> int:
    """Five outlets on loopback publish; watch stories arrive, the alerts they raise, and why."""
    log.setup("console", "warning")
    console = Console(record=svg is not None, width=110 if svg else None, highlight=False)
    with tempfile.TemporaryDirectory(prefix="ingest-demo-", ignore_cleanup_errors=True) as folder:
        done = Demo(Path(folder), console).run(once=once or svg is not None)
    if svg is not None:
        svg.write_text(console.export_svg(title="./run demo --once"), encoding="utf-8")
    if not done:
        console.print("[red]The first round did not finish in time.[/]")
    return 0 if done else 1
