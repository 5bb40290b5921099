"""What a page says of its article: title, authors, date, language, addresses.

Structured data is believed where it proves itself against the page: a headline that is also the
`h1`, an author the byline shows.
"""

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ingest.articles import authors, dates, jsonld
from ingest.articles.words import plain, squeeze
from ingest.urls import join
from ingest.urls import site as site_of

_HEADLINE_MAX = 300
_TEXT_MAX = 1_000
_META_MAX = 5_000
_SEPARATOR = re.compile(r"\s+[|\-–—·•»:/]+\s+|\s*[|｜ㅣ]\s*")
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
        article_body=_paragraphs(main.get("articleBody")),
        paywalled=str(main.get("isAccessibleForFree")).lower() == "false",
    )


def _head(tree: LexborHTMLParser) -> _Head:
    meta: dict[str, list[str]] = {}
    for node in tree.css("meta"):
        given = node.attributes
        value = squeeze((given.get("content") or "")[:_META_MAX])
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
        h1=_headings(tree, "h1"),
        window=squeeze(window.text() or "")[:_TEXT_MAX] if window is not None else "",
        tree=tree,
    )


def _headings(tree: LexborHTMLParser, tag: str) -> list[str]:
    return [text for node in tree.css(tag)[:20] if (text := _shown_text(node)[:_TEXT_MAX])]


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
    claims = [text for text in (structured, social, _strip_site(head.window, site)) if text]
    for text in head.h1 or _headings(head.tree, "h2"):
        if len(text) <= _HEADLINE_MAX and _is_telling(text):
            for claim in claims:
                if agreed := _agreed(text, claim):
                    return agreed
    best = max(head.h1, key=lambda text: _likeness(text, claims), default="")
    if best and _likeness(best, claims) >= 0.5 and len(best) <= _HEADLINE_MAX:
        return best
    if (
        len(head.h1) == 1
        and len(head.h1[0].split()) >= 4
        and plain(head.h1[0]) != plain(site or "")
    ):
        return head.h1[0][:_HEADLINE_MAX]
    return next(iter(claims), next(iter(head.h1), ""))[:_HEADLINE_MAX]


def _is_telling(text: str) -> bool:
    """Return whether a text is long enough to be a headline, in Latin letters or in Chinese."""
    return len(text.encode()) >= 8


def _agreed(shown: str, claim: str) -> str:
    """Return the headline that an `h1` and the head agree on, or nothing.

    Where one has a kicker before it, the spelling with a colon counts: so do the labels of the
    yardstick's German pages; a kicker that is only glued on does not belong.
    """
    one, other = plain(shown), plain(claim)
    if one == other or not _is_telling(other):
        return shown if one == other else ""
    if other.endswith(f": {one}"):
        return claim
    if one.endswith(other) and len(other) >= 20:
        kicker = one[: -len(other)].rstrip()
        return shown if kicker.endswith((":", '"', "'")) else claim
    if one in other:
        return shown if len(one) >= LABEL_SHARE * len(other) else claim
    return shown if other in one else ""


LABEL_SHARE = 0.4
"""A heading that is a smaller part of what the head says is the label of a topic ("Tsunami warning")."""


def _likeness(text: str, claims: Iterable[str]) -> float:
    words = set(plain(text).split())
    others = [set(plain(claim).split()) for claim in claims]
    return max((len(words & other) / max(len(words | other), 1) for other in others), default=0.0)


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
    for raw in (people, _meta_authors(head, own), _shown_authors(head)):
        if found := authors.names(raw, own):
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


def _canonical(head: _Head, url: str) -> str:
    """Return the address the page gives itself, on its own site; else the address asked for.

    The canonical link (RFC 6596) comes before the address for sharing, which on some sites is a short
    one. A canonical address on another site names the outlet a text was taken from: another article.
    A front page is no article's address.
    """
    link = head.tree.css_first("link[rel~=canonical]")
    given = ((link.attributes.get("href") or "") if link is not None else "", head.first("og:url"))
    own = _site(url)
    for href in given:
        full = join(url, href) if href else None
        if full and _site(full) == own and _is_deep(full) >= _is_deep(url):
            return full
    return url


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


def _site(url: str) -> str:
    try:
        return site_of(url)
    except ValueError:
        return ""


def _is_deep(url: str) -> bool:
    parts = urlsplit(url)
    return len(parts.path) > 1 or bool(parts.query)


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
