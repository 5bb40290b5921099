"""The elements of a page as rows: how much text stands under each, in links and outside them."""

from collections.abc import Iterator, Sequence

from selectolax.lexbor import LexborNode

from ingest.articles.words import word_set

NO_TEXT = frozenset(
    [
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
)
"""Elements that hold nothing a reader reads as the article."""

GOOD_CHARS = 60
"""A block of running text has at least this many characters outside links; headings, links and
labels are shorter."""

SHORT_CHARS = 20
"""The same in a piece of news of a few short sentences, on a page that says where its article is."""

INLINE = word_set("""
    a abbr acronym b bdi bdo big br cite code data del dfn em font i img ins kbd label mark nobr
    picture q s samp small source span strike strong sub sup time tt u var wbr
    """)

_PASSED_OVER = (
    NO_TEXT | word_set("-comment br col hr input link meta param source track wbr") | {""}
)
_MENUS = word_set("nav footer")
"""Where nothing speaks for an article in it, such an element is cut off unread: a third of a page's
elements."""

MENU_TEXT = 200
"""A menu with this much text outside links is read: its end may be missing, and the article be in it."""

MAX_FULL_MENUS = 10
"""After so many that were read, no more are asked: a hostile page puts one into the other."""

BLOCK = word_set(
    "address article aside blockquote center dd details div dl dt fieldset figcaption figure footer"
    " form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody tfoot"
    " thead tr ul body html"
)
"""Elements that end a line of text before them and after them."""

CARD_LINK = 20
"""A linked line of this many characters may be a headline; shorter ones are labels."""


MARKS = ("h1", "img", "figure", "figcaption", "nav", "dialog")
"""The tags by which elements are asked for."""


class Outline:
    """The elements of a page in document order, with how much text stands under each.

    `total` counts characters; `good` those in blocks of running text, links not counted.
    `end` is the index after the last element under one. Elements in `NO_TEXT` count as empty.
    """

    def __init__(self, body: LexborNode) -> None:
        self.nodes: list[LexborNode] = [body]
        self.tags = [body.tag or ""]
        self.parents = [-1]
        self.ends = [1]
        self.total = [0]
        self._own, self._links, self._blocks = [0], [0], [0]
        self._marks: dict[str, list[int]] = {tag: [] for tag in MARKS}
        self._read(body)
        self._sum()
        self._gone = bytearray(len(self.nodes))

    def _read(self, body: LexborNode) -> None:
        """Walk the page once; what a row needs is at hand here, and asked for by its index later."""
        nodes, tags, parents, blocks = self.nodes, self.tags, self.parents, self._blocks
        total, own, links, ends = self.total, self._own, self._links, self.ends
        linked = [False]
        at = full = 0
        after: list[LexborNode | None] = []
        node = body.child
        while node is not None or after:
            if node is None:
                ends[at] = len(nodes)
                at, node = parents[at], after.pop()
                continue
            tag = node.tag or ""
            if tag == "-text":
                if text := (node.text_content or "").strip():
                    size = len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
                    total[at] += size
                    own[blocks[at]] += size
                    if linked[at]:
                        links[blocks[at]] += size
            elif tag in _MENUS and full < MAX_FULL_MENUS and _is_menu_only(node):
                menu, node = node, node.next
                menu.decompose()
                continue
            elif tag not in _PASSED_OVER:
                full += tag in _MENUS
                here = len(nodes)
                nodes.append(node)
                tags.append(tag)
                parents.append(at)
                ends.append(here + 1)
                total.append(0)
                own.append(0)
                links.append(0)
                blocks.append(blocks[at] if tag in INLINE else here)
                linked.append(linked[at] or tag == "a")
                if tag in self._marks:
                    self._marks[tag].append(here)
                child = node.child
                if child is not None:
                    after.append(node.next)
                    at, node = here, child
                    continue
            node = node.next
        ends[0] = len(nodes)

    def _sum(self) -> None:
        """Add children to what is around them."""
        total, own, links, parents = self.total, self._own, self._links, self.parents
        self.good = good = [
            _good(size, link) if size >= GOOD_CHARS else 0
            for size, link in zip(own, links, strict=True)
        ]
        self.headlines = [
            here for here, link in enumerate(links) if link >= CARD_LINK and link >= 0.9 * own[here]
        ]
        for here in range(len(parents) - 1, 0, -1):
            if total[here]:
                total[parents[here]] += total[here]
                good[parents[here]] += good[here]

    def relax(self) -> None:
        """Count shorter blocks as running text too, for a page that has no longer ones."""
        sizes = zip(self._own, self._links, strict=True)
        self.good = [
            0 if gone else _good(size, links, SHORT_CHARS)
            for (size, links), gone in zip(sizes, self._gone, strict=True)
        ]
        for here in range(len(self.nodes) - 1, 0, -1):
            self.good[self.parents[here]] += self.good[here]

    def tagged(self, name: str) -> Sequence[int]:
        """Return the elements with one of the tags in `MARKS`, cut ones too."""
        return self._marks[name]

    def with_text(self) -> Iterator[int]:
        """Yield the elements under the body that hold text; a cut one, and all under it, is passed over."""
        here = 1
        while here < len(self.nodes):
            if self._gone[here] or not self.total[here]:
                here = self.ends[here]
                continue
            yield here
            here += 1

    def unlinked(self, least: int) -> list[tuple[int, int]]:
        """Return the blocks with so much text of their own and no link, each after its size."""
        sizes = zip(self._own, self._links, strict=True)
        return [(s, here) for here, (s, links) in enumerate(sizes) if s >= least and not links]

    def first_running(self, here: int) -> int:
        """Return the first block of running text under an element, headlines not counted."""
        for inside in range(here + 1, self.ends[here]):
            own = _good(self._own[inside], self._links[inside])
            if own and not self._gone[inside] and self.tags[inside] != "h1":
                return inside
        return here

    def around(self, here: int) -> Iterator[int]:
        """Yield the elements around one, from the nearest to the body."""
        while (here := self.parents[here]) >= 0:
            yield here

    def is_word(self, here: int) -> bool:
        """Return whether an element marks words inside a block that is mostly no links."""
        block = self._blocks[here]
        return block != here and self._own[block] > 2 * self._links[block]

    def is_part(self, here: int) -> bool:
        """Return whether a block's text goes on outside an element in it."""
        return self._own[self._blocks[here]] > self.total[here] and self._blocks[here] != here

    def cut(self, here: int) -> None:
        """Take an element and all under it out of the page."""
        total, good = self.total[here], self.good[here]
        for up in (here, *self.around(here)):
            self.total[up] -= total
            self.good[up] -= good
        end = self.ends[here]
        self._gone[here:end] = b"\x01" * (end - here)
        self.nodes[here].decompose()

    def is_gone(self, here: int) -> bool:
        """Return whether an element was cut, itself or with one around it."""
        return self._gone[here] == 1


def _is_menu_only(node: LexborNode) -> bool:
    """Return whether no article is in a menu: no element of one, and little text outside links."""
    if node.css_first("p, h1, article, main") is not None:
        return False
    size = _size(node)
    if size < MENU_TEXT:
        return True
    labels = node.css("a, script, style, noscript, button, select")
    return size - sum(map(_size, labels)) < MENU_TEXT


def _size(node: LexborNode) -> int:
    """Return the length of an element's text in UTF-8."""
    return len(node.text(strip=True).encode("utf-8", "replace"))


def _good(size: int, links: int, least: int = GOOD_CHARS) -> int:
    """Return how much of a block's text is running text; `size` is UTF-8.

    A Chinese sign says about what three Latin letters say.
    """
    running = size - links
    return running if running >= least and links < running else 0
