"""From the chosen fragment to the article's lines: BeautifulSoup reads it, line rules clean it."""

from collections.abc import Sequence

from bs4 import BeautifulSoup
from bs4.element import NavigableString, Tag

from ingest.articles.lines import Line, Page, ends, judge
from ingest.articles.words import plain, squeeze, word_set

_BLOCK = word_set(
    "address article aside blockquote center dd details div dl dt fieldset figcaption figure footer"
    " form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody tfoot"
    " thead tr ul body html"
)
_CELLS = frozenset(["td", "th"])


class _Reader:
    """Walks a fragment in document order and collects its lines."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self._text: list[str] = []
        self._linked = 0
        self._continues = False
        self._core = 0
        self._has_core = False

    def read(self, soup: Tag) -> list[Line]:
        self._walk(soup, "p", "", False)
        self._flush("p", "")
        return self.lines

    def _walk(self, parent: Tag, tag: str, names: str, linked: bool) -> None:
        for child in parent.children:
            if isinstance(child, Tag):
                self._element(child, tag, names, linked)
            elif type(child) is NavigableString:
                self._text.append(child)
                if linked:
                    self._linked += len(child.strip())

    def _element(self, child: Tag, tag: str, names: str, linked: bool) -> None:
        if child.name == "br":
            self._flush(tag, names)
            self._continues = True
        elif child.name in _BLOCK:
            self._flush(tag, names)
            self._continues = False
            inner = (
                child.name
                if child.name not in ("div", "section", "span", "article", "main", "center")
                else "div"
            )
            if inner == "p" and tag in ("li", "blockquote", "tr"):
                inner = tag
            if tag == "tr":
                inner = "tr"
            own = " ".join(child.get("class") or ())
            mark = child.has_attr("data-core")
            self._core += mark
            self._walk(child, inner, f"{names} {own} {child.get('id') or ''}", linked)
            self._flush(inner, names + " " + own)
            self._core -= mark
        else:
            if child.name in _CELLS and self._text:
                self._text.append(" | ")
            self._walk(child, tag, names, linked or child.name == "a")

    def _flush(self, tag: str, names: str) -> None:
        text = squeeze("".join(self._text))
        if tag == "tr":
            text = text.strip(" |")
        if text:
            self.lines.append(Line(text, tag, self._linked, names, self._core > 0, self._continues))
            self._continues = False
        self._text.clear()
        self._linked = 0


def read(html: str) -> list[Line]:
    """Return the lines of a fragment."""
    soup = BeautifulSoup(html, "html.parser")
    for figure in soup.select("figure, figcaption"):
        figure.decompose()
    return _Reader().read(soup)


def clean(
    lines: Sequence[Line], page: Page, summary: str = ""
) -> tuple[list[Line], dict[str, int]]:
    """Return the lines that are the article's text, and how many each rule took out."""
    lines = _after_headline(lines, page)
    verdicts = [judge(line, page) for line in lines]
    running = [i for i, line in enumerate(lines) if verdicts[i] is None and line.is_running]
    core = [i for i in running if lines[i].core] or running
    if core:
        first, last = core[0], core[-1]
        sizes = [
            0 if why else max(len(x.text) - 2 * x.linked, 0)
            for x, why in zip(lines, verdicts, strict=True)
        ]
        tail, whole = sum(sizes[last + 1 :]), sum(sizes)
        want = plain(summary)
        for i, line in enumerate(lines):
            if verdicts[i] is None and i < first and not _is_lead(line, want):
                verdicts[i] = "before the text"
        if tail < TAIL * whole:
            for i in range(last + 1, len(lines)):
                if not lines[i].core:
                    verdicts[i] = verdicts[i] or "after the text"
        _end(lines, verdicts, running)
    _empty_headings(lines, verdicts)
    counts: dict[str, int] = {}
    for why in verdicts:
        if why:
            counts[why] = counts.get(why, 0) + 1
    return [line for line, why in zip(lines, verdicts, strict=True) if why is None], counts


TAIL = 0.2


def _end(lines: Sequence[Line], verdicts: list[str | None], running: Sequence[int]) -> None:
    """Take out what follows a heading that opens the part after the article."""
    whole = sum(len(lines[i].text) for i in running)
    seen = 0
    for i, line in enumerate(lines):
        if i in running:
            seen += len(line.text)
        if seen > 0.6 * whole and ends(line):
            for k in range(i, len(lines)):
                verdicts[k] = verdicts[k] or "after an ending"
            return


def _empty_headings(lines: Sequence[Line], verdicts: list[str | None]) -> None:
    """Take out headings and labels whose whole section went."""
    kept_below = False
    removed_below = True
    for i in range(len(lines) - 1, -1, -1):
        line = lines[i]
        if verdicts[i] is not None:
            removed_below = True
            continue
        label = len(line.text) < 60 and line.text.endswith(":")
        if line.is_heading and not kept_below or label and removed_below and not line.is_heading:
            verdicts[i] = "empty section"
            continue
        kept_below = not line.is_heading
        removed_below = False


def _is_lead(line: Line, want: str) -> bool:
    if (
        line.tag in ("p", "li", "h2", "div")
        and len(line.text) > 30
        and line.text.rstrip().endswith((".", "?", "!", "…", "。", '"', "”"))
    ):
        return True
    text = plain(line.text)
    return len(text) > 20 and bool(want) and (text in want or want in text)


def _after_headline(lines: Sequence[Line], page: Page) -> Sequence[Line]:
    for i in range(min(len(lines), 30) - 1, -1, -1):
        if plain(lines[i].text) in page.titles and not any(x.is_running for x in lines[:i]):
            return lines[i + 1 :]
    return lines


def _trimmed(lines: list[Line]) -> list[Line]:
    while lines and lines[-1].is_heading:
        lines.pop()
    return lines


def paragraphs(lines: Sequence[Line]) -> str:
    """Return the body: paragraphs joined by a blank line."""
    out = ""
    for line in lines:
        out += ("\n" if line.continues and out else "\n\n" if out else "") + line.text
    return out
