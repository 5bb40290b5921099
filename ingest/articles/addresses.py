"""Which of the addresses in a page is its own, where it sends its readers, where its picture is."""

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from ingest.urls import host, join
from ingest.urls import site as site_of


@dataclass(frozen=True, slots=True)
class Own:
    """The addresses a page gives itself, as written."""

    canonical: str = ""
    social: str = ""
    structured: tuple[str, ...] = ()


def canonical(own: Own, url: str) -> str:
    """Return the address the page gives itself, on its own site; else the address asked for.

    The canonical link (RFC 6596) comes before the address for sharing, which on some sites is a short
    one. A canonical address on another site names the outlet a text was taken from: another article.
    A front page is no article's address. A link to another host of the site (an internal one, the
    platform's) gives way where the page also names the address it was asked under.
    """
    given = [full for href in (own.canonical, own.social) if (full := _absolute(href, url))]
    fit = [full for full in given if _is_own(full, url)]
    if not fit:
        return url
    if _host(fit[0]) != _host(url) and url in {own.social, *own.structured}:
        return url
    return fit[0]


def same_but_case(own: str | None, url: str) -> str | None:
    """Return the address asked for where the page's own is that but for letter case and the like.

    Scheme, `www.` and fragment do not count either (`_bare`). Who asks for a page by its address
    finds it again in the answer.
    """
    return url if own and _bare(own) == _bare(url) else own


def _bare(url: str) -> str:
    """Return an address without what seldom tells pages apart: scheme, fragment, letter case."""
    return url.partition("#")[0].partition("://")[2].removeprefix("www.").casefold()


def _absolute(href: str, url: str) -> str | None:
    """Return a link as an absolute address; text with spaces in it was meant as something else."""
    return join(url, href) if href and " " not in href.strip() else None


def _is_own(full: str, url: str) -> bool:
    return _site(full) == _site(url) and _is_deep(full) >= _is_deep(url)


def _site(url: str) -> str:
    try:
        return site_of(url)
    except ValueError:
        return ""


def _host(url: str) -> str:
    return host(url).removeprefix("www.")


def _is_deep(url: str) -> bool:
    parts = urlsplit(url)
    return len(parts.path) > 1 or bool(parts.query)


_REFRESH = re.compile(
    r"""\s*(\d{1,3})[\d.]*\s*[;,]\s*(?:url\s*=)?\s*["']?([^"'\s]{1,2000})""", re.I
)

REFRESH_S = 10
"""A page that leads on later than this is there to be read, and reloads itself."""


def moved_to(tree: LexborHTMLParser, url: str) -> str | None:
    """Return the other address that a page sends its readers on to within seconds (meta refresh)."""
    for node in tree.css("meta[http-equiv=refresh i]")[:3]:
        found = _REFRESH.match(node.attributes.get("content") or "")
        full = join(url, html.unescape(found[2])) if found and int(found[1]) <= REFRESH_S else None
        if full and full.split("#")[0] != url.split("#", maxsplit=1)[0]:
            return full
    return None


def image(given: Iterable[str], url: str) -> str | None:
    """Return the first of the pictures' addresses that can be one, absolute."""
    found = (join(url, html.unescape(href)) for href in given if href)
    return next((full for full in found if full), None)
