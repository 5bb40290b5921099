"""What stands above an article's text: byline and date, for pages whose markup names neither."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.articles import authors, dates
from ingest.articles.lines import Line

_BY = re.compile(
    r"\s*(?:(?:story |text |written |posted |published )?by|von|par|por|di)\b[\s:]", re.I
)


@dataclass(frozen=True, slots=True)
class Head:
    """Authors and day as a reader sees them."""

    authors: tuple[str, ...] = ()
    published: dates.Day | None = None


def read(lines: Sequence[Line]) -> Head:
    """Return what the lines above the text say: names only after a word like "by"."""
    names: list[str] = []
    published = None
    for line in lines:
        if len(line.text) <= 120:
            if not names and _BY.match(line.text):
                names = authors.from_byline(line.text)
            published = published or dates.read(line.text)
    return Head(authors.names(names), published)
