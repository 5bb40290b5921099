"""Settings of the rules room: one rule as configured, and the lists that rules share."""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from ingest.units import ConfigPath, Duration, Section


class Surge(Section):
    """Tell also when a rule matches far above its usual."""

    factor: float = Field(4, gt=1, description="How many times its usual is a surge.")
    window: Duration = Field(
        gt=timedelta(), le=timedelta(days=7), description="The time in which to count, e.g. 2h."
    )


class ListFile(Section):
    """A list in a file of its own: one entry a line, or a column of a CSV file."""

    file: ConfigPath = Field(description="A `.csv` file, or any other with one entry a line.")
    column: str | None = Field(None, description="The column of a CSV file, by its first line.")


class RuleConfig(Section):
    """One rule: a query, its scope, and whom it tells."""

    name: str = Field(description="A unique name.")
    query: str = Field(description="The query; see the rule language reference.")
    tags: tuple[str, ...] = Field((), description="Only feeds with one of these tags.")
    feeds: tuple[str, ...] = Field((), description="Only these feeds, by name.")
    notify: tuple[str, ...] = Field((), description="Channels to tell.")
    on: Literal["entry", "article", "edit"] = Field(
        "article", description="At once on the feed's text, on the article, or also on its edits."
    )
    repeat: Literal["story", "once", "article"] = Field(
        "story",
        description="Once per story and again when it changes, only once, or for every copy.",
    )
    severity: Literal["normal", "critical"] = Field(
        "normal", description="Critical alerts pass digests, quiet hours and rates."
    )
    stem: bool = Field(
        False, description="Words also find their other forms, as after `~` (extra `stemming`)."
    )
    surge: Surge | None = None
    absent: Duration | None = Field(
        None, gt=timedelta(), description="Tell also when it has not matched for this long."
    )
