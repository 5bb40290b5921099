"""Settings of the articles room."""

from datetime import timedelta

from pydantic import Field

from ingest.units import Duration, Section, Size


class Articles(Section):
    """How the page behind an entry is read."""

    full_text: bool = Field(True, description="Read the page behind each entry.")
    max_page: Size = Field(10_000_000, description="Largest page, unpacked.")
    recheck: tuple[Duration, ...] = Field(
        (timedelta(hours=1), timedelta(hours=6), timedelta(hours=24)),
        description="Look at a page again this long after publication, for edits.",
    )
