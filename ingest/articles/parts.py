"""An article over several pages: which page comes next, and the pages' texts made one."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from ingest.model import Extraction
from ingest.urls import canonical, site

MAX_PARTS = 10
"""Pages of one article at most; longer ones are picture galleries."""

LEFT_OUT = "further_pages_left_out"
"""The warning on an article that goes on elsewhere."""


def following(extraction: Extraction, seen: Collection[str]) -> str | None:
    """Return the address of the next page: on the same site, and none of those seen.

    A last page may lead back to the first.
    """
    url = extraction.next_page
    if url is None or canonical(url) in map(canonical, seen):
        return None
    return url if site(url) in map(site, seen) else None


def joined(parts: Sequence[Extraction], *, whole: bool = True) -> Extraction:
    """Return one article with the texts of all pages; what a page repeats of those before goes."""
    first, *further = parts
    paragraphs = first.body.split("\n\n")
    for part in further:
        known = set(paragraphs)
        paragraphs += [text for text in part.body.split("\n\n") if text not in known]
    warnings = first.warnings if whole else (*first.warnings, LEFT_OUT)
    return replace(
        first,
        body="\n\n".join(paragraphs),
        html="\n".join(part.html for part in parts),
        warnings=warnings,
        next_page=None,
    )
