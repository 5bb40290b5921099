"""News sitemaps: the articles of a site's last two days, as it lists them for search engines.

https://developers.google.com/search/docs/crawling-indexing/sitemaps/news-sitemap
"""

import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from ingest import urls
from ingest.errors import NotAFeed, ParseError
from ingest.feeds import dates, markup
from ingest.feeds.reader import MAX_ENTRIES, MAX_TAGS
from ingest.model import ParsedEntry, ParsedFeed

_ROOT = re.compile(r"<(?:[\w.-]{1,50}:)?urlset[\s>]")
_MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
_NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"


def is_sitemap(text: str) -> bool:
    """Return whether a text is a list of addresses rather than a feed."""
    return _ROOT.match(text) is not None


def read(text: str, url: str) -> ParsedFeed:
    """Return the articles of a news sitemap, without key and hash; each is known by its link.

    The text has no DOCTYPE (`is_sitemap`), hence no entities of its own.
    Raises NotAFeed for a sitemap of pages that are no news, and ParseError for broken XML.
    """
    try:
        root = ET.fromstring(text)  # noqa: S314 - see above
    except (ET.ParseError, ValueError) as error:
        raise ParseError(f"the sitemap is not well-formed XML: {error}") from error
    entries = list(_entries(root, url))
    if not entries:
        raise NotAFeed("the answer is a sitemap without news, no feed")
    warnings = []
    if len(entries) > MAX_ENTRIES:
        warnings.append(f"the feed has more than {MAX_ENTRIES} entries")
    publication = f"{_MAP}url/{_NEWS}news/{_NEWS}publication/{_NEWS}"
    language = markup.line(root.findtext(f"{publication}language") or "")
    return ParsedFeed(
        title=markup.line(root.findtext(f"{publication}name") or ""),
        link=urls.join(url, "/"),
        description="",
        language=language or None,
        updated_at=None,
        format="sitemap-news",
        ttl_s=None,
        entries=tuple(entries[:MAX_ENTRIES]),
        warnings=tuple(warnings),
    )


def _entries(root: ET.Element, url: str) -> Iterator[ParsedEntry]:
    """Yield the pages that are said to be news and have an address."""
    for page in root.iterfind(f"{_MAP}url"):
        news, link = page.find(f"{_NEWS}news"), page.findtext(f"{_MAP}loc")
        address = urls.join(url, link) if link else None
        if news is not None and address:
            yield _entry(page, news, address)


def _entry(page: ET.Element, news: ET.Element, link: str) -> ParsedEntry:
    keywords = (news.findtext(f"{_NEWS}keywords") or "").split(",")[:MAX_TAGS]
    tags = (markup.line(keyword) for keyword in keywords)
    updated = dates.parse(page.findtext(f"{_MAP}lastmod"))
    return ParsedEntry(
        key="",
        guid=None,
        link=link,
        title=markup.line(news.findtext(f"{_NEWS}title") or ""),
        summary="",
        content="",
        authors=(),
        published_at=dates.parse(news.findtext(f"{_NEWS}publication_date")) or updated,
        updated_at=updated,
        tags=tuple(dict.fromkeys(tag for tag in tags if tag)),
        enclosures=(),
        hash="",
    )
