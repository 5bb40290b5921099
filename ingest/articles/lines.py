"""The table of line rules: which lines of a fragment are not the article's text, and why.

Rules look at one line at a time and know the page's title and authors; each has a name under which
its work is counted. What a rule must not touch: quotes, lists, subheads, tables, editor's notes,
corrections.
"""

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from ingest.articles import phrases
from ingest.articles.words import plain


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a fragment: a paragraph, a heading, a list item, a table row."""

    text: str
    tag: str
    """The block it stands in: `p`, `h2`, `li`, `tr`, …"""
    linked: int = 0
    """How many of its characters are links."""
    core: bool = True
    """Whether it stands in the densest part of the fragment."""
    continues: bool = False
    """It follows the line before after a mere line break."""
    opening: str = field(init=False, default="")
    """The text in lower case from its first letter or digit on; empty where it has none."""

    def __post_init__(self) -> None:
        opening = self.text[:LONGEST].lower()
        if not opening[:1].isalnum():
            opening = _SIGNS.sub("", opening, 1)
        object.__setattr__(self, "opening", opening)

    @property
    def is_heading(self) -> bool:
        """Whether this is a heading by its element."""
        return self.tag in ("h1", "h2", "h3", "h4", "h5", "h6")

    @property
    def is_running(self) -> bool:
        """Whether this is a sentence or more of running text, or a line set as it was typed."""
        size = len(self.text)
        return (size >= 80 or self.tag == "pre") and self.linked * 2 < size and not self.is_heading


@dataclass(frozen=True, slots=True)
class Page:
    """What the line rules know of the page."""

    titles: frozenset[str] = frozenset()
    """The headline in all its spellings, as `words.plain` gives it."""
    authors: frozenset[str] = frozenset()
    """Names in the same form."""
    openings: tuple[str, ...] = field(init=False, default=())
    """How a line may begin that begins with a name."""
    sizes: range = field(init=False, default=range(0))
    """How long a line may be that is the headline."""
    longest_byline: int = field(init=False, default=0)
    """How long a line may be that is an author's name with little else."""

    def __post_init__(self) -> None:
        longest = max(map(len, self.authors), default=-40)
        object.__setattr__(self, "longest_byline", longest + 40)
        lengths = [len(title) for title in self.titles]
        if lengths:
            object.__setattr__(self, "sizes", range(min(lengths) - 20, max(lengths) + 20))
        openings = ("by ", *{name[:2] for name in self.authors}) if self.authors else ()
        object.__setattr__(self, "openings", openings)


_SIGNS = re.compile(r"^(?:[^\w©]|_)+")

Rule = Callable[[Line, Page], bool]


def ends(line: Line) -> bool:
    """Return whether a heading or label opens the part of a page after its article."""
    return (
        len(line.text) < 60
        and (line.is_heading or (not line.linked and line.tag != "li"))
        and line.text[-1:] not in ".!?”"
        and bool(phrases.END.match(line.opening))
    )


def resembles_title(text: str, page: Page) -> bool:
    """Return whether a text, as `words.plain` gives it, is the headline in other words."""
    words = set(text.split())
    return any(
        (len(title) > 20 and title in text and len(text) < 2 * len(title))
        or len(words & (own := set(title.split()))) >= 0.7 * max(len(words), len(own))
        for title in page.titles
    )


def _opens(pattern: re.Pattern[str], name: str = "") -> Rule:
    """Return the rule for lines that begin with one of the phrases, or hold one in `INSIDE`."""
    words, inside = phrases.INSIDE.get(name, ((), pattern))

    def rule(line: Line, _: Page) -> bool:
        opening = line.opening
        if pattern.match(opening) is not None:
            return True
        return _has_any(opening, words) and inside.match(opening) is not None

    return rule


def _has_any(text: str, words: Iterable[str]) -> bool:
    for word in words:  # noqa: SIM110 - `any` takes three times as long
        if word in text:
            return True
    return False


def is_headline(line: Line, page: Page) -> bool:
    """Return whether the line repeats the headline."""
    return len(line.text) in page.sizes and plain(line.text) in page.titles


def is_credit(line: Line, _: Page) -> bool:
    """Return whether the line names the maker of a picture, at its start or its end."""
    if phrases.CREDIT.match(line.opening) is not None:
        return not line.text.startswith("(Graphic: ")  # an agency's word on figures, no credit
    named = phrases.CREDIT_BY.match(line.opening) is not None or (
        len(line.text) < 120 and phrases.AGENCY_END.search(line.text[-60:].lower()) is not None
    )
    return named and not _is_sentence(line.text)


def is_date(line: Line, _: Page) -> bool:
    """Return whether the line says when the article came out, or how long it takes to read."""
    return phrases.DATE.match(line.opening) is not None and not _is_sentence(line.text)


def is_more(line: Line, _: Page) -> bool:
    """Return whether the line sends the reader to another article."""
    start = line.text[:40]
    told = line.linked > 0 or len(line.text) < 40 or ":" in start or "|" in start
    return told and line.tag != "tr" and phrases.MORE.match(line.opening) is not None


def is_byline(line: Line, page: Page) -> bool:
    """Return whether the line is the authors' names, with little else."""
    size = len(line.text)
    if size < 100 and phrases.BYLINE.match(line.opening) and not _is_phrase(line.text):
        return True
    if size >= page.longest_byline:
        return False
    text = plain(line.text)
    return any(
        author in text
        and (text == author or (size - len(author) < 40 and line.text[-1] not in '.!?”"'))
        for author in page.authors
    )


def _is_phrase(text: str) -> bool:
    """Return whether words go on in lower case where a byline has a name: "By the numbers"."""
    return _is_sentence(text) or _NO_NAME.match(text) is not None


_NO_NAME = re.compile(
    r"(?:By|Von|Par|Por|Di|Authors?|Autor)\s+(?!admin|staff|our\b|de |von |van )[a-zà-ÿ]"
)


def _is_sentence(text: str) -> bool:
    """Return whether a text ends like a sentence and is mostly words in lower case, no names."""
    words = text.split()
    return text[-1] in ".!?" and 2 * sum(word[0].islower() for word in words) > len(words)


def is_bio(line: Line, page: Page) -> bool:
    """Return whether the line begins with an author's name and says what they do."""
    if not line.opening.startswith(page.openings):
        return False
    start = plain(line.text[:80]).removeprefix("by ")
    if not start.startswith(tuple(page.authors)):
        return False
    low = line.text.lower()
    return "@" in low or bool(phrases.ROLE.search(low[:200]) and phrases.JOB.search(low))


def is_control(line: Line, _: Page) -> bool:
    """Return whether the line is a control's label, an address, or signs without words."""
    size = len(line.text)
    return (
        (not line.opening and not _WORD.search(line.text) and not is_divider(line))
        or (size < 60 and phrases.CONTROL.match(line.opening) is not None)
        or (size < 150 and phrases.ADDRESS.match(line.opening) is not None)
    )


_WORD = re.compile(r"[^\W_]|©")


def is_divider(line: Line) -> bool:
    """Return whether the line is the sign with which news agencies part and end a text."""
    return _DIVIDER.fullmatch(line.text) is not None


_DIVIDER = re.compile(r"_{3,12}")


def is_notice(line: Line, _: Page) -> bool:
    """Return whether the site speaks of itself: cookies, log-in, subscriptions."""
    if not _has_any(line.opening, phrases.NOTICE_WORDS):
        return False
    found = phrases.NOTICE.findall(line.opening)
    if set(found) <= {"cookies"} and not _has_any(line.opening, phrases.ABOUT_SITE):
        return False
    return len(found) >= (1 if len(line.text) < 200 else 2)


def is_link_row(line: Line, _: Page) -> bool:
    """Return whether the line is links beside each other, or mostly link and no sentence."""
    size = len(line.text)
    if line.tag == "tr":
        return False
    row = line.linked > 0.2 * size and line.text.count("|") >= 2
    if line.linked <= 0.45 * size or line.text[-1] in '.!?;:,”"':
        return row
    return row or line.linked > 0.65 * size or not _FIGURE.search(line.text)


_FIGURE = re.compile(r"[$€£¥₹]\s?\d|\d\s?(?:[$€£¥₹]|usd|eur|euro)|\d{1,2}:\d\d|：", re.I)
"""A line with a price, a time or a label is a fact, though most of it may be a link."""


def is_link(line: Line, _: Page) -> bool:
    """Return whether the line is a link and nothing else: it leads away from the article."""
    return line.tag != "tr" and line.linked >= 0.9 * len(line.text)


LONGEST = 700
ANY = sys.maxsize

RULES: Sequence[tuple[str, int, Rule]] = (
    ("headline", ANY, is_headline),
    ("advertisement", 90, _opens(phrases.AD)),
    ("credit", 160, is_credit),
    ("read more", 220, is_more),
    ("newsletter", 330, _opens(phrases.NEWSLETTER, "newsletter")),
    ("share", 120, _opens(phrases.SHARE)),
    ("tags", 400, _opens(phrases.TAGS)),
    ("date", 100, is_date),
    ("byline", 161, is_byline),
    ("bio", LONGEST + 1, is_bio),
    ("legal", LONGEST, _opens(phrases.LEGAL, "legal")),
    ("comment", 160, _opens(phrases.COMMENT)),
    ("embed", 250, _opens(phrases.EMBED)),
    ("control", ANY, is_control),
    ("notice", LONGEST, is_notice),
    ("origin", 300, _opens(phrases.ORIGIN, "origin")),
    ("appeal", 260, _opens(phrases.APPEAL)),
    ("link row", ANY, is_link_row),
    ("link", ANY, is_link),
)
"""In order, each with the length from which on it does not ask: of two rules that fit, the first is
counted. The limits are rules of thumb: lines of the kind are shorter, and a longer one that begins
alike is more likely to be article text."""


def is_reference(line: Line) -> bool:
    """Return whether the line is an address in print that the text refers to, as an advisory does."""
    return line.text.startswith("http") and _PRINTED.fullmatch(line.text) is not None


_PRINTED = re.compile(
    r"https?://(?!(?:[\w.]{1,20}\.)?(?:twitter|x|facebook|instagram|youtube|tiktok)\.com/|youtu\.be/)\S+"
)
"""An address in print; of a post or a film, it stands where those would be shown."""


def judge(line: Line, page: Page) -> str | None:
    """Return the name of the first rule that takes the line out, or None."""
    size = len(line.text)
    if line.tag == "pre" or is_reference(line):
        return None
    for name, limit, rule in RULES:
        if size < limit and rule(line, page):
            return name
    return None
