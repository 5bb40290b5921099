"""The passages of an article that made a rule true: cut to a readable length, and marked up."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from ingest.model import Article, Match, Span

MARGIN = 90
"""Code points of context each side of a span: about one line of a mail."""
LONGEST = 400
"""Code points that the spans sharing one excerpt may reach over: about a paragraph of news."""
MAX_TERM = 200
MAX_MATCHED = 20
"""What a reader takes in at a glance; the article itself is one click away."""

_BLANK = re.compile(r"\s")


@dataclass(frozen=True, slots=True)
class Passage:
    """A matched span, the text as it stands there, and the excerpt it shares with its neighbours."""

    span: Span
    term: str
    excerpt: str


def passages(article: Article, match: Match) -> Sequence[Passage]:
    """Return at most twenty matched spans in reading order, the headline first.

    Where there are more, each different term comes before a term's repetitions. Spans near each
    other in one paragraph share an excerpt. Spans outside title and text are left out.
    """
    texts = {"title": article.title, "text": article.body}
    kept = _choose([span for span in match.spans if span.field in texts], texts)
    return [
        Passage(span, _clip(texts[span.field][span.start : span.end]), excerpt)
        for group in _groups(kept, texts)
        for excerpt in [_excerpt(texts[group[0].field], group)]
        for span in group
    ]


def pieces(excerpt: str, terms: Iterable[str]) -> Sequence[tuple[str, bool]]:
    """Cut an excerpt into pieces, each with whether it is one of the terms and wants marking.

    A term inside a longer word is left alone, unless it stands nowhere else in the excerpt.
    """
    marks = bytearray(len(excerpt))
    for term in terms:
        found = [match.span() for match in re.finditer(re.escape(term), excerpt)] if term else []
        whole = [(start, end) for start, end in found if not _inside_word(excerpt, start, end)]
        for start, end in whole or found:
            marks[start:end] = b"\1" * (end - start)
    return [
        ("".join(char for char, _ in run), bool(marked))
        for marked, run in groupby(zip(excerpt, marks, strict=True), key=itemgetter(1))
    ]


def _inside_word(text: str, start: int, end: int) -> bool:
    return _joined(text[start - 1 : start + 1]) or _joined(text[end - 1 : end + 1])


def _joined(pair: str) -> bool:
    """Return whether two neighbours stand in one word; from U+2E80 on scripts write no spaces."""
    return len(pair) == 2 and pair.isalnum() and max(pair) < "\u2e80"


def _choose(spans: Sequence[Span], texts: dict[str, str]) -> Sequence[Span]:
    """Return the spans to show, in reading order: first sights before repetitions."""
    firsts: dict[str, Span] = {}
    again = []
    ordered = sorted(spans, key=_reading_order)
    for span in ordered:
        term = texts[span.field][span.start : span.end].casefold()
        if firsts.setdefault(term, span) is not span:
            again.append(span)
    chosen = [*firsts.values(), *again][:MAX_MATCHED]
    return sorted(chosen, key=_reading_order)


def _reading_order(span: Span) -> tuple[bool, int, int]:
    return span.field != "title", span.start, span.end


def _groups(spans: Iterable[Span], texts: dict[str, str]) -> Sequence[Sequence[Span]]:
    """Put spans together whose excerpts would overlap, within a paragraph and a length."""
    groups: list[list[Span]] = []
    for span in spans:
        if groups and _near(groups[-1], span, texts[span.field]):
            groups[-1].append(span)
        else:
            groups.append([span])
    return groups


def _near(group: Sequence[Span], span: Span, text: str) -> bool:
    first, last = group[0], group[-1]
    return (
        first.field == span.field
        and span.start - last.end <= 2 * MARGIN
        and span.end - first.start <= LONGEST
        and "\n" not in text[last.end : span.start]
    )


def _excerpt(text: str, group: Sequence[Span]) -> str:
    """Return the words around a group of spans within its paragraph, `…` where something is cut.

    White space becomes plain spaces, one for one, so that a term stands in it as in the text.
    """
    start = group[0].start
    end = min(max(span.end for span in group), start + LONGEST)
    low = _word_start(text, max(text.rfind("\n", 0, start) + 1, start - MARGIN), start)
    stop = text.find("\n", end)
    high = _word_end(text, min(len(text) if stop < 0 else stop, end + MARGIN), end)
    before = "…" if low > 0 and text[low - 1] != "\n" else ""
    after = "…" if high < len(text) and text[high] != "\n" else ""
    return before + _BLANK.sub(" ", text[low:high]) + after


def _word_start(text: str, at: int, latest: int) -> int:
    """Return where the first whole word from `at` on begins; `at` itself if there are no spaces."""
    if at == 0 or text[at - 1].isspace():
        return at
    blank = _BLANK.search(text, at, latest)
    return blank.end() if blank else at


def _word_end(text: str, at: int, earliest: int) -> int:
    """Return where the last whole word before `at` ends; `at` itself if there are no spaces."""
    if at >= len(text) or text[at].isspace():
        return at
    ends = [blank.start() for blank in _BLANK.finditer(text, earliest, at)]
    return ends[-1] if ends else at


def _clip(term: str) -> str:
    return term if len(term) <= MAX_TERM else term[: MAX_TERM - 1] + "…"
