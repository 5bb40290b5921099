"""Which addresses may be asked: pure decisions about URLs, IP addresses and ports.

The connection asks `check` about the very address it is about to dial (SSRF, OWASP cheat sheet).
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urljoin, urlsplit

import idna

from ingest.errors import Blocked
from ingest.urls import MAX_LENGTH

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_WEB_PORTS = {"http": 80, "https": 443}

# IANA special-purpose address registries (RFC 6890 and successors). A table of our own, because
# `ipaddress.is_global` changed its mind between patch releases of Python (CVE-2024-4032).
_REFUSED = tuple(
    (ip_network(network), reason)
    for network, reason in (
        ("0.0.0.0/8", "this network"),
        ("10.0.0.0/8", "a private network"),
        ("100.64.0.0/10", "a provider's inner network"),
        ("127.0.0.0/8", "this machine"),
        ("168.63.129.16/32", "a cloud's metadata service"),  # Azure, the one outside link-local
        ("169.254.0.0/16", "link-local, where clouds keep metadata"),
        ("172.16.0.0/12", "a private network"),
        ("192.0.0.0/24", "reserved for protocols"),
        ("192.0.2.0/24", "reserved for documentation"),
        ("192.88.99.0/24", "a 6to4 relay"),
        ("192.168.0.0/16", "a private network"),
        ("198.18.0.0/15", "reserved for benchmarks"),
        ("198.51.100.0/24", "reserved for documentation"),
        ("203.0.113.0/24", "reserved for documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
        ("::1/128", "this machine"),
        ("fc00::/7", "a private network"),
        ("fe80::/10", "link-local"),
        ("ff00::/8", "multicast"),
        ("2001::/32", "a Teredo tunnel"),
        ("2001::/23", "reserved for protocols"),
        ("2001:db8::/32", "reserved for documentation"),
        ("2002::/16", "a 6to4 tunnel"),
        ("3fff::/20", "reserved for documentation"),
    )
)
_GLOBAL_IPV6 = IPv6Network("2000::/3")  # all that IANA has given out for the open internet
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: every IPv4 site, seen from an IPv6-only network

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_HOST_NAME = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\.?")
# The last label decides whether browsers read a name as an IPv4 address (WHATWG URL, "ends in a
# number"); so do C libraries, where 0x7f.1 and 2130706433 are loopback.
_ENDS_IN_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)\.?")


@dataclass(frozen=True, slots=True)
class Target:
    """An address taken apart once, fit to be asked."""

    url: str
    """The whole address, without fragment."""
    scheme: str
    host: str
    """Lower case, ASCII; an IPv6 address without brackets."""
    port: int
    path: str
    """What goes into the request line: path and query."""

    @property
    def root(self) -> str:
        """The address up to its path."""
        return self.url[: -len(self.path)]

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port, the border that secrets do not cross (RFC 6454)."""
        return self.scheme, self.host, self.port


def check(address: Address, networks: Sequence[Network] = ()) -> str | None:
    """Return why an IP address must not be dialled, or None where it may.

    IPv4-mapped and NAT64 addresses are judged by the IPv4 address they lead to; other tunnels
    (6to4, Teredo) have no web sites behind them and are refused.
    """
    if _within(address, networks):
        return None
    inner = _embedded(address)
    if inner is not None:
        return check(inner, networks)
    for network, reason in _REFUSED:
        if address in network:
            return f"{address} is {reason}"
    if address.version == 6 and address not in _GLOBAL_IPV6:
        return f"{address} is reserved"
    return None


def check_port(
    address: Address | None,
    port: int,
    *,
    networks: Sequence[Network] = (),
    ports: Sequence[int] = (),
) -> str | None:
    """Return why a port must not be dialled, or None; on allowed networks any port may.

    `address` is None where it is not known, behind a proxy. Below 1024 live mail, directory and other services that can be talked into mischief by HTTP.
    """
    if port >= 1024 or port in _WEB_PORTS.values() or port in ports:
        return None
    if address is not None and _within(_embedded(address) or address, networks):
        return None
    return f"port {port} is not a port of web sites"


def read_url(url: str) -> Target:
    """Take an address apart; raises Blocked for what is no plain http or https address.

    No user names, no control characters, no IPv4 address in other spelling than four decimals.
    """
    shown = without_userinfo(url)
    if len(url) > MAX_LENGTH:
        raise Blocked("the address is too long", url=shown)
    url = url.strip(" ")
    if _CONTROL.search(url):
        raise Blocked("the address holds control characters", url=shown)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Blocked("the address cannot be read", url=shown) from error
    if parts.scheme not in _WEB_PORTS:
        raise Blocked(f"not an http or https address: {shown}", url=shown)
    if "@" in parts.netloc:
        raise Blocked(
            "the address carries a user name; put it into the feed's `headers`", url=shown
        )
    if "[" in parts.netloc and ":" not in (parts.hostname or ""):
        raise Blocked(f"not an IPv6 address: {shown}", url=shown)
    if port == 0:
        raise Blocked("port 0 does not exist", url=shown)
    return _target(parts, port or _WEB_PORTS[parts.scheme], shown)


def follow(base: Target, location: str) -> Target:
    """Return where a redirect leads; raises Blocked as `read_url` does.

    Header text is Latin-1; servers that put UTF-8 there mean UTF-8.
    """
    with suppress(UnicodeError):
        location = location.encode("latin-1").decode("utf-8")
    try:
        return read_url(urljoin(base.url, location.strip()))
    except ValueError as error:
        raise Blocked("the redirect leads nowhere readable", url=base.url) from error


def literal(host: str) -> Address | None:
    """Return the IP address that a host is spelled as, or None for a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def without_userinfo(url: str) -> str:
    """Return an address as it may be shown: without user name and password, cut at 200."""
    head, mark, rest = url.partition("//")
    authority, slash, path = rest.partition("/")
    return f"{head}{mark}{authority.rpartition('@')[2]}{slash}{path}"[:200]


def _target(parts: SplitResult, port: int, shown: str) -> Target:
    host = _host(parts.hostname or "", shown)
    path = parts.path or "/"
    if parts.query:
        path = f"{path}?{parts.query}"
    authority = f"[{host}]" if ":" in host else host
    if port != _WEB_PORTS[parts.scheme]:
        authority = f"{authority}:{port}"
    return Target(f"{parts.scheme}://{authority}{path}", parts.scheme, host, port, path)


def _host(host: str, shown: str) -> str:
    """Return a host name or a plainly spelled IP address."""
    if ":" in host:
        try:
            return str(IPv6Address(host.replace("%", "zone")))  # a zone is this machine's affair
        except ValueError as error:
            raise Blocked(f"not an IPv6 address: {shown}", url=shown) from error
    if not host.isascii():
        host = _ascii(host, shown)
    if len(host) > 253 or not _HOST_NAME.fullmatch(host):
        raise Blocked(f"not a host name: {shown}", url=shown)
    if _ENDS_IN_NUMBER.fullmatch(host):
        try:
            return str(IPv4Address(host))
        except ValueError as error:
            raise Blocked(f"an oddly spelled IP address: {shown}", url=shown) from error
    return host


def _ascii(host: str, shown: str) -> str:
    if len(host) > 253:
        raise Blocked(f"not a host name: {shown}", url=shown)
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except UnicodeError as error:
        raise Blocked(f"not a host name: {shown}", url=shown) from error


def _within(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)


def _embedded(address: Address) -> IPv4Address | None:
    """Return the IPv4 address that the network itself takes an IPv6 address for."""
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped
