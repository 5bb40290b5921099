"""Settings of the store room."""

from datetime import timedelta

from pydantic import Field

from ingest.units import Duration, Section


class Retention(Section):
    """How long things are kept."""

    articles: Duration = Field(timedelta(days=365), description="Articles and what hangs on them.")
    raw_pages: Duration = Field(timedelta(days=14), description="Pages as fetched.")
