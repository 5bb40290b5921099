"""What of a page is cut off before the article is sought: by name, by shape, pictures with their words."""

import re
from collections import Counter
from collections.abc import Mapping
from itertools import chain

from selectolax.lexbor import LexborNode

from ingest.articles.furniture import Kind, named
from ingest.articles.outline import Outline

KEEP_SHARE = 0.4
"""A name never removes what holds this share of the page's good text: nearly every loss of an early
experiment was a whole article inside `…-sidebar` or `…-share-…` (DESIGN.md section 11)."""

MAX_MARKS = 2_000
"""Headings, linked headlines and images looked at on one page: each asks for the elements around
it, and a hostile page may nest deeply."""

CARD_TEXT = 400
"""A teaser has at most this much running text beside its headline."""

_TAGS = frozenset(["nav", "footer", "aside", "form", "dialog", "menu"])
_STYLE_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|clip\s*:\s*rect\(0", re.I)
_LOCKED = re.compile(r"paywall|subscriber|premium|regwall|metered|encrypted", re.I)
"""Paragraphs a site hides until the reader has paid are the article all the same."""


def prune(outline: Outline) -> None:
    """Cut what is not read as an article, but never a large part of the text."""
    article = _around_headings(outline)
    for here in chain(
        outline.tagged("nav"), outline.tagged("dialog")
    ):  # first, so that fewer names are asked for
        if outline.good[here] <= KEEP_SHARE * outline.good[0] and not outline.is_gone(here):
            outline.cut(here)
    beside = []
    for here in outline.with_text():
        kind = None if here in article else _kind(outline.nodes[here], outline.tags[here])
        if not kind or (outline.is_word(here) and _marks_words(kind, outline.tags[here])):
            continue
        if not _is_text(outline, here, kind, NEXT_TO_NOTHING * outline.good[0]):
            outline.cut(here)  # now, so that nothing under it is asked for
        else:
            beside.append((here, kind))
    for here, kind in beside:
        small = outline.good[here] <= 0.9 * outline.good[0]
        if kind is Kind.CONSENT and small and not outline.is_gone(here):
            outline.cut(here)
    limit = KEEP_SHARE * outline.good[0]
    for here, kind in beside:
        if kind is Kind.CONSENT or outline.is_gone(here) or _is_text(outline, here, kind, limit):
            continue
        outline.cut(here)


def _marks_words(kind: Kind, tag: str) -> bool:
    """Return whether an element with such a name may stand inside a sentence."""
    return kind is Kind.WEAK or tag == "a"


def _is_text(outline: Outline, here: int, kind: Kind, limit: float) -> bool:
    """Return whether an element is too much of the page's text to be cut for its name."""
    good = outline.good[here]
    return good > limit or (kind is Kind.WEAK and good > 0.5 * outline.total[here])


NEXT_TO_NOTHING = 0.02
"""An element with no more than this share of the page's running text is no article."""


def _around_headings(outline: Outline) -> set[int]:
    """Return the elements around an `h1` that hold running text too: no name speaks against them.

    A heading in a footer or a hidden box speaks only for what is around that.
    """
    found: set[int] = set()
    for heading in outline.tagged("h1")[:MAX_MARKS]:
        around: list[int] = []
        for here in outline.around(heading):
            if outline.tags[here] in ("footer", "nav") or _is_hidden(
                outline.nodes[here].attributes
            ):
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
        key = (outline.parents[card], outline.tags[card])
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
    for image in outline.tagged("img")[:MAX_MARKS]:
        box = picture = image
        while (
            box > 0
            and not outline.total[box]
            and _kind(outline.nodes[box], outline.tags[box]) is None
        ):
            picture, box = box, outline.parents[box]
        if (
            0 < outline.total[box] <= CAPTION_TEXT
            and box > 0
            and outline.tags[box] in CAPTION_TAGS
            and not outline.is_part(box)
            and not outline.is_gone(box)
        ):
            outline.cut(box)
        elif outline.total[box] and not outline.is_gone(picture):
            _cut_slanted(outline, picture)


def _cut_slanted(outline: Outline, image: int) -> None:
    """Cut the paragraph below a picture, where it is short and all in italics or small print."""
    below = outline.ends[image]
    while below < len(outline.nodes) and not outline.total[below]:
        below += 1
    if below == len(outline.nodes) or not 0 < outline.total[below] <= CAPTION_TEXT:
        return
    inside = range(below, outline.ends[below])
    slanted = next((h for h in inside if outline.tags[h] in _SLANTED), None)
    whole = slanted is not None and outline.total[slanted] == outline.total[below]
    text = outline.nodes[below].text(strip=True) or "" if whole else "?"
    if not text.endswith("?") and not _NOTE.match(text) and not outline.is_gone(below):
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


def cut_figures(outline: Outline) -> None:
    """Cut pictures and captions; a figure may also hold a table or a quotation, which stay."""
    for here in outline.tagged("figcaption"):
        if not outline.is_gone(here):
            outline.cut(here)
    for here in outline.tagged("figure"):
        kept = outline.total[here] and outline.nodes[here].css_first("table, blockquote, pre")
        if not kept and not outline.is_gone(here):
            outline.cut(here)


def _is_hidden(names: Mapping[str, str | None]) -> bool:
    classes = names.get("class") or ""
    return (
        "hidden" in names
        or names.get("aria-hidden") == "true"
        or ("style" in names and _STYLE_HIDDEN.search(names["style"] or "") is not None)
        or ("hidden" in classes and ":" not in classes and "hidden" in classes.split())
    )


HEADINGS = frozenset(["h2", "h3", "h4", "h5", "h6"])
_PAGE = frozenset(["body", "html", "h1", "main"])


def _kind(node: LexborNode, tag: str) -> Kind | None:
    """Return what an element's tag and names say of it."""
    if tag in _TAGS:
        return Kind.CONSENT if tag == "footer" else Kind.STRONG
    names = node.attributes
    if not names or tag in _PAGE:
        return None
    classes = names.get("class") or ""
    if _is_hidden(names):
        return None if _LOCKED.search(classes) else Kind.STRONG
    # The id of a heading is often its own words.
    kind = named(classes, "" if tag in HEADINGS else names.get("id") or "")
    if kind is Kind.STRONG and tag == "article":
        return Kind.WEAK
    return None if kind is Kind.WEAK and tag in HEADINGS else kind
