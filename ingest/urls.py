"""Addresses: the one spelling under which they are compared, their site, and links made absolute.

Nothing is fetched here, and an address that is to be fetched is never rewritten beyond `join`.
"""

import ipaddress
import re
from collections.abc import Callable
from functools import cache, lru_cache
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit

import idna

if TYPE_CHECKING:
    from tldextract.tldextract import ExtractResult

MAX_LENGTH = 16_384
"""Longer addresses are refused: twice what servers accept in practice (Apache 8190 bytes)."""

TRACKING_PREFIXES = ("utm_", "mtm_", "pk_", "piwik_", "hsa_", "ns_", "at_custom")
"""Campaign families: Google, Matomo, Piwik, HubSpot ads, comScore and AT Internet (both BBC)."""

_CLICK_IDS = """
    fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid ysclid twclid ttclid li_fat_id epik
    rdt_cid irclickid srsltid s_kwcid ef_id wickedid rb_clickid
"""
_SHARING = """
    igshid igsh fb_action_ids fb_action_types fb_source fb_ref __twitter_impression sr_share
    soc_src soc_trk smid
"""
_NEWSLETTERS = """
    mc_cid mc_eid mkt_tok vero_id vero_conv oly_anon_id oly_enc_id ml_subscriber
    ml_subscriber_hash _bta_tid _bta_c ck_subscriber_id bsft_eid bsft_clkid
"""
_ANALYTICS = """
    _ga _gl _hsenc _hsmi __hssc __hstc __hsfp hsctatracking _openstat xtor ocid cmpid spm ftag cvid
    at_medium at_campaign at_link_id at_link_type at_link_origin at_format at_ptr_name at_bbc_team
    guccounter guce_referrer guce_referrer_sig
"""
TRACKING_NAMES = frozenset((_CLICK_IDS + _SHARING + _NEWSLETTERS + _ANALYTICS).split())
"""Query parameters that say where a reader came from and never which page is meant.

Ambiguous names (`ref`, `source`, `from`, `id`, `amp`, `output`) are not here: some sites choose
the page by them, and losing an article is worse than comparing a copy twice.
"""

SESSION_NAMES = frozenset(
    ["phpsessid", "jsessionid", "asp.net_sessionid", "cftoken", "oscsid", "zenid"]
)
"""Parameters by which PHP, Java, ASP.NET, ColdFusion and two shops know a visitor without cookies."""
SESSION_PREFIX = "aspsessionid"

_NAMES = TRACKING_NAMES | SESSION_NAMES
_PREFIXES = (*TRACKING_PREFIXES, SESSION_PREFIX)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_HOST_FIRST = re.compile(
    r"(?:localhost|[^\s/:@?#\[\]]+\.[^\s/:@?#\[\]]+|[^\s/:@?#\[\]]+(?=:\d)|\[[0-9a-f:.]+\])"
    r"(?::\d{1,5})?(?:[/?#]|$)",
    re.IGNORECASE,
)
_PORTS = {"http": 80, "https": 443}
_ODD_SPACE = re.compile(r"[\t\n\r]")
_EDGES = "".join(map(chr, range(0x21)))
_HOST = re.compile(r"[a-z0-9_.-]{1,253}")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_PATH_SESSION = re.compile(r";(?:jsessionid|phpsessid)=[^/;]*", re.IGNORECASE)
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def is_front(url: str) -> bool:
    """Return whether an address is a site's front page."""
    parts = urlsplit(url)
    return parts.path in {"", "/"} and not parts.query and not parts.fragment


def canonical(url: str) -> str:
    """Return the one spelling under which an address is compared.

    Lower-case scheme and host, IDNA, no default port, no user name, no dot segments, the percent-
    encoding of RFC 3986 §6.2.2, no tracking parameters, no sessions (`;jsessionid=` too) and no
    fragment, except the `#!` with which script-driven sites name a page.
    The order of parameters, a trailing slash and letter case of the path are kept.
    So are `http` and `https`, `www.`, `m.` and `amp` forms: only the site knows whether they are
    the same page, and it says so with its canonical link; two articles joined wrongly are a loss,
    one compared twice is not, since its story joins it with its copy.
    Idempotent. Raises ValueError for what is no http or https address.
    """
    parts, host, port = _split(url)
    netloc = host if port == _PORTS[parts.scheme] else f"{host}:{port}"
    path = _without_dots(_without_session(_encoded(parts.path, safe="/:@!$&'()*+,;=")))
    query = "&".join(_parameters(_encoded(parts.query, safe="/?:@!$&'()*+,;=[]|")))
    fragment = _encoded(parts.fragment, safe="/?:@!$&'()*+,;=")
    return (
        f"{parts.scheme}://{netloc}{path}"
        + (f"?{query}" if query else "")
        + (f"#{fragment}" if fragment.startswith("!") else "")
    )


def site(url: str) -> str:
    """Return the registrable domain of an address, the unit of politeness.

    Platforms whose customers have names of their own (`github.io`, `substack.com`) are one site:
    it is the same operator's machines that we load.
    An IP address or a name of a single label is a site of its own with each port, `localhost:8080`.
    Raises ValueError as `canonical` does.
    """
    _, host, port = _split(url)
    return _registrable(host) or f"{host}:{port}"


def host(url: str) -> str:
    """Return the host of an address in normal form; empty where it has none that can be read."""
    try:
        return _split(url)[1]
    except ValueError:
        return ""


def join(base: str, link: str) -> str | None:
    """Return `link` as an absolute http or https address, read against `base` (RFC 3986 §5).

    None for other schemes (`javascript:`, `mailto:`, `data:`) and for what cannot be read.
    """
    try:
        absolute = urljoin(_cleaned(base), _cleaned(link))
        _split(absolute)
    except ValueError:
        return None
    return absolute.replace(" ", "%20")


def typed(text: str) -> tuple[str, ...]:
    """Return the addresses that a person or another reader may mean, likeliest first.

    Without a scheme that is https, then http; `feed://` is http, `feed:https://` what it says
    (draft-obasanjo-feed-URI-scheme). Empty for what is no http or https address.
    """
    text = text.strip(_EDGES)
    if text[:5].lower() == "feed:":
        text = f"http:{text[5:]}" if text[5:7] == "//" else text[5:]
    text = text.removeprefix("//")
    tries = [text] if _SCHEME.match(text) else []
    if not tries and _HOST_FIRST.match(text):
        tries = [f"https://{text}", f"http://{text}"]
    return tuple(address for each in tries if (address := join("", each)))


@lru_cache(maxsize=512)
def _split(url: str) -> tuple[SplitResult, str, int]:
    """Return the parts of an address with its host in normal form and its effective port."""
    parts = urlsplit(_cleaned(url))
    if parts.scheme not in _PORTS:
        raise ValueError("not an http or https address")
    port = parts.port
    return parts, _host(parts.hostname or ""), _PORTS[parts.scheme] if port is None else port


def _cleaned(url: str) -> str:
    r"""Return the text as browsers read it: trimmed, no line breaks, `\` as `/` before the query."""
    if len(url) > MAX_LENGTH:
        raise ValueError("the address is too long")
    url = _ODD_SPACE.sub("", url.strip(_EDGES))
    end = min((at for mark in "?#" if (at := url.find(mark)) >= 0), default=len(url))
    return url[:end].replace("\\", "/") + url[end:]


def _host(host: str) -> str:
    if ":" in host:
        if "%" in host:
            raise ValueError("an address with a zone is this machine's own affair")
        return f"[{ipaddress.IPv6Address(host).compressed}]"
    host = unquote(host)
    if not host.isascii():
        host = _idna(host)
    host = host.lower().rstrip(".")
    if not _HOST.fullmatch(host):
        raise ValueError("the host name cannot be read")
    return host


def _idna(host: str) -> str:
    """Return the ASCII form of an international name; the older standard still knows emoji."""
    if len(host) > 253:
        raise ValueError("the host name is too long")
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        return host.encode("idna").decode("ascii")


def _encoded(text: str, safe: str) -> str:
    """Return text with unreserved characters plain, escapes in upper case, the rest escaped."""
    text = quote(_STRAY_PERCENT.sub("%25", text), safe=safe + "%", errors="replace")
    return _ESCAPE.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    char = chr(int(found[1], 16))
    return char if char in _UNRESERVED else found[0].upper()


def _without_dots(path: str) -> str:
    """Return the path after RFC 3986 §5.2.4, never empty."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments and segments[-1] in {".", ".."}:
        kept.append("")
    return "/" + "/".join(kept)


def _parameters(query: str) -> list[str]:
    return [part for part in query.split("&") if part and not _is_tracking(part)]


def _is_tracking(parameter: str) -> bool:
    name = parameter.partition("=")[0].lower()
    return name in _NAMES or name.startswith(_PREFIXES)


def _without_session(path: str) -> str:
    return _PATH_SESSION.sub("", path) if ";" in path else path


@cache
def _suffixes() -> Callable[[str], "ExtractResult"]:
    """Return the bundled suffix list; nothing is downloaded, and no cache folder is written.

    Imported on first use: tldextract brings requests with it, 0.14 s that `ingest --help` is spared.
    """
    from tldextract import TLDExtract  # noqa: PLC0415

    return TLDExtract(cache_dir=None, suffix_list_urls=()).extract_str


@lru_cache(maxsize=65_536)
def _registrable(host: str) -> str | None:
    """Return the registrable domain of a host name; None for IP addresses and single labels."""
    if "." not in host or host.startswith("[") or _is_ipv4(host):
        return None
    found = _suffixes()(host)
    if found.suffix:
        return found.top_domain_under_public_suffix or host
    # No known ending (`.internal`, `.test`): the list's own default rule, one label is the suffix.
    return ".".join(host.split(".")[-2:])


def _is_ipv4(host: str) -> bool:
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True
