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
        self._read(body)
        self._gone = bytearray(len(self.nodes))

    def _read(self, body: LexborNode) -> None:
        index: dict[int, int] = {}
        rows: list[tuple[LexborNode, str, int, int, bool]] = []
        texts: list[tuple[int, str]] = []
        marks: dict[str, list[int]] = {tag: [] for tag in MARKS}
        for node in body.traverse(include_text=True, skip_empty=True):
            tag = node.tag or ""
            parent = node.parent
            at = index.get(parent.mem_id, -1) if parent is not None else -1
            if tag == "-text":
                if at >= 0 and (text := (node.text_content or "").strip()):
                    texts.append((at, text))
                continue
            if (at < 0 and rows) or tag in NO_TEXT:
                continue
            here = index[node.mem_id] = len(rows)
            if tag in marks:
                marks[tag].append(here)
            if at < 0:
                rows.append((node, tag, at, here, False))
            else:
                block, inside = rows[at][3:]
                rows.append((node, tag, at, block if tag in INLINE else here, inside or tag == "a"))
        self._marks = marks
        nodes, tags, parents, blocks, linked = zip(*rows, strict=True)
        self.nodes: Sequence[LexborNode] = nodes
        self.tags: Sequence[str] = tags
        self.parents: Sequence[int] = parents
        self._blocks: Sequence[int] = blocks
        self._measure(texts, linked)

    def _measure(self, texts: Sequence[tuple[int, str]], linked: Sequence[bool]) -> None:
        """Add each text to its element and its block, then children to what is around them."""
        total, own, links = [0] * len(linked), [0] * len(linked), [0] * len(linked)
        for at, text in texts:
            size = len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
            block = self._blocks[at]
            total[at] += size
            own[block] += size
            if linked[at]:
                links[block] += size
        good = [
            _good(size, link) if size >= GOOD_CHARS else 0
            for size, link in zip(own, links, strict=True)
        ]
        self.headlines = [
            here for here, link in enumerate(links) if link >= CARD_LINK and link >= 0.9 * own[here]
        ]
        parents = self.parents
        ends = list(range(1, len(parents) + 1))
        for here in range(len(parents) - 1, 0, -1):
            at = parents[here]
            total[at] += total[here]
            good[at] += good[here]
            if ends[at] < ends[here]:  # noqa: PLR1730 - `max` takes three times as long
                ends[at] = ends[here]
        self.total, self.good, self.ends, self._own, self._links = total, good, ends, own, links

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

    def lines(self, least: int, most: int) -> Iterator[int]:
        """Yield the blocks with that much text of their own and no link."""
        for here, (size, links) in enumerate(zip(self._own, self._links, strict=True)):
            if least <= size <= most and not links:
                yield here

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


def _good(size: int, links: int, least: int = GOOD_CHARS) -> int:
    """Return how much of a block's text is running text; `size` is UTF-8.

    A Chinese sign says about what three Latin letters say.
    """
    running = size - links
    return running if running >= least and links < running else 0
