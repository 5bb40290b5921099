"""Settings of the fetch room."""

from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated

from pydantic import Field, SecretStr, field_validator

from ingest.units import ConfigPath, Duration, Section, Size


class Fetch(Section):
    """Bounds and manners of every HTTP exchange."""

    timeout: Duration = Field(timedelta(seconds=30), description="For a whole exchange.")
    max_body: Size = Field(20_000_000, description="Largest feed, unpacked.")
    per_site: int = Field(1, ge=1, description="Exchanges at a time with one site.")
    site_delay: Duration = Field(
        timedelta(seconds=1),
        description="Least time between the end of one exchange with a site and the next start.",
    )
    robots: bool = Field(True, description="Obey robots.txt for pages (never asked for feeds).")
    allow_networks: tuple[IPv4Network | IPv6Network, ...] = Field(
        (), description="Private networks that may be dialled all the same, on any port."
    )
    allow_ports: tuple[Annotated[int, Field(ge=1, le=65535)], ...] = Field(
        (), description="Ports below 1024 that may be dialled besides 80 and 443."
    )
    proxy: SecretStr | None = Field(
        None,
        description="HTTP proxy for everything, http://[user:password@]host:port; it then is the"
        " proxy that looks names up and must refuse private addresses.",
    )
    ca_file: ConfigPath | None = Field(
        None, description="Certificates (PEM) trusted besides the public ones."
    )

    @field_validator("proxy")
    @classmethod
    def _is_plain_http(cls, proxy: SecretStr | None) -> SecretStr | None:
        if proxy is not None and not proxy.get_secret_value().startswith("http://"):
            raise ValueError("not the address of an HTTP proxy; write http://host:port")
        return proxy
