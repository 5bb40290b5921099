"""Settings of the stories room."""

from datetime import timedelta

from pydantic import Field

from ingest.units import Duration, Section


class Stories(Section):
    """How articles are grouped."""

    window: Duration = Field(
        timedelta(hours=72), description="A story takes in copies this long after its last article."
    )
