"""From the chosen fragment to the article's lines: BeautifulSoup reads it, line rules clean it."""

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, groupby

from bs4.element import NavigableString, Tag
from selectolax.lexbor import LexborNode

from ingest.articles import page, phrases, soup
from ingest.articles.lines import (
    Line,
    Page,
    ends,
    is_divider,
    is_headline,
    is_reference,
    judge,
    resembles_title,
)
from ingest.articles.outline import BLOCK, CARD_LINK
from ingest.articles.words import plain, squeeze
from ingest.errors import ExtractError

_TEXTS = frozenset([NavigableString, soup.Link])
_OWNERS = frozenset(["li", "blockquote", "tr"])
"""A paragraph inside one of these is still its line."""

_TAG = re.compile(r"<[^<>]{0,500}>")
_CELLS = frozenset(["td", "th"])


class _Reader:
    """Walks a fragment in document order and collects its lines."""

    def __init__(self) -> None:
        self._lines: list[Line] = []
        self._text: list[str] = []
        self._linked = 0
        self._core = self._as_typed = 0
        self._continues = False

    def read(self, tree: Tag) -> list[Line]:
        """Return the lines of the whole tree."""
        self._walk(tree, "p", linked=False)
        self._flush("p")
        return self._lines

    def _walk(self, parent: Tag, tag: str, *, linked: bool) -> None:
        for child in parent.children:
            if isinstance(child, Tag):
                self._element(child, tag, linked=linked)
            elif isinstance(child, soup.Paragraph):
                self._flush(tag)
                self._continues = False
                self._add(child, linked=linked)
                self._flush(tag if tag in _OWNERS else "p")
            elif isinstance(child, NavigableString) and type(child) in _TEXTS:
                self._add(child, linked=linked or isinstance(child, soup.Link))

    def _add(self, text: str, *, linked: bool) -> None:
        if self._as_typed and "\n" in text:
            *before, text = text.split("\n")
            for part in before:
                self._text.append(part)
                self._break("pre")
        self._text.append(text)
        if linked:
            self._linked += len(text.strip())

    def _element(self, child: Tag, tag: str, *, linked: bool) -> None:
        if child.name == "br":
            self._break(tag)
        elif child.name in BLOCK:
            self._block(child, tag, linked=linked)
        else:
            if child.name in _CELLS and self._text:
                self._text.append(" | ")
            self._walk(child, tag, linked=linked or child.name == "a")

    def _break(self, tag: str) -> None:
        """End a line; two breaks in a row, with nothing between them, part paragraphs."""
        again = self._continues and not "".join(self._text).strip()
        self._flush(tag)
        self._continues = not again

    def _block(self, child: Tag, tag: str, *, linked: bool) -> None:
        self._flush(tag)
        self._continues = False
        inner = tag if tag in _OWNERS and child.name in ("p", "div", "span") else child.name
        mark = child.has_attr(soup.CORE_MARK)
        self._core += mark
        self._as_typed += child.name == "pre"
        self._walk(child, inner, linked=linked)
        self._flush(inner)
        self._core -= mark
        self._as_typed -= child.name == "pre"

    def _flush(self, tag: str) -> None:
        text = squeeze("".join(self._text))
        if tag == "tr":
            text = text.strip(" |")
        if text:
            self._lines.append(Line(text, tag, self._linked, self._core > 0, self._continues))
            self._continues = False
        self._text.clear()
        self._linked = 0


def read(
    node: LexborNode, core: LexborNode | None = None, remove: Sequence[str] = ()
) -> list[Line]:
    """Return the lines of an element, without what the selectors in `remove` name.

    `core` is its densest part.
    """
    tree = soup.build(node, core, whole=bool(remove))
    for selector in remove:
        for found in tree.select(selector):
            found.decompose()
    return _Reader().read(tree)


def read_html(html: str) -> list[Line]:
    """Return the lines of a piece of HTML, as feeds carry it.

    Never fails: what cannot be parsed is read as text, since nothing stands behind a feed's text.
    """
    if "<" not in html and "&" not in html:
        return [Line(text, "p") for part in html.split("\n\n") if (text := squeeze(part))]
    try:
        tree = page.parse(f"<body>{html}</body>")
    except ExtractError:
        text = squeeze(_TAG.sub(" ", html))
        return [Line(text, "p")] if text else []
    if tree.root is None or tree.body is None:
        return []
    return read(tree.body)


def clean(
    lines: Sequence[Line], page: Page, descriptions: Sequence[str] = (), standfirst: str = ""
) -> tuple[list[Line], dict[str, int]]:
    """Return the lines that are the article's text, and how many each rule took out.

    `standfirst` stands above them on the page; it is put first where they lack it.
    """
    lines = _with_standfirst(_after_headline(lines, page), page, standfirst)
    verdicts = judge_all(lines, page, [standfirst, *descriptions])
    counts = Counter(why for why in verdicts if why)
    return [line for line, why in zip(lines, verdicts, strict=True) if why is None], dict(counts)


def _with_standfirst(lines: Sequence[Line], page: Page, text: str) -> Sequence[Line]:
    want = plain(text)
    if not want or resembles_title(want, page) or any(want in plain(x.text) for x in lines):
        return lines
    return [Line(text, "p"), *lines]


def judge_all(lines: Sequence[Line], page: Page, descriptions: Sequence[str]) -> list[str | None]:
    """Return for each line the name of the rule that takes it out, or None."""
    verdicts = [judge(line, page) for line in lines]
    _whole_lists(lines, verdicts)
    _repeated(lines, verdicts)
    running = [i for i, line in enumerate(lines) if verdicts[i] is None and line.is_running]
    core = [i for i in running if lines[i].core] or running
    if core:
        _before(lines, verdicts, core[0], [plain(text) for text in descriptions], page)
        _after(lines, verdicts, _last(lines, core[-1]))
        _end(lines, verdicts, running)
    _author_notes(lines, verdicts, page)
    _keep_inner(lines, verdicts)
    _empty_headings(lines, verdicts)
    return verdicts


def _whole_lists(lines: Sequence[Line], verdicts: list[str | None]) -> None:
    """Keep the linked items of a list that is mostly text: a list is of one kind."""
    first = 0
    for is_item, group in groupby(lines, lambda line: line.tag == "li" and line.core):
        last = first + sum(1 for _ in group)
        items = range(first, last) if is_item else ()
        linked = [i for i in items if verdicts[i] in ("link", "link row")]
        if len(linked) < sum(verdicts[i] is None for i in items):
            for i in linked:
                verdicts[i] = None
        first = last


def _repeated(lines: Sequence[Line], verdicts: list[str | None]) -> None:
    """Take out long lines that an earlier one says word for word: pages show a text twice for phones.

    Questions of an interview, rows and items come again on purpose.
    """
    seen: set[str] = set()
    for i, line in enumerate(lines):
        if len(line.text) >= REPEATED and verdicts[i] is None and line.tag not in ("li", "tr"):
            if line.text in seen:
                verdicts[i] = "repeated"
            seen.add(line.text)


REPEATED = 140
"""Shorter lines may be said twice."""


def _before(
    lines: Sequence[Line],
    verdicts: list[str | None],
    first: int,
    want: Sequence[str],
    page: Page,
) -> None:
    for i in reversed(range(_opening(lines, verdicts, first, page))):
        if not (verdicts[i] or _is_lead(lines[i], want, page) or _heads_table(lines, verdicts, i)):
            verdicts[i] = "before the text"


def _heads_table(lines: Sequence[Line], verdicts: Sequence[str | None], at: int) -> bool:
    """Return whether a row or heading stands right above a table's row that stays."""
    line = lines[at]
    return (line.tag == "tr" or line.is_heading) and (
        lines[at + 1].tag == "tr" and verdicts[at + 1] is None
    )


def _opening(lines: Sequence[Line], verdicts: Sequence[str | None], first: int, page: Page) -> int:
    """Return where the text opens: at its first running line, or a subheading right above."""
    opening = first
    for i in range(first - 1, -1, -1):
        line = lines[i]
        apart = verdicts[i] is not None or not line.core
        if apart or line.tag == "h1" or _YEAR.search(line.text):
            break
        if line.is_heading:
            opening = first if resembles_title(plain(line.text), page) else i
    return opening


def _last(lines: Sequence[Line], running: int) -> int:
    """Return where the text ends: at its last running line, or an agency's sign right below."""
    return running + (running + 1 < len(lines) and is_divider(lines[running + 1]))


def _after(lines: Sequence[Line], verdicts: list[str | None], last: int) -> None:
    """Take out what follows the densest part, where it is little or mostly links and labels."""
    sizes = [
        0 if why else max(len(line.text) - 2 * line.linked, 0)
        for line, why in zip(lines, verdicts, strict=True)
    ]
    below = range(last + 1, len(lines))
    furniture = sum(verdicts[i] is not None for i in below)
    if sum(sizes[last + 1 :]) < TAIL * sum(sizes) or furniture > LISTING * len(below):
        for i in below:
            if not lines[i].core:
                verdicts[i] = verdicts[i] or "after the text"


LISTING = 0.3
"""From this share of links and labels on, the lines below the densest part are a listing."""

TAIL = 0.2
"""With at least this share of all text below the densest part, the article goes on there."""


def _end(lines: Sequence[Line], verdicts: list[str | None], running: Sequence[int]) -> None:
    """Take out what follows a heading that opens the part after the article."""
    sizes = {i: len(lines[i].text) for i in running}
    whole = left = sum(sizes.values())
    for i, line in enumerate(lines):
        left -= sizes.get(i, 0)
        if left > MAX_END * whole or not ends(line) or _goes_on(lines, verdicts, i):
            continue
        follow = verdicts[i + 1 : i + 5]
        listed = line.is_heading and sum(why is not None for why in follow) >= 2
        if listed or left < END_SHARE * whole:
            for k in range(i, len(lines)):
                verdicts[k] = verdicts[k] or "after an ending"
            return


def _goes_on(lines: Sequence[Line], verdicts: Sequence[str | None], label: int) -> bool:
    """Return whether the text goes on below a heading or label of links.

    Sentences stand right below a heading whose links were cut off, and below the link that a label
    in the text names.
    """
    below = next((i for i in range(label + 1, len(lines)) if verdicts[i] is None), len(lines))
    if below < len(lines) and is_reference(lines[below]):
        return True
    if below == len(lines) or lines[label].core != lines[below].core:
        return False
    if lines[label].is_heading:
        about_text = phrases.END_WHOLE.match(lines[label].opening)
        return below == label + 1 and _is_prose(lines[below]) and not about_text
    return below > label + 1 and (lines[below].is_running or _is_prose(lines[below]))


def _is_prose(line: Line) -> bool:
    """Return whether a line is a paragraph of sentences, few of their words in links."""
    return line.tag == "p" and 4 * line.linked < len(line.text) and line.text[-1] in '.!?”"。'


MAX_END = 0.4
"""With more of the running text than this still to come, no heading ends the article."""

END_SHARE = 0.2
"""With less than this to come, an ending label is believed even where no links follow it."""


def _author_notes(lines: Sequence[Line], verdicts: list[str | None], page: Page) -> None:
    """Take out notes on authors at the text's end."""
    for i in range(len(lines) - 1, 1, -1):
        if verdicts[i] is None:
            text = lines[i].text
            if len(text) > AUTHOR_NOTE_CHARS or not (
                phrases.AUTHOR_NOTE.match(text) or _names_author(text, page)
            ):
                return
            verdicts[i] = "bio"


def _names_author(text: str, page: Page) -> bool:
    """Return whether a text begins with an author, titles before the name, and says what they do."""
    start = plain(text[:60])
    return any(name in start for name in page.authors) and bool(
        phrases.JOB.search(text.lower()) and phrases.ROLE.search(text.lower())
    )


AUTHOR_NOTE_CHARS = 400
"""The longest note on an author at the end of a text."""

_CLOCK = re.compile(r"\d{1,2}[:.h]\d\d(?: ?[ap]\.?m\.?)?(?: (?:uhr|[a-z]{2,4}))?\W*", re.I)


def _keep_inner(lines: Sequence[Line], verdicts: list[str | None]) -> None:
    """Keep what opens a part in the midst of the text: a heading, the time in a live report."""
    seen = False
    for i, line in enumerate(lines[:-1]):
        follows = verdicts[i + 1] is None and lines[i + 1].is_running
        if seen and follows and (_heads_part(line, verdicts[i]) or _CLOCK.fullmatch(line.text)):
            verdicts[i] = None
        seen = seen or (verdicts[i] is None and line.is_running)


def _heads_part(line: Line, why: str | None) -> bool:
    if why == "read more":
        return line.is_heading and not line.linked and len(line.text) > 40
    return line.is_heading and why in ("link", "link row", "date")


def _empty_headings(lines: Sequence[Line], verdicts: list[str | None]) -> None:
    """Take out headings and labels whose whole section went."""
    kept, gone = False, True
    for i in range(len(lines) - 1, -1, -1):
        line = lines[i]
        if verdicts[i] is not None:
            gone = gone or verdicts[i] != "advertisement"
            continue
        label = line.text.endswith(":") and len(line.text) < 40 and not line.is_heading
        if gone and ((line.is_heading and not kept) or label):
            verdicts[i] = "empty section"
            continue
        kept, gone = not line.is_heading, False


def _is_lead(line: Line, descriptions: Sequence[str], page: Page) -> bool:
    """Return whether a line above the text belongs to it: a standfirst, a point of a summary."""
    text = plain(line.text)
    if (
        text in descriptions
        or _CVE.search(text)
        or (line.tag == "li" and _is_point(line))
        or (
            len(text) > 20 and any(want and (text in want or want in text) for want in descriptions)
        )
    ):
        return True
    sentence = line.text.endswith((".", "?", "!", "…", "。", '"', "”", "’"))
    most = 0.8 if sentence and line.core else 0.5
    if line.tag == "h1" or line.linked > most * len(text) or resembles_title(text, page):
        return False
    if sentence:
        return len(text) > 15
    return len(text) >= LEAD_CHARS and len(text.split()) >= 6 and not _STAMP.search(text)


def _is_point(line: Line) -> bool:
    """Return whether a list item above the text may be a point of its summary."""
    return line.core and not line.linked and len(line.text.split()) >= 5


_CVE = re.compile(r"\bcve-\d{4}-\d{4,}")
LEAD_CHARS = 40
"""A standfirst without a full stop is at least this long; kickers and labels are shorter."""
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_STAMP = re.compile(r"\d{1,2}[:h]\d\d|\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d[ ,.]+(?:19|20)\d\d\b")


def above(lines: Sequence[Line], page: Page) -> Sequence[Line]:
    """Return the lines above the first running text, at most twenty of them."""
    first = next(
        (i for i, line in enumerate(lines) if line.is_running and judge(line, page) is None), 0
    )
    return lines[max(first - 20, 0) : first]


def standfirst(
    lines: Sequence[Line],
    descriptions: Sequence[str],
    standfirsts: Callable[[], Sequence[str]] = tuple,
) -> str:
    """Return the standfirst: the article's first paragraph where the page names that so.

    It is named by a description with the same words, or by its element (`standfirsts` finds those;
    asked last, since it costs a walk over the page). Else the first description.
    """
    if lines:
        first = plain(lines[0].text)
        for text in chain(descriptions, _lazily(standfirsts)):
            if plain(text) == first:
                return text
    return next(iter(descriptions), "")


def _lazily(texts: Callable[[], Sequence[str]]) -> Iterator[str]:
    yield from texts()


def _after_headline(lines: Sequence[Line], page: Page) -> Sequence[Line]:
    """Return the lines below the headline; above it may stand teasers, but no article's text."""
    for i in range(min(len(lines), 30) - 1, -1, -1):
        line = lines[i]
        if is_headline(line, page):
            teaser = CARD_LINK if line.is_heading and not line.linked else sys.maxsize
            if all(x.linked >= teaser for x in lines[:i] if x.is_running):
                return lines[i + 1 :]
    return lines


def paragraphs(lines: Sequence[Line]) -> str:
    """Return the body: paragraphs joined by a blank line, lines of one paragraph by a break."""
    parts: list[str] = []
    for line in lines:
        if parts:
            parts.append("\n" if line.continues else "\n\n")
        parts.append(line.text)
    return "".join(parts)
