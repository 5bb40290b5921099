"""Whether a further copy or an edit is worth telling those again who have been alerted already."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ingest import text
from ingest.model import AlertWhy, Source

OUTLETS = (10, 30, 100, 300)
"""Numbers of outlets at which a story is told of again: each about three times the one before, so
that even the widest story brings four updates. Wire copy reaches a handful of outlets within
minutes, which is no news."""
NEW_WORDS = 0.25
"""Share of a text that must be new (or gone): more than a paragraph added to a usual report of
500 words, or a correction at its foot."""
NEW_HEADLINE = 0.5
"""Share of the headline's words that must be others; a changed spelling or number is less."""
MOST_WORDS = 20_000
"""Words of a text that are compared, about the longest report there is."""


@dataclass(frozen=True, slots=True)
class Update:
    """Why those alerted are told again."""

    why: AlertWhy
    detail: str


def of_source(sources: Sequence[Source], article_id: int) -> Update | None:
    """Return the update that a further article of a story makes by the number of its outlets."""
    before = {source.feed for source in sources if source.article_id != article_id}
    after = {source.feed for source in sources}
    if len(after) > len(before) and len(after) in OUTLETS:
        return Update(AlertWhy.OUTLETS, f"now told by {len(after)} outlets")
    return None


def of_edit(old_title: str, old_body: str, title: str, body: str) -> Update | None:
    """Return the update that an edited page makes; None where little has changed."""
    if _changed(old_title, title) >= NEW_HEADLINE:
        return Update(AlertWhy.HEADLINE, f"the headline was: {old_title}")
    share = _changed(old_body, body)
    if share >= NEW_WORDS:
        return Update(AlertWhy.TEXT, f"{share:.0%} of the text has changed")
    return None


def _changed(old: str, new: str) -> float:
    """Return which share of the longer text's words the other one lacks, their order aside."""
    before, after = _words(old), _words(new)
    longer = max(before.total(), after.total())
    return 1 - (before & after).total() / longer if longer else 0.0


def _words(value: str) -> Counter[str]:
    words = (word.key for chunk in value.split()[:MOST_WORDS] for word in text.cut(chunk).words)
    return Counter(words)
