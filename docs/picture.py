"""Draws the picture of the README: runs the demo's first round and writes docs/demo.svg.

python docs/picture.py
"""

import re
import tempfile
from pathlib import Path

from rich.console import Console

from ingest import log
from ingest.demo.show import Demo

WIDTH = 104


def main() -> None:
    """Run the demo at a fixed width and keep what the terminal showed, the tables included."""
    log.setup("console", "warning")
    console = Console(record=True, width=WIDTH, highlight=False)
    with tempfile.TemporaryDirectory(prefix="ingest-demo-") as folder:
        Demo(Path(folder), console).run(once=True, received=False)
    drawn = console.export_svg(title="./run demo --once")
    # The library asks for a web font; a picture in a repository fetches nothing.
    drawn = re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)
    Path(__file__).with_name("demo.svg").write_text(drawn, encoding="utf-8")


if __name__ == "__main__":
    main()
