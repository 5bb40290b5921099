"""Where on the page the article stands: furniture is cut off by name, then text decides."""

import re
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass

from selectolax.lexbor import LexborNode

from ingest.articles.furniture import Kind, named
from ingest.articles.words import plain, squeeze, word_set

NO_TEXT = [
    "script",
    "style",
    "noscript",
    "svg",
    "iframe",
    "template",
    "button",
    "select",
    "textarea",
    "object",
    "embed",
    "canvas",
    "video",
    "audio",
    "map",
    "math",
]
"""Elements that hold nothing a reader reads as the article."""

KEEP_SHARE = 0.4
"""A name never removes what holds this share of the page's good text: nearly every loss of an early
experiment was a whole article inside `…-sidebar` or `…-share-…` (DESIGN.md section 11)."""

GOOD_CHARS = 60
"""A block of running text has at least this many characters outside links; headings, links and
labels are shorter."""

SHORT_CHARS = 20
"""The same in a piece of news of a few short sentences, on a page that says where its article is."""

_TAGS = frozenset(["nav", "footer", "aside", "form", "dialog", "menu"])
_STYLE_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|clip\s*:\s*rect\(0", re.I)
_LOCKED = re.compile(r"paywall|subscriber|premium|regwall|metered|encrypted", re.I)
"""Paragraphs a site hides until the reader has paid are the article all the same."""

_INLINE = word_set("""
    a abbr acronym b bdi bdo big br cite code data del dfn em font i img ins kbd label mark nobr
    picture q s samp small source span strike strong sub sup time tt u var wbr
    """)
_UNWRAPPED = sorted(_INLINE - {"a", "br", "img"})
"""Marks on words say nothing here, and each element costs BeautifulSoup about 10 µs."""

MAX_MARKS = 2_000
"""Headings, linked headlines and images looked at on one page: each asks for the elements around
it, and a hostile page may nest deeply."""

# The figures below are rules of thumb, set by trial on the yardstick's 432 news pages.
# The neighbouring values that were tried moved F1 by 0.002 at most.

CARD_LINK = 20
"""A linked line of this many characters may be a headline; shorter ones are labels."""

CARD_TEXT = 400
"""A teaser has at most this much running text beside its headline."""

NOISE = 0.3
"""What a character that is no running text counts against one that is, when the article is sought."""

CORE_NOISE = 2.0
"""The same, when its densest part is sought: what lies outside must prove itself line by line."""

CORE_SHARE = 0.3
"""A densest part with less of the article's running text than this says nothing."""

CORE_MARK = "data-core"
"""The attribute that marks the densest part for `clean.read`."""


class Outline:
    """The elements of a page in document order, with how much text stands under each.

    `total` counts characters; `good` those in blocks of running text, links not counted.
    """

    def __init__(self, body: LexborNode) -> None:
        self.nodes: list[LexborNode] = []
        self.parents: list[int] = []
        self.total: list[int] = []
        self.good: list[int] = []
        self.images: list[int] = []
        self.headings: list[int] = []
        self._read(body)
        self._gone = bytearray(len(self.nodes))

    def _read(self, body: LexborNode) -> None:
        index: dict[int, int] = {}
        block: list[int] = []
        linked: list[bool] = []
        links: list[int] = []
        nodes, parents, total = self.nodes, self.parents, self.total
        own: list[int] = []
        for node in body.traverse(include_text=True, skip_empty=True):
            tag = node.tag
            parent = node.parent
            at = index.get(parent.mem_id, -1) if parent is not None else -1
            if tag == "-text":
                size = _size((node.text_content or "").strip())
                if size and at >= 0:
                    total[at] += size
                    own[block[at]] += size
                    if linked[at]:
                        links[block[at]] += size
                continue
            here = index[node.mem_id] = len(nodes)
            nodes.append(node)
            parents.append(at)
            if tag == "img":
                self.images.append(here)
            elif tag == "h1":
                self.headings.append(here)
            inline = tag in _INLINE and at >= 0
            block.append(block[at] if inline else here)
            linked.append((at >= 0 and linked[at]) or tag == "a")
            total.append(0)
            own.append(0)
            links.append(0)
        self._own, self._links, self._block = own, links, block
        self.good = [_good(size, link) for size, link in zip(own, links, strict=True)]
        self.headlines = [
            here
            for here, (size, link) in enumerate(zip(own, links, strict=True))
            if size >= CARD_LINK and link >= 0.9 * size
        ]
        for here in range(len(nodes) - 1, 0, -1):
            at = parents[here]
            total[at] += total[here]
            self.good[at] += self.good[here]

    def relax(self) -> None:
        """Count shorter blocks as running text too, for a page that has no longer ones."""
        sizes = zip(self._own, self._links, strict=True)
        self.good = [
            0 if gone else _good(size, link, SHORT_CHARS)
            for (size, link), gone in zip(sizes, self._gone, strict=True)
        ]
        for here in range(len(self.nodes) - 1, 0, -1):
            self.good[self.parents[here]] += self.good[here]

    def lines(self, least: int, most: int) -> Iterator[int]:
        """Yield the blocks with that much text of their own and no link."""
        for here, (size, links) in enumerate(zip(self._own, self._links, strict=True)):
            if least <= size <= most and not links:
                yield here

    def first_running(self, here: int) -> int:
        """Return the first block of running text under an element that holds some."""
        while self.good[here] and here + 1 < len(self.nodes):
            inside = (
                h for h in range(here + 1, self.end(here)) if self.good[h] and not self.is_gone(h)
            )
            deeper = next(inside, None)
            if deeper is None:
                break
            here = deeper
        return here

    def around(self, here: int) -> Iterator[int]:
        """Yield the elements around one, from the nearest to the body."""
        while (here := self.parents[here]) >= 0:
            yield here

    def is_word(self, here: int) -> bool:
        """Return whether an element marks words inside a block of running text."""
        block = self._block[here]
        return block != here and _good(self._own[block], self._links[block]) > 0

    def end(self, here: int) -> int:
        """Return the index after the last element under `here`."""
        last = here + 1
        while last < len(self.nodes) and self.parents[last] >= here:
            last += 1
        return last

    def cut(self, here: int) -> None:
        """Take an element and all under it out of the page."""
        total, good = self.total[here], self.good[here]
        for up in (here, *self.around(here)):
            self.total[up] -= total
            self.good[up] -= good
        end = self.end(here)
        self._gone[here:end] = b"\x01" * (end - here)
        self.nodes[here].decompose()

    def is_gone(self, here: int) -> bool:
        """Return whether an element was cut, itself or with one around it."""
        return self._gone[here] == 1


def _size(text: str) -> int:
    """Return the length in UTF-8: a Chinese sign says about what three Latin letters say."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


def _good(size: int, links: int, least: int = GOOD_CHARS) -> int:
    running = size - links
    return running if running >= least and links < running else 0


def prune(outline: Outline) -> None:
    """Cut what is not read as an article, but never a large part of the text."""
    beside = {
        here: kind
        for here, node in enumerate(outline.nodes)
        if here and outline.total[here] and (kind := _kind(node))
    }
    article = _around_headings(outline)
    for kinds in ((Kind.CONSENT,), (Kind.STRONG, Kind.WEAK)):
        limit = KEEP_SHARE * outline.good[0]
        for here, kind in beside.items():
            if kind not in kinds or here in article or outline.is_gone(here):
                continue
            if outline.is_word(here) and (kind is Kind.WEAK or outline.nodes[here].tag == "a"):
                continue
            good, total = outline.good[here], outline.total[here]
            if kind is Kind.CONSENT and good > 0.9 * outline.good[0]:
                continue
            if kind is Kind.STRONG and good > limit:
                continue
            if kind is Kind.WEAK and (good > limit or good > 0.5 * total):
                continue
            outline.cut(here)


def _around_headings(outline: Outline) -> set[int]:
    """Return the elements around an `h1` that hold running text too: no name speaks against them.

    A heading in a footer or a hidden box speaks only for what is around that.
    """
    found: set[int] = set()
    for heading in outline.headings[:MAX_MARKS]:
        around: list[int] = []
        for here in outline.around(heading):
            if outline.nodes[here].tag in ("footer", "nav") or _is_hidden(outline.nodes[here]):
                around.clear()
            elif here and outline.good[here] >= HEADED_TEXT:
                around.append(here)
        found.update(around)
    return found


HEADED_TEXT = 400
"""This much running text beside an `h1` makes the element around both the article's own."""


def cut_cards(outline: Outline) -> None:
    """Cut lists of teasers: siblings that each hold one linked headline and little text.

    No class name gives them away on many sites; their shape does.
    """
    headlines: Counter[int] = Counter()
    for headline in outline.headlines[:MAX_MARKS]:
        headlines.update(outline.around(headline))
    groups: dict[tuple[int, str], list[int]] = {}
    limit = min(CARD_TEXT, KEEP_SHARE * outline.good[0])
    for card in outline.headlines[:MAX_MARKS]:
        if outline.is_gone(card):
            continue
        for up in outline.around(card):
            if not up or headlines[up] > 1 or outline.good[up] > limit:
                break
            card = up  # noqa: PLW2901 - the widest box that holds this headline alone
        key = (outline.parents[card], outline.nodes[card].tag or "")
        groups.setdefault(key, []).append(card)
    for (parent, tag), cards in groups.items():
        between = outline.good[parent] - sum(outline.good[card] for card in cards)
        if tag in HEADINGS and between > limit:
            continue  # the linked headings of a text's own parts
        if len(cards) >= 3:
            for card in cards:
                if not outline.is_gone(card):
                    outline.cut(card)


def cut_captions(outline: Outline) -> None:
    """Cut pictures with the words beneath them: the nearest box around an image that holds text.

    Icons and portraits in boxes named as furniture say nothing about the text beside them.
    """
    for image in outline.images[:MAX_MARKS]:
        box = image
        while box > 0 and not outline.total[box] and _kind(outline.nodes[box]) is None:
            box = outline.parents[box]
        if (
            0 < outline.total[box] <= CAPTION_TEXT
            and box > 0
            and outline.nodes[box].tag in CAPTION_TAGS
            and not outline.is_gone(box)
        ):
            outline.cut(box)
        elif not outline.total[box] or outline.nodes[box].tag in ("p", "a"):
            _cut_slanted(outline, box)


def _cut_slanted(outline: Outline, image: int) -> None:
    """Cut the paragraph below a picture, where it is short and all in italics or small print."""
    below = outline.end(image)
    while below < len(outline.nodes) and not outline.total[below]:
        below += 1
    if below == len(outline.nodes) or not 0 < outline.total[below] <= CAPTION_TEXT:
        return
    inside = range(below, outline.end(below))
    slanted = next((h for h in inside if outline.nodes[h].tag in _SLANTED), None)
    whole = slanted is not None and outline.total[slanted] == outline.total[below]
    if (
        whole
        and not outline.is_gone(below)
        and not _NOTE.match(outline.nodes[below].text(strip=True) or "")
    ):
        outline.cut(below)


_SLANTED = frozenset(["em", "i", "small"])
_NOTE = re.compile(
    r"\W*(?:editor|correct|clarif|update|note|korrektur|anm|hinweis|corre[cz]i|rectif|nota|исправ|примеч)",
    re.I,
)
"""Notes of the editors, in italics too, are no captions."""


CAPTION_TEXT = 300
"""The longest caption; 150 and 300 scored the same on the yardstick's news pages."""

CAPTION_TAGS = frozenset(["div", "span", "section", "figure", "picture", "center", "dl", "a"])


def _is_hidden(node: LexborNode) -> bool:
    names = node.attributes
    return (
        "hidden" in names
        or names.get("aria-hidden") == "true"
        or ("style" in names and _STYLE_HIDDEN.search(names["style"] or "") is not None)
        or (
            "hidden" in (classes := (names.get("class") or "").split())
            and not any(":" in c for c in classes)
        )
    )


HEADINGS = frozenset(["h2", "h3", "h4", "h5", "h6"])


def _kind(node: LexborNode) -> Kind | None:
    tag = node.tag or ""
    if tag in _TAGS:
        return Kind.CONSENT if tag == "footer" else Kind.STRONG
    names = node.attributes
    if not names or tag in ("body", "html", "h1", "main"):
        return None
    classes = names.get("class") or ""
    if _is_hidden(node):
        return None if _LOCKED.search(classes) else Kind.STRONG
    heading = tag in HEADINGS
    # The id of a heading is often its own words.
    kind = named(classes, "" if heading else names.get("id") or "")
    if kind is Kind.STRONG and tag == "article":
        return Kind.WEAK
    return None if heading and kind is Kind.WEAK else kind


def choose(outline: Outline, noise: float = NOISE, within: int = 0) -> int | None:
    """Return the element that holds the article, or None where there is no running text.

    `noise` says how much a character that is no running text counts against one that is.
    """
    best, score = None, 0.0
    start = within or _first_of_several(outline)
    for here in range(start, outline.end(start)):
        node = outline.nodes[here]
        good = outline.good[here]
        value = good - noise * (outline.total[here] - good)
        if value > score and node.tag not in ("p", "a") and not outline.is_gone(here):
            best, score = here, value
    return best


def _first_of_several(outline: Outline) -> int:
    """Return the first of several whole articles on one page (endless scrolling), else the body."""
    for heading in outline.headings[:MAX_MARKS]:
        articles = (h for h in outline.around(heading) if outline.nodes[h].tag == "article")
        here = next(articles, 0)
        if here and outline.good[here] >= HEADED_TEXT and not outline.is_gone(here):
            return here if _followed(outline, here) else 0
    return 0


def _followed(outline: Outline, here: int) -> bool:
    parent = outline.parents[here]
    return any(
        outline.parents[other] == parent
        and outline.nodes[other].tag == "article"
        and outline.good[other] >= HEADED_TEXT
        for other in range(outline.end(here), outline.end(parent))
    )


@dataclass(frozen=True, slots=True)
class Found:
    """Where the article stands, and the standfirst shown above that element."""

    node: LexborNode
    standfirst: str = ""


def find(body: LexborNode, descriptions: Sequence[str] = ()) -> Found | None:
    """Return the element that holds the article, its densest part marked with `CORE_MARK`.

    Furniture is cut out of the tree on the way. None where there is no running text.
    """
    outline = Outline(body)
    standfirsts = list(_standfirsts(outline, {plain(text) for text in descriptions}))
    prune(outline)
    cut_cards(outline)
    cut_captions(outline)
    _cut_figures(outline)
    chosen = choose(outline)
    if chosen is None and body.css_first("article, main, h1") is not None:
        outline.relax()
        chosen = choose(outline)
    if chosen is None:
        return None
    core = choose(outline, CORE_NOISE, chosen)
    if core is not None and outline.good[core] >= CORE_SHARE * outline.good[chosen]:
        outline.nodes[core].attrs[CORE_MARK] = "1"
    node = outline.nodes[chosen]
    node.unwrap_tags(_UNWRAPPED)
    start = outline.first_running(chosen)
    return Found(node, next((text for here, text in standfirsts if here < start), ""))


def _standfirsts(outline: Outline, descriptions: Container[str]) -> Iterator[tuple[int, str]]:
    """Yield the blocks that say what the page's description says."""
    for here in outline.lines(STANDFIRST_CHARS, STANDFIRST_MAX):
        text = squeeze(outline.nodes[here].text() or "")
        if plain(text) in descriptions:
            yield here, text


STANDFIRST_CHARS, STANDFIRST_MAX = 15, 600
"""Bounds of a standfirst, in the measure of `Outline`; shorter lines are kickers and labels."""


def _cut_figures(outline: Outline) -> None:
    """Cut pictures and captions; a figure may also hold a table or a quotation, which stay."""
    for here, node in enumerate(outline.nodes):
        caption = node.tag == "figcaption"
        if not (caption or node.tag == "figure") or outline.is_gone(here):
            continue
        if caption or node.css_first("table, blockquote, pre") is None:
            outline.cut(here)
