"""News sitemaps: the articles of a site's last two days, as it lists them for search engines.

https://developers.google.com/search/docs/crawling-indexing/sitemaps/news-sitemap
"""

import html
import html.entities
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from xml.etree import ElementTree as ET

from ingest import urls
from ingest.errors import NotAFeed, ParseError
from ingest.feeds import dates, markup
from ingest.feeds.completeness import TRUNCATED
from ingest.feeds.reader import MAX_TAGS, within_bounds
from ingest.model import ParsedEntry, ParsedFeed

MAX_PAGE = 20_000
"""Characters of one page's part in a map that is not well-formed; a thousand is much."""
_FIRST = re.compile(r"<(?:[\w.-]{1,50}:)?(\w{1,50})")
_ROOT_TAG = re.compile(r"""<[^<>"']*(?:(?:"[^"<]*"|'[^'<]*')[^<>"']*){0,999}>""")
_END = re.compile(r"</(?:[\w.-]{1,50}:)?urlset\s*>")
_NEWS = "sitemap-news/"
"""What the news namespace has in common as people write it, http or https."""
_PAGE = re.compile(r"<(/?)(?:[\w.-]{1,50}:)?url(?:\s[^<>]*)?>")
_PREFIX = re.compile(r"<(/?)[\w.-]{1,50}:")
# What follows a CDATA mark is no reference, as far as the next tag.
_AMPERSAND = re.compile(
    r"<!\[CDATA\[[^<]*|&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[\da-fA-F]{1,6});)(\w{1,32};)?"
)
_LOCATION = re.compile(r"<(?:[\w.-]{1,50}:)?loc>\s*([^<\s]{1,500})\s*</")


def is_sitemap(text: str) -> bool:
    """Return whether a text is a list of addresses rather than a feed."""
    return _root(text) == "urlset"


def children(text: str) -> list[str]:
    """Return the first maps that an index of sitemaps lists, to tell of; none for any other text."""
    if _root(text) != "sitemapindex":
        return []
    listed = (html.unescape(found[1]) for found in _LOCATION.finditer(text))
    return list(islice(listed, 3)) or ["empty"]


def _root(text: str) -> str:
    """Return the name of the first element, behind a DOCTYPE; what one declares is not read."""
    found = _FIRST.search(text, 0, 5000) if text.startswith("<") else None
    return found[1] if found else ""


def read(text: str, url: str) -> ParsedFeed:
    """Return the articles of a news sitemap, without key and hash; each is known by its link.

    One that says it is of news and has none is a feed of nothing new: articles stay two days.
    Raises NotAFeed for a sitemap of pages that are no news, and ParseError for what holds no page.
    """
    first = _FIRST.search(text)
    text = text[first.start() :] if first else text  # without DOCTYPE, hence without entities
    pages, warnings = _pages(text)
    told = [page for page in pages if page.find("{*}news") is not None]
    opening = _ROOT_TAG.match(text)
    if not told and _NEWS not in (opening[0] if opening else ""):
        raise NotAFeed("the answer is a sitemap without news, no feed")
    entries, enough = within_bounds(list(_entries(told, url)))
    about = told[0].find("{*}news/{*}publication") if told else None
    language = markup.line(_said(about, "language"))
    return ParsedFeed(
        title=markup.line(_said(about, "name")),
        link=urls.join(url, "/"),
        description="",
        language=language or None,
        updated_at=None,
        format="sitemap-news",
        ttl_s=None,
        entries=tuple(entries),
        warnings=(*warnings, *enough),
    )


def _pages(text: str) -> tuple[list[ET.Element], list[str]]:
    """Return what a map says of each page, and warnings.

    Its namespaces are not told apart: some write them with https, or leave them out.
    """
    try:
        return ET.fromstring(text).findall("{*}url"), []  # noqa: S314 - no entities, see `read`
    except (ET.ParseError, ValueError) as error:
        pages = list(_readable_pages(text))
        if not pages:
            raise ParseError(f"the sitemap is not well-formed XML: {error}") from error
        warnings = [f"not well-formed XML: {error}"]
        return pages, warnings if _END.search(text) else [*warnings, TRUNCATED]


def _readable_pages(text: str) -> Iterator[ET.Element]:
    """Yield the pages of a broken map that can be read one by one."""
    start = -1
    for mark in _PAGE.finditer(text):
        if mark[1] and start >= 0 and mark.start() - start <= MAX_PAGE:
            inside = _PREFIX.sub(r"<\1", _AMPERSAND.sub(_escaped, text[start : mark.start()]))
            with suppress(ET.ParseError, ValueError):  # this page alone is lost, with a warning
                yield ET.fromstring(f"<url>{inside}</url>")  # noqa: S314 - no entities, see `read`
        start = -1 if mark[1] else mark.end()


def _escaped(found: re.Match[str]) -> str:
    """Return an ampersand that is none of XML's references as text."""
    if not found[0].startswith("&"):
        return found[0]
    name = found[1] or ""
    return html.escape(html.entities.html5.get(name, f"&{name}"), quote=False)


def _entries(told: Iterable[ET.Element], url: str) -> Iterator[ParsedEntry]:
    """Yield the pages that are said to be news and have an address."""
    for page in told:
        news, link = page.find("{*}news"), page.findtext("{*}loc")
        address = urls.join(url, link) if link else None
        if news is not None and address:
            yield _entry(page, news, address)


def _said(of: ET.Element | None, name: str) -> str:
    return (of.findtext(f"{{*}}{name}") if of is not None else "") or ""


def _entry(page: ET.Element, news: ET.Element, link: str) -> ParsedEntry:
    keywords = _said(news, "keywords").split(",")[:MAX_TAGS]
    tags = (markup.line(keyword) for keyword in keywords)
    updated = dates.parse(_said(page, "lastmod"))
    return ParsedEntry(
        key="",
        guid=None,
        link=link,
        title=markup.line(_said(news, "title")),
        summary="",
        content="",
        authors=(),
        published_at=dates.parse(_said(news, "publication_date")) or updated,
        updated_at=updated,
        tags=tuple(dict.fromkeys(tag for tag in tags if tag)),
        enclosures=(),
        hash="",
    )
