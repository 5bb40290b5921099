"""From the chosen fragment to the article's lines: BeautifulSoup reads it, line rules clean it."""

from collections.abc import Sequence

from bs4 import BeautifulSoup
from bs4.element import NavigableString, Tag

from ingest.articles.lines import Line, Page, judge
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
            self._walk(child, inner, f"{names} {own} {child.get('id') or ''}", linked)
            self._flush(inner, names + " " + own)
        else:
            if child.name in _CELLS and self._text:
                self._text.append(" | ")
            self._walk(child, tag, names, linked or child.name == "a")

    def _flush(self, tag: str, names: str) -> None:
        text = squeeze("".join(self._text))
        if tag == "tr":
            text = text.strip(" |")
        if text:
            self.lines.append(Line(text, tag, self._linked, names, self._continues))
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
    counts: dict[str, int] = {}
    lines = _after_headline(lines, page)
    first = next(
        (i for i, line in enumerate(lines) if line.is_running and not judge(line, page)), 0
    )
    kept = []
    want = plain(summary)
    for i, line in enumerate(lines):
        why = judge(line, page)
        if why is None and i < first and not _is_lead(line, want):
            why = "before the text"
        if why is None:
            kept.append(line)
        else:
            counts[why] = counts.get(why, 0) + 1
    return _trimmed(kept), counts


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
