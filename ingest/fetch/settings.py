"""Settings of the fetch room."""

from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network

from pydantic import Field

from ingest.units import Duration, Section, Size


class Fetch(Section):
    """Bounds and manners of every HTTP exchange."""

    timeout: Duration = Field(timedelta(seconds=30), description="For a whole exchange.")
    max_body: Size = Field(20_000_000, description="Largest feed, unpacked.")
    per_site: int = Field(1, ge=1, description="Exchanges at a time with one site.")
    site_delay: Duration = Field(
        timedelta(seconds=1),
        description="Least time between the ends and starts of two exchanges with one site.",
    )
    robots: bool = Field(True, description="Obey robots.txt for pages (never asked for feeds).")
    allow_networks: tuple[IPv4Network | IPv6Network, ...] = Field(
        (), description="Private networks that may be dialled all the same."
    )
