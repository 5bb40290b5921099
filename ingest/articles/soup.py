"""BeautifulSoup over a part of a page that lexbor has parsed.

Parsing the part a second time would cost twice as much as building the tree from the first one
(2.4 against 1.2 ms for the article of a median news page).
"""

from collections.abc import Mapping, Sequence

from bs4 import BeautifulSoup
from bs4.builder import HTMLTreeBuilder
from bs4.element import NavigableString
from selectolax.lexbor import LexborNode

from ingest.articles.outline import BLOCK, INLINE, NO_TEXT
from ingest.articles.words import word_set

MAX_DEPTH = 100
"""Deeper elements are opened flat: their text stays, and readers may walk the tree recursively."""

CORE_MARK = "data-core"
"""The attribute that marks the densest part of an article."""

_FLAT = (INLINE - {"a", "br"}) | {"meta", "link", "input"}
"""Marks on words say nothing to a reader of lines, and each element costs BeautifulSoup 7 µs."""

_WRAPPERS = word_set("""
    div section article main header footer aside ul ol dl table tbody thead tfoot
    """)


class Paragraph(NavigableString):
    """A paragraph that is text and nothing else: it needs no element, which costs twice as much."""


class Link(NavigableString):
    """A link that is text and nothing else."""


_LEAVES: Mapping[str, type[NavigableString]] = {"p": Paragraph, "a": Link}


def _is_text(inside: Sequence[LexborNode]) -> bool:
    return len(inside) == 1 and inside[0].tag == "-text"


class _Builder(HTMLTreeBuilder):
    """Feeds one element, and all under it, to BeautifulSoup; comments are left out."""

    def __init__(self, node: LexborNode, core: LexborNode | None, *, whole: bool) -> None:
        super().__init__(multi_valued_attributes={"*": {"class"}} if whole else {})
        self._node, self._whole = node, whole
        self._core = core.mem_id if core is not None else None

    def feed(self, _: object) -> None:
        """Walk the element without recursion; `None` on the stack closes the open element."""
        soup = self.soup
        if soup is None:
            return
        names: list[str] = []
        todo: list[LexborNode | None] = [self._node]
        edge = True  # of a block, where white space says nothing
        while todo:
            node = todo.pop()
            if node is None:
                tag = names.pop()
                soup.handle_endtag(tag)
                edge = tag in BLOCK
                continue
            tag = node.tag or ""
            if tag == "-text":
                if not (edge and node.is_empty_text_node):
                    soup.handle_data(node.text_content or "")
                    edge = False
            elif tag not in NO_TEXT and tag[:1].isalpha():
                inside = list(node.iter(include_text=True))
                if tag in _LEAVES and not self._whole and _is_text(inside):
                    soup.endData()
                    soup.handle_data(inside[0].text_content or "")
                    soup.endData(_LEAVES[tag])
                    edge = tag in BLOCK
                    continue
                if self._whole or tag not in _FLAT:
                    if len(names) < MAX_DEPTH and not self._is_wrapper(node, tag, inside):
                        soup.handle_starttag(tag, None, None, self._attributes(node))
                        names.append(tag)
                        todo.append(None)
                    edge = edge or tag in BLOCK
                inside.reverse()
                todo.extend(inside)

    def _is_wrapper(self, node: LexborNode, tag: str, inside: Sequence[LexborNode]) -> bool:
        """Return whether an element only holds blocks, so that no line hangs on it."""
        return (
            not self._whole
            and tag in _WRAPPERS
            and node.mem_id != self._core
            and all(child.tag in BLOCK or child.is_empty_text_node for child in inside)
        )

    def _attributes(self, node: LexborNode) -> dict[str, str]:
        given = (
            {name: value or "" for name, value in node.attributes.items()} if self._whole else {}
        )
        return given | {CORE_MARK: ""} if node.mem_id == self._core else given


def build(
    node: LexborNode, core: LexborNode | None = None, *, whole: bool = False
) -> BeautifulSoup:
    """Return a tree of `node`, in which `core` bears the attribute `CORE_MARK`.

    `whole` keeps what selectors ask for: every element and attribute.
    """
    return BeautifulSoup("", builder=_Builder(node, core, whole=whole))
