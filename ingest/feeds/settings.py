"""Settings of the feeds room: how feeds are polled, and each feed's own."""

from datetime import timedelta
from functools import cached_property
from typing import Literal

from pydantic import Field, SecretStr

from ingest.units import Duration, Section


class Polling(Section):
    """How often feeds are looked at."""

    interval: Duration = Field(timedelta(minutes=15), description="The usual time between checks.")
    min: Duration = Field(timedelta(minutes=2), description="Never look more often than this.")
    max: Duration = Field(timedelta(hours=24), description="Never wait longer than this.")
    adaptive: bool = Field(True, description="Let each feed's own rhythm choose the interval.")
    first: Literal["alert", "store"] = Field(
        "alert", description="Whether the entries of a feed's first poll may raise alerts."
    )


class FeedConfig(Section):
    """One feed as configured; its name defaults to its URL as written."""

    url: str = Field(description="Address of the feed.")
    name: str | None = Field(None, description="A unique name; the URL where none is given.")
    tags: tuple[str, ...] = Field((), description="Labels that rules can select by.")
    interval: Duration | None = Field(None, description="A fixed time between checks.")
    full_text: bool | None = Field(None, description="Whether to read each entry's page.")
    headers: dict[str, SecretStr] = Field({}, description="Further request headers.")
    user_agent: str | None = Field(None, description="Another User-Agent for this feed.")
    paused: bool = Field(False, description="Known, but not polled.")

    def take_written(self, url: str) -> None:
        """Take the address as it is written, its references not filled in."""
        self.__dict__["address"] = url

    @cached_property
    def address(self) -> str:
        """The address that is stored and shown: what its references bring is secret."""
        return self.url

    @cached_property
    def called(self) -> str:
        """The feed's name."""
        return self.name or self.address
