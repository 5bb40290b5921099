"""BeautifulSoup over a part of a page that lexbor has parsed.

Parsing the part a second time would cost twice as much as building the tree from the first one
(2.4 against 1.2 ms for the article of a median news page).
"""

from collections.abc import Sequence

from bs4 import BeautifulSoup
from bs4.builder import HTMLTreeBuilder
from selectolax.lexbor import LexborNode

from ingest.articles.outline import BLOCK, INLINE, NO_TEXT
from ingest.articles.words import word_set

MAX_DEPTH = 100
"""Deeper elements are opened flat: their text stays, and readers may walk the tree recursively."""


_FLAT = (INLINE - {"a", "br"}) | {"meta", "link", "input"}
"""Marks on words say nothing to a reader of lines, and each element costs BeautifulSoup 7 µs."""

_WRAPPERS = word_set("""
    div section article main header footer aside ul ol dl table tbody thead tfoot
    """)


class _Builder(HTMLTreeBuilder):
    """Feeds one element, and all under it, to BeautifulSoup; comments are left out."""

    def __init__(self, node: LexborNode, keep: frozenset[str] | None) -> None:
        super().__init__(multi_valued_attributes={"*": {"class"}} if keep is None else {})
        self._node, self._keep = node, keep

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
                if self._keep is None or tag not in _FLAT:
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
            self._keep is not None
            and tag in _WRAPPERS
            and self._keep.isdisjoint(node.attributes)
            and all(child.tag in BLOCK or child.is_empty_text_node for child in inside)
        )

    def _attributes(self, node: LexborNode) -> dict[str, str]:
        given = node.attributes
        names = given if self._keep is None else self._keep.intersection(given)
        return {name: given[name] or "" for name in names}


def build(node: LexborNode, keep: frozenset[str] | None = None) -> BeautifulSoup:
    """Return a tree of `node`; `keep` names the attributes to carry over, None all of them."""
    return BeautifulSoup("", builder=_Builder(node, keep))
