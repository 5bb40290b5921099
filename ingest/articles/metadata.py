"""What a page says of its article: title, authors, date, language, addresses.

Structured data is believed where it proves itself against the page: a headline that is also the
`h1`, an author the byline shows.
"""

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from ingest.articles import authors, dates, jsonld
from ingest.articles.words import plain, squeeze
from ingest.urls import join

_HEADLINE_MAX = 300
_SEPARATOR = re.compile(r"\s+[|\-–—·•»:/]+\s+|\s*[|｜]\s*")
_DATE_META = (
    "article:published_time", "og:article:published_time", "datepublished", "date.published", "article_date_original", "parsely-pub-date",
    "sailthru.date", "dcterms.date", "dcterms.created", "dc.date.issued", "dc.date.created", "dcterms.issued", "dc.date", "publishdate", "publish-date", "publish_date",
    "pubdate", "article.published", "article:published", "published_time", "cxenseparse:recs:publishtime", "og:published_time", "og:pubdate", "citation_publication_date", "ptime", "displaydate", "published-date", "creation_date", "release_date", "date",
)  # fmt: skip
_AUTHOR_META = (
    "author", "parsely-author", "byl", "sailthru.author", "dcterms.creator", "dc.creator", "article_author", "authors", "article:author", "article:author_name", "cxenseparse:author", "og:article:author", "creator", "citation_author",
)  # fmt: skip
_DESCRIPTION_META = (
    "og:description",
    "description",
    "twitter:description",
    "dcterms.description",
    "dc.description",
)


@dataclass(frozen=True, slots=True)
class Metadata:
    """What head, structured data and headings of one page say."""

    title: str = ""
    titles: frozenset[str] = frozenset()
    """Every spelling of the headline, as `words.plain` gives it."""
    descriptions: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    published: dates.Day | None = None
    language: str | None = None
    canonical_url: str | None = None
    image: str | None = None
    site_name: str | None = None
    article_body: str = ""
    """The text in the structured data, plain."""
    paywalled: bool = False


@dataclass(slots=True)
class _Head:
    """The raw material: meta values by lower-case name, structured articles, the `h1` texts."""

    meta: Mapping[str, Sequence[str]]
    articles: Sequence[jsonld.Item]
    by_id: Mapping[str, jsonld.Item]
    h1: Sequence[str]
    window: str
    tree: LexborHTMLParser = field(repr=False)

    def first(self, *names: str) -> str:
        for name in names:
            for value in self.meta.get(name, ()):
                if value:
                    return value
        return ""


def read(tree: LexborHTMLParser, url: str) -> Metadata:
    """Return what the page says of its article; `url` is where it came from."""
    head = _head(tree)
    main = _main(head)
    site = _site_name(head, main)
    title = _title(head, main, site)
    return Metadata(
        title=title,
        titles=_titles(head, main, title, site),
        descriptions=_descriptions(head, main),
        authors=_authors(head, main, site),
        published=_published(head, main),
        language=_language(head, main),
        canonical_url=_canonical(head, url),
        image=_image(head, main, url),
        site_name=site,
        article_body=_text(main.get("articleBody")),
        paywalled=str(main.get("isAccessibleForFree")).lower() == "false",
    )


def _head(tree: LexborHTMLParser) -> _Head:
    meta: dict[str, list[str]] = {}
    for node in tree.css("meta"):
        given = node.attributes
        value = squeeze(given.get("content") or "")
        for key in ("property", "name", "itemprop", "http-equiv"):
            name = given.get(key)
            if name and value:
                meta.setdefault(name.lower().strip(), []).append(value)
                break
    found = jsonld.items(tree)
    window = tree.css_first("head > title") or tree.css_first("title")
    return _Head(
        meta=meta,
        articles=[item for item in found if jsonld.is_article(item)],
        by_id={str(i["@id"]): i for i in reversed(found) if i.get("@id") and len(i) > 1},
        h1=[text for node in tree.css("h1")[:20] if (text := squeeze(node.text(separator=" ")))],
        window=squeeze(window.text() or "") if window is not None else "",
        tree=tree,
    )


def _main(head: _Head) -> jsonld.Item:
    """Return the structured article this page is about: the one its headings name, or the first."""
    shown = {plain(text) for text in (*head.h1, head.first("og:title"))}
    for item in head.articles:
        if plain(_text(item.get("headline")) or _text(item.get("name"))) in shown:
            return item
    return head.articles[0] if head.articles else {}


def _text(value: object) -> str:
    return squeeze(html.unescape(html.unescape(jsonld.text(value))))


def _strip_site(text: str, site: str | None) -> str:
    """Return a window title without the site's name at either end."""
    parts = _SEPARATOR.split(text)
    if len(parts) < 2:
        return text
    name = plain(site or "")
    if name and (
        plain(parts[-1]) == name or (name in plain(parts[-1]) and len(parts[-1].split()) <= 5)
    ):
        return text[: text.rfind(parts[-1])].rstrip(" |-–—·•»:/｜")
    if name and plain(parts[0]) == name:
        return text[text.find(parts[0]) + len(parts[0]) :].lstrip(" |-–—·•»:/｜")
    return text


def _title(head: _Head, main: jsonld.Item, site: str | None) -> str:
    """Return the headline: the `h1` that the head confirms, else what the head says."""
    social = _strip_site(html.unescape(head.first("og:title", "twitter:title")), site)
    structured = _text(main.get("headline"))
    window = head.window
    claims = [plain(text) for text in (structured, social, window) if text]
    for text in head.h1:
        key = plain(text)
        if (
            len(key) >= 8
            and len(text) <= _HEADLINE_MAX
            and any(key in claim or claim in key for claim in claims if len(claim) >= 8)
        ):
            return text
    best = max(head.h1, key=lambda text: _likeness(text, claims), default="")
    if best and _likeness(best, claims) >= 0.5 and len(best) <= _HEADLINE_MAX:
        return best
    if (
        len(head.h1) == 1
        and len(head.h1[0].split()) >= 4
        and plain(head.h1[0]) != plain(site or "")
    ):
        return head.h1[0][:_HEADLINE_MAX]
    return (social or structured or _strip_site(window, site) or next(iter(head.h1), ""))[
        :_HEADLINE_MAX
    ]


def _likeness(text: str, claims: Iterable[str]) -> float:
    words = set(plain(text).split())
    return max(
        (
            len(words & set(claim.split())) / max(len(words | set(claim.split())), 1)
            for claim in claims
        ),
        default=0.0,
    )


def _titles(head: _Head, main: jsonld.Item, title: str, site: str | None) -> frozenset[str]:
    social = [html.unescape(text) for text in (head.first("og:title"), head.first("twitter:title"))]
    all_ = [
        title,
        _text(main.get("headline")),
        head.window,
        *social,
    ]
    all_ += [_strip_site(text, site) for text in [head.window, *social]]
    return frozenset(key for text in all_ if len(key := plain(text)) >= 4)


def _descriptions(head: _Head, main: jsonld.Item) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for text in (
        _text(main.get("description")),
        *(html.unescape(v) for name in _DESCRIPTION_META for v in head.meta.get(name, ())[:2]),
    ):
        if len(text) >= 20:
            found.setdefault(text)
    return tuple(found)


def _authors(head: _Head, main: jsonld.Item, site: str | None) -> tuple[str, ...]:
    own = [site or "", _text(main.get("publisher")), urlsplit(head.first("og:url")).hostname or ""]
    for raw in (_structured_authors(head, main), _meta_authors(head), _shown_authors(head)):
        found = authors.names(raw, own)
        if found:
            return found
    return ()


def _structured_authors(head: _Head, main: jsonld.Item) -> list[str]:
    people: list[str] = []
    others: list[str] = []
    value = main.get("author") or main.get("creator")
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, Mapping) and "name" not in one and one.get("@id"):
            one = head.by_id.get(str(one["@id"]), one)
        organisation = isinstance(one, Mapping) and "Organization" in " ".join(jsonld.types(one))
        (others if organisation else people).extend(jsonld.names(one))
    return people or others


def _meta_authors(head: _Head) -> list[str]:
    for name in _AUTHOR_META:
        values = [v for v in head.meta.get(name, ()) if not v.startswith(("http", "/", "@"))]
        if values and authors.names(values):
            return values
    return []


_BYLINES = (
    "a[rel~=author], [itemprop~=author] [itemprop=name], [itemprop~=author]",
    "[class*=byline] a, [class*=Byline] a, [class*=author-name], [class*=authorName], [class*=author__name], [class*=author] a[href*=author]",
    "[class*=byline], [class*=Byline], [class*=author], [class*=Author], [data-testid*=byline]",
)  # fmt: skip


def _shown_authors(head: _Head) -> list[str]:
    for selector in _BYLINES:
        found: list[str] = []
        for node in head.tree.css(selector)[:8]:
            found += authors.from_byline(node.text(separator=" ") or "")
        if found:
            return list(dict.fromkeys(found))[:4]
    return []


def _published(head: _Head, main: jsonld.Item) -> dates.Day | None:
    values = [_text(main.get("datePublished")), _text(main.get("dateCreated"))]
    values += [v for name in _DATE_META for v in head.meta.get(name, ())[:1]]
    values += [_text(item.get("datePublished")) for item in head.articles[:5]]
    for value in values:
        if value and (found := dates.read(value)):
            return found
    return _shown_date(head)


_DATES = (
    "[itemprop=datePublished], time[pubdate], time.published, time.entry-date, [property='dc:date'], abbr.published",
    "time[datetime]",
    "[class*=publish], [class*=Publish], [class*=date], [class*=Date], [class*=timestamp], [class*=time]",
)  # fmt: skip


def _shown_date(head: _Head) -> dates.Day | None:
    for selector in _DATES:
        for node in head.tree.css(selector)[:10]:
            given = node.attributes
            value = (
                given.get("content")
                or given.get("datetime")
                or squeeze(node.text(separator=" ") or "")
            )
            if value and (found := dates.read(value)):
                return found
    return None


def _language(head: _Head, main: jsonld.Item) -> str | None:
    root = head.tree.css_first("html")
    given = root.attributes if root is not None else {}
    for value in (
        given.get("lang") or given.get("xml:lang") or "",
        head.first("content-language", "og:locale", "dc.language", "language", "inlanguage"),
        jsonld.text(main.get("inLanguage")),
    ):
        code = re.match(r"\s*([A-Za-z]{2,3})(?:[-_,\s]|$)", value)
        if code:
            return code[1].lower()
    return None


def _canonical(head: _Head, url: str) -> str | None:
    """Return the address the page gives itself; a front page is no article's address."""
    link = head.tree.css_first("link[rel~=canonical]")
    given = [link.attributes.get("href") or "" if link is not None else "", head.first("og:url")]
    found = [full for href in given if href and (full := join(url, href))]
    deep = [full for full in found if len(urlsplit(full).path) > 1 or urlsplit(full).query]
    if not deep and urlsplit(url).path not in ("", "/"):
        return None
    return next(iter(deep or found), None)


def _image(head: _Head, main: jsonld.Item, url: str) -> str | None:
    value = main.get("image") or main.get("thumbnailUrl")
    if isinstance(value, list):
        value = next(iter(value), None)
    if isinstance(value, Mapping):
        value = value.get("url") or value.get("contentUrl")
    for href in (
        head.first("og:image", "og:image:url", "og:image:secure_url"),
        jsonld.text(value),
        head.first("twitter:image", "twitter:image:src"),
    ):
        if href and (full := join(url, html.unescape(href))):
            return full
    return None


def _site_name(head: _Head, main: jsonld.Item) -> str | None:
    name = head.first("og:site_name", "application-name", "apple-mobile-web-app-title") or _text(
        main.get("publisher")
    )
    return name[:120] or None
