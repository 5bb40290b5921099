"""Where a site's feeds may be: what its page names, what its robots.txt names, and the usual places."""

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ingest import urls
from ingest.feeds import markup

MAX_CANDIDATES = 20
"""Places looked at for one site; a page with more feeds lists them for people."""

MAX_ANCHORS = 10_000
"""Anchors of a page that are looked at; front pages have some hundreds."""
MAX_MAPS = 5
"""Sitemaps looked at that robots.txt does not call news, or of one index; many weigh megabytes."""

_TYPES = {
    "application/rss+xml",
    "application/atom+xml",
    "application/rdf+xml",
    "application/feed+json",
}
_XML = {"text/xml", "application/xml"}
_VAGUE = {"application/json", ""}
"""Types that feeds share with translations, with the API of WordPress and the like."""
_LOOKS_LIKE = re.compile(
    r"(?:^|[/._?&=-])(?:rss2?|atom|feed|feeds|rdf)(?:$|[/._?&=-])|\.(?:rss|atom|rdf)$",
    re.IGNORECASE,
)
_SAYS = re.compile(r"(?<![a-z])(?:rss|atom|feeds?)(?![a-z])", re.IGNORECASE)
_USUAL = (
    # WordPress; Ghost, Hugo and static sites; Drupal; Blogger; Jekyll; Micro.blog; news sitemaps.
    "/feed/", "/rss", "/rss.xml", "/index.xml", "/feed.xml", "/atom.xml",
    "/feeds/posts/default", "/feed.json", "/news-sitemap.xml", "/sitemap-news.xml",
)  # fmt: skip
_INDEX = re.compile(r"<(?:[\w.-]{1,50}:)?sitemapindex[\s>]")
_LOCATION = re.compile(r"<(?:[\w.-]{1,50}:)?loc>\s*([^<\s]{1,2000})\s*</")
_SITEMAP = re.compile(r"^[ \t]*sitemap[ \t]*:[ \t]*(\S{1,2000})", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An address that may be a feed."""

    url: str
    title: str
    why: str
    """How it was found: `page`, `link`, `anchor`, `robots`, `index` (of sitemaps) or `usual_place`."""


def in_page(page: str, url: str) -> list[Candidate]:
    """Return the feeds that a page names in its link elements, then those its own anchors look like.

    What is surely meant as a feed comes before what may be one.
    https://www.rssboard.org/rss-autodiscovery
    """
    tree = LexborHTMLParser(page)
    base = _base(tree, url)
    found = [*_links(tree, base), *_anchors(tree, base, url)]
    return _once(candidate for _, candidate in sorted(found, key=lambda each: each[0]))


def _base(tree: LexborHTMLParser, url: str) -> str:
    """Return what the links of a page start from (HTML, the base element)."""
    node = tree.css_first("base[href]")
    return (node and urls.join(url, node.attributes.get("href") or "")) or url


def _links(tree: LexborHTMLParser, base: str) -> Iterator[tuple[int, Candidate]]:
    """Yield the feeds of link elements, each with how sure that is."""
    for node in tree.css("link[rel~=alternate i][href], link[rel~=feed i][href]"):
        address = urls.join(base, node.attributes.get("href") or "")
        title = markup.line(node.attributes.get("title") or "")[:200]
        kind = (node.attributes.get("type") or "").partition(";")[0].strip().lower()
        if not address:
            continue
        if kind in _TYPES or "feed" in (node.attributes.get("rel") or "").lower().split():
            yield 0, Candidate(address, title, "link")
        elif kind in _XML or (kind in _VAGUE and (_looks_like(address) or _SAYS.search(title))):
            yield 1, Candidate(address, title, "link")


def _anchors(tree: LexborHTMLParser, base: str, url: str) -> Iterator[tuple[int, Candidate]]:
    """Yield the addresses of the site's own that look like feeds, then those that are called so."""
    for node in tree.css("a[href]")[:MAX_ANCHORS]:
        address = urls.join(base, node.attributes.get("href") or "")
        text = _text(node)
        if address and (_looks_like(address) or _SAYS.search(text)) and _same_site(address, url):
            yield 2 if _looks_like(address) else 3, Candidate(address, text, "anchor")


def _text(node: LexborNode) -> str:
    """Return what an anchor says: its first pieces of text, those of images and its own title."""
    inside = islice(node.traverse(include_text=True), 20)
    pieces = [each.text_content or each.attributes.get("alt") or "" for each in inside]
    named = [node.attributes.get(name) or "" for name in ("title", "aria-label")]
    return (markup.line(" ".join(pieces)) or markup.line(" ".join(named)))[:200]


def _looks_like(address: str) -> bool:
    parts = urlsplit(address)
    return _LOOKS_LIKE.search(f"{parts.path}?{parts.query}") is not None


def in_robots(text: str, url: str) -> list[Candidate]:
    """Return the sitemaps that a robots.txt names: those of news, then a few that may be.

    https://www.sitemaps.org/protocol.html
    """
    lines = islice(_SITEMAP.finditer(text), 1000)
    maps = [address for line in lines if (address := urls.join(url, line[1]))]
    news = [each for each in maps if _is_news(each)]
    others = [each for each in maps if each not in news]
    return _once(Candidate(each, "", "robots") for each in [*news, *others[:MAX_MAPS]])


def in_index(text: str, url: str) -> list[Candidate]:
    """Return the sitemaps of news that an index of sitemaps lists; nothing for any other text."""
    if not _INDEX.search(text, 0, 5000):
        return []
    listed = (urls.join(url, html.unescape(each[1])) for each in _LOCATION.finditer(text))
    news = (Candidate(each, "", "index") for each in listed if each and _is_news(each))
    return _once(islice(news, MAX_MAPS))


def _is_news(sitemap: str) -> bool:
    return "news" in urlsplit(sitemap).path.lower()


def usual(url: str) -> list[Candidate]:
    """Return the places where publishing software puts its feeds."""
    addresses = (urls.join(url, path) for path in _USUAL)
    return _once(Candidate(address, "", "usual_place") for address in addresses if address)


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
