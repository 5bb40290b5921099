"""Where a site's feeds may be: what its page names, what its robots.txt names, and the usual places."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from ingest import urls
from ingest.feeds import markup

MAX_CANDIDATES = 20
"""Places looked at for one site; a page with more feeds lists them for people."""

_TYPES = {
    "application/rss+xml",
    "application/atom+xml",
    "application/rdf+xml",
    "application/feed+json",
}
_LOOKS_LIKE = re.compile(
    r"(?:^|[/._?=-])(?:rss|atom|feed|feeds|rdf)(?:$|[/._?&=-])|\.(?:rss|atom|rdf)$", re.IGNORECASE
)
_USUAL = (
    # WordPress; Ghost, Hugo and static sites; Drupal; Blogger; Jekyll; Micro.blog; news sitemaps.
    "/feed/", "/rss", "/rss.xml", "/index.xml", "/feed.xml", "/atom.xml",
    "/feeds/posts/default", "/feed.json", "/news-sitemap.xml", "/sitemap-news.xml",
)  # fmt: skip
_SITEMAP = re.compile(r"^[ \t]*sitemap[ \t]*:[ \t]*(\S{1,2000})", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An address that may be a feed."""

    url: str
    title: str
    why: str
    """How it was found: `page`, `link`, `anchor`, `robots` or `usual_place`."""


def in_page(html: str, url: str) -> list[Candidate]:
    """Return the feeds that a page names in its link elements, then those its own anchors look like.

    https://www.rssboard.org/rss-autodiscovery
    """
    tree = LexborHTMLParser(html)
    found = [
        Candidate(address, markup.line(node.attributes.get("title") or "")[:200], "link")
        for node in tree.css("link[rel~=alternate i][href]")
        if _type(node.attributes.get("type")) in _TYPES
        and (address := urls.join(url, node.attributes.get("href") or ""))
    ]
    for node in tree.css("a[href]"):
        address = urls.join(url, node.attributes.get("href") or "")
        if address and _LOOKS_LIKE.search(urlsplit(address).path) and _same_site(address, url):
            found.append(Candidate(address, markup.line(node.text())[:200], "anchor"))
    return _once(found)


def in_robots(text: str, url: str) -> list[Candidate]:
    """Return the news sitemaps that a robots.txt names (https://www.sitemaps.org/protocol.html)."""
    named = (urls.join(url, each) for each in _SITEMAP.findall(text))
    news = (each for each in named if each and "news" in urlsplit(each).path.lower())
    return _once(Candidate(each, "", "robots") for each in news)


def usual(url: str) -> list[Candidate]:
    """Return the places where publishing software puts its feeds."""
    addresses = (urls.join(url, path) for path in _USUAL)
    return _once(Candidate(address, "", "usual_place") for address in addresses if address)


def _type(written: str | None) -> str:
    return (written or "").partition(";")[0].strip().lower()


def _same_site(one: str, other: str) -> bool:
    try:
        return urls.site(one) == urls.site(other)
    except ValueError:
        return False


def _once(found: Iterable[Candidate]) -> list[Candidate]:
    """Return each address once, the first of its mentions."""
    unique: dict[str, Candidate] = {}
    for candidate in found:
        unique.setdefault(candidate.url.partition("#")[0], candidate)
    return [*unique.values()][:MAX_CANDIDATES]
