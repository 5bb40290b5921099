"""What a page says of its article: title, authors, date, language, addresses.

Structured data is believed where it proves itself against the page: a headline that is also the
`h1`, an author the byline shows.
"""

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ingest.articles import addresses, authors, byline, dates, jsonld, titles
from ingest.articles.words import plain, squeeze

_TEXT_MAX = 1_000
_META_MAX = 5_000
_DATE_META = (
    "article:published_time", "og:article:published_time", "datepublished", "date.published", "article_date_original", "parsely-pub-date",
    "sailthru.date", "dcterms.date", "dcterms.created", "dc.date.issued", "dc.date.created", "dcterms.issued", "dc.date", "publishdate", "publish-date", "publish_date",
    "pubdate", "article.published", "article:published", "published_time", "cxenseparse:recs:publishtime", "og:published_time", "og:pubdate", "citation_publication_date", "ptime", "displaydate", "published-date", "creation_date", "release_date", "published_on", "date",
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
    noindex: bool = False


@dataclass(slots=True)
class _Head:
    """The raw material: meta values by lower-case name, structured articles, headings."""

    meta: Mapping[str, Sequence[str]]
    articles: Sequence[jsonld.Item]
    pages: Sequence[jsonld.Item]
    by_id: Mapping[str, jsonld.Item]
    h1: Sequence[str]
    h2: Sequence[str]
    window: str
    canonical: str
    tree: LexborHTMLParser = field(repr=False)

    def first(self, *names: str) -> str:
        for name in names:
            for value in self.meta.get(name, ()):
                if value:
                    return value
        return ""


def read(tree: LexborHTMLParser, url: str, feed_title: str = "") -> Metadata:
    """Return what the page says of its article; `url` is where it came from.

    The title that the feed gives the entry has a vote.
    """
    head = _head(tree)
    main = _main(head)
    site = _site_name(head, main)
    people = _authors(head, main, site)
    said = _said(head, main, feed_title)
    names = titles.Names.of(_site_names(head, main), url, people)
    title = titles.choose(said, names)
    return Metadata(
        title=title,
        titles=titles.spellings(said, title, names),
        descriptions=_descriptions(head, main),
        authors=people,
        published=_published(head, main, url),
        language=_language(head, main),
        canonical_url=addresses.canonical(_own_addresses(head, main), url),
        image=addresses.image(_images(head, main), url),
        site_name=site,
        article_body=_paragraphs(main.get("articleBody")),
        paywalled=str(main.get("isAccessibleForFree")).lower() == "false",
        noindex="noindex" in head.first("robots").lower(),
    )


_PARTS = "meta, title, h1, h2, link[rel~=canonical], script[type*='ld+json' i]"
"""What is asked for at once: each selector by itself walks over the whole page."""


def _head(tree: LexborHTMLParser) -> _Head:
    parts: dict[str, list[LexborNode]] = {}
    for node in tree.css(_PARTS):
        parts.setdefault(node.tag or "", []).append(node)
    found = jsonld.items(node.text() or "" for node in parts.get("script", ()))
    window = next(iter(parts.get("title", ())), None)
    canonical = next(iter(parts.get("link", ())), None)
    return _Head(
        meta=_meta(parts.get("meta", ())),
        articles=[item for item in found if jsonld.is_article(item)],
        pages=[item for item in found if "WebPage" in jsonld.types(item)],
        by_id={str(i["@id"]): i for i in reversed(found) if i.get("@id") and len(i) > 1},
        h1=_headings(parts.get("h1", ()), MAX_H1),
        h2=_headings(parts.get("h2", ()), MAX_H2),
        window=squeeze(window.text() or "")[:_TEXT_MAX] if window is not None else "",
        canonical=(canonical.attributes.get("href") or "") if canonical is not None else "",
        tree=tree,
    )


def _meta(nodes: Iterable[LexborNode]) -> dict[str, list[str]]:
    meta: dict[str, list[str]] = {}
    for node in nodes:
        given = node.attributes
        value = squeeze((given.get("content") or "")[:_META_MAX])
        name = next(filter(None, map(given.get, _META_KEYS)), None)
        if name and value:
            meta.setdefault(name.lower().strip(), []).append(value)
    return meta


_META_KEYS = ("property", "name", "itemprop", "http-equiv")


def _headings(nodes: Sequence[LexborNode], most: int) -> list[str]:
    texts = (_shown_text(node)[:_TEXT_MAX] for node in nodes[:MAX_HEADINGS])
    return list(islice(filter(None, texts), most))


MAX_HEADINGS, MAX_H1, MAX_H2 = 20, 20, 4
"""Headings looked at, and those of each level that count: a headline stands above the text."""


def _main(head: _Head) -> jsonld.Item:
    """Return the structured article this page is about: the one its headings name, or the first."""
    shown = {plain(text) for text in (*head.h1, head.first("og:title"))}
    for item in head.articles:
        if plain(_text(item.get("headline")) or _text(item.get("name"))) in shown:
            return item
    return head.articles[0] if head.articles else {}


def _text(value: object) -> str:
    return squeeze(html.unescape(html.unescape(jsonld.text(value))))


def _paragraphs(value: object) -> str:
    """Return a text in structured data line by line; some sites put markup into it."""
    text = html.unescape(jsonld.text(value))
    text = re.sub(r"<(?:/p|br|/div|/h\d)\b[^<>]{0,200}>", "\n", text)
    text = re.sub(r"<[^<>]{1,500}>", "", text)
    return "\n".join(line for one in text.splitlines() if (line := squeeze(one)))


def _shown_text(node: LexborNode) -> str:
    """Return an element's text with a space where two words would grow together, nowhere else."""
    out = ""
    for part in node.traverse(include_text=True):
        text = part.text_content if part.tag == "-text" else ""
        if not text:
            continue
        end = out[-2:]
        glued = _WORD_END.search(end) and _WORD_START.match(text) and not _DROP_CAP.search(end)
        out += f" {text}" if glued else text
        if len(out) > 2 * _TEXT_MAX:
            break  # no headline
    return squeeze(out)


_WORD_END = re.compile(r"[\w:!?.”“\"]$")
_WORD_START = re.compile(r"[\w„“\"«‘]")
_DROP_CAP = re.compile(r"(?:^|\s)[^\W\d_]$")


def _said(head: _Head, main: jsonld.Item, feed_title: str) -> titles.Said:
    return titles.Said(
        structured=_text(main.get("headline")) or _marked_headline(head),
        social=html.unescape(head.first("og:title", "twitter:title")),
        window=head.window,
        feed=feed_title,
        h1=head.h1,
        h2=head.h2,
    )


def _marked_headline(head: _Head) -> str:
    """Return the headline of microdata, for pages without JSON-LD."""
    node = head.tree.css_first("[itemprop~=headline]") if not head.articles else None
    if node is None:
        return ""
    return (squeeze(node.attributes.get("content") or "") or _shown_text(node))[:_TEXT_MAX]


def _descriptions(head: _Head, main: jsonld.Item) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for text in (
        _text(main.get("description")),
        *(html.unescape(v) for name in _DESCRIPTION_META for v in head.meta.get(name, ())[:2]),
    ):
        if len(text) >= 20:
            found.setdefault(text)
    return tuple(found)


_STANDFIRST = (
    "[class*=standfirst], [class*=Standfirst], [class*=subtitle], [class*=Subtitle], [class*=dek]"
    ", [class*=subhead], [class*=Subhead], [class*=lead], [class*=intro], [itemprop=alternativeHeadline]"
)


def standfirsts(tree: LexborHTMLParser) -> tuple[str, ...]:
    """Return the first texts in elements named as a standfirst; whether one is, the article decides."""
    found = (_shown_text(node) for node in tree.css(_STANDFIRST)[:MAX_STANDFIRSTS])
    return tuple(text for text in found if 20 <= len(text) <= _TEXT_MAX)


MAX_STANDFIRSTS = 8
"""Elements looked at: a standfirst stands near the top."""


def _authors(head: _Head, main: jsonld.Item, site: str | None) -> tuple[str, ...]:
    """Return the people named as authors, else the outlet or agency where the page names that."""
    own = [site or "", _text(main.get("publisher")), urlsplit(head.first("og:url")).hostname or ""]
    people, desks = _structured_authors(head, main)
    for given in (people, _meta_authors(head, own)):
        if found := authors.names(given, own):
            return found
    if found := authors.names(byline.names(head.tree) or _shown_authors(head), own):
        return found
    return authors.names(people) or authors.names(desks)


def _structured_authors(head: _Head, main: jsonld.Item) -> tuple[list[str], list[str]]:
    people: list[str] = []
    desks: list[str] = []
    value = main.get("author") or main.get("creator")
    for given in value if isinstance(value, list) else [value]:
        one = given
        if isinstance(one, Mapping) and "name" not in one and one.get("@id"):
            one = head.by_id.get(str(one["@id"]), one)
        desk = isinstance(one, Mapping) and "Organization" in " ".join(jsonld.types(one))
        (desks if desk else people).extend(jsonld.names(one))
    return people, desks


def _meta_authors(head: _Head, own: Sequence[str]) -> list[str]:
    for name in _AUTHOR_META:
        values = [v for v in head.meta.get(name, ()) if not v.startswith(("http", "/", "@"))]
        if authors.names(values, own):
            return values
    return []


_NAMED = "a[rel~=author], [itemprop~=author]"
_BYLINES = (
    "[class*=byline], [class*=Byline], [class*=author], [class*=Author], [data-testid*=byline]"
)


def _shown_authors(head: _Head) -> list[str]:
    for selector in (_NAMED, _BYLINES):
        found: list[str] = []
        for node in head.tree.css(selector)[:12]:
            names = authors.from_byline(node.text(separator=" ") or "")
            found += names
            if len(names) > 1:
                break
        if found:
            return list(dict.fromkeys(found))[:4]
    return []


def _published(head: _Head, main: jsonld.Item, url: str) -> dates.Day | None:
    values = [_text(main.get("datePublished")), _text(main.get("dateCreated"))]
    values += [v for name in _DATE_META for v in head.meta.get(name, ())[:1]]
    values += [_text(item.get("datePublished")) for item in (*head.articles[:5], *head.pages[:1])]
    for value in values:
        if value and (found := dates.read(value)):
            return found
    return dates.in_address(url) or _shown_date(head) or byline.published(head.tree)


_DATES = (
    "[itemprop=datePublished], time[pubdate], time.published, time.entry-date, [property='dc:date'], abbr.published",
    "time",
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


def _own_addresses(head: _Head, main: jsonld.Item) -> addresses.Own:
    page = main.get("mainEntityOfPage")
    return addresses.Own(
        canonical=head.canonical,
        social=head.first("og:url"),
        structured=tuple(
            one
            for one in (main.get("url"), page.get("@id") if isinstance(page, Mapping) else page)
            if isinstance(one, str)
        ),
    )


def _images(head: _Head, main: jsonld.Item) -> list[str]:
    value = main.get("image") or main.get("thumbnailUrl")
    if isinstance(value, list):
        value = next(iter(value), None)
    if isinstance(value, Mapping):
        value = value.get("url") or value.get("contentUrl")
    return [
        head.first("og:image", "og:image:url", "og:image:secure_url"),
        jsonld.text(value),
        head.first("twitter:image", "twitter:image:src"),
    ]


def _site_names(head: _Head, main: jsonld.Item) -> list[str]:
    names = ("og:site_name", "application-name", "apple-mobile-web-app-title")
    return [*(head.first(name) for name in names), _text(main.get("publisher"))]


def _site_name(head: _Head, main: jsonld.Item) -> str | None:
    return next(filter(None, _site_names(head, main)), "")[:120] or None
