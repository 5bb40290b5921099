"""Which stored texts a new one is compared with: those that share enough of its fingerprints.

The rows are kept by `store.sketches` for the daemon and by `store.clusterer` for `ingest cluster`.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import chain

from ingest.model import Candidate, Fingerprint
from ingest.stories import near

CROWDED = 3
"""Stored texts under one fingerprint from which on it is furniture: a footer, a menu, a template.

A story stores each fingerprint once, so these are as many stories. With 2 a second story under one
footer is told apart at once, but a story that was split by mistake loses its text sooner: on our
yardstick 0.7 points of precision are won for 1.2 of recall. 4 costs a quarter of a point of
precision and wins as much of recall.
"""

MAX_CANDIDATES = 3
"""Candidates compared; more found nothing more on our yardstick."""

_LIKELY = 8
"""Texts fetched, of which the best that still live become candidates."""

_MIN_WEIGHT, _FEW = 2.0, 6
"""Two fingerprints in common make a candidate, one where the text has few: of 900 copies two shared
a single one with their story, of 700 new stories 540 did with some text."""

_WEIGHT: Mapping[int, float] = {
    int(near.Method.SHINGLE): 1.0,
    int(near.Method.TITLE): 2.0,
    int(near.Method.TEXT): 100.0,
}

Row = tuple[int, int, int, bytes]
"""A stored text: article, story, hops, packed sketch."""


@dataclass(frozen=True, slots=True)
class Hits:
    """The stored texts under the fingerprints of a new one."""

    prints: Mapping[int, Set[Fingerprint]]
    """Article to those of the fingerprints that it is stored under."""
    furniture: frozenset[Fingerprint] = frozenset()
    likely: Sequence[int] = ()
    """Articles worth fetching, the likeliest first; where only furniture is shared, a few that have
    it, to say so."""


def hits(asked: Sequence[Fingerprint], rows: Iterable[tuple[int, int, int]]) -> Hits:
    """Return which texts are stored under these fingerprints, given rows (value, method, article).

    There may be rows of other methods among them.
    """
    wanted = set(asked)
    prints: dict[int, set[Fingerprint]] = {}
    for value, method, article_id in rows:
        if (method, value) in wanted:
            prints.setdefault(article_id, set()).add((method, value))
    furniture = _crowded(prints)
    return Hits(prints, furniture, _likely(prints, furniture, few=len(asked) <= _FEW))


def _crowded(prints: Mapping[int, Collection[Fingerprint]]) -> frozenset[Fingerprint]:
    """Return the fingerprints that are furniture; a whole text never is."""
    if len(prints) < CROWDED:
        return frozenset()
    holders = Counter(chain.from_iterable(prints.values()))
    return frozenset(
        fingerprint
        for fingerprint, texts in holders.items()
        if texts >= CROWDED and fingerprint[0] != near.Method.TEXT
    )


def _likely(
    prints: Mapping[int, Set[Fingerprint]], furniture: frozenset[Fingerprint], *, few: bool
) -> list[int]:
    weights = {
        article_id: sum([_WEIGHT[method] for method, _ in found - furniture])
        for article_id, found in prints.items()
    }
    least = 1.0 if few else _MIN_WEIGHT
    likely = [article_id for article_id, weight in weights.items() if weight >= least]
    if not likely and furniture:
        likely = list(prints)
    likely.sort(key=lambda article_id: (-weights[article_id], -len(prints[article_id]), article_id))
    return likely[:_LIKELY]


def candidates(hits: Hits, rows: Iterable[Row]) -> Iterator[Candidate]:
    """Yield what to compare with, the likeliest first, given the stored rows of the likely texts."""
    found = {row[0]: row for row in rows}
    ordered = [found[article_id] for article_id in hits.likely if article_id in found]
    held: defaultdict[int, set[Fingerprint]] = defaultdict(set)
    for article_id, story_id, _, _ in ordered:
        held[story_id].update(hits.prints[article_id])
    for article_id, story_id, hops, packed in ordered[:MAX_CANDIDATES]:
        yield Candidate(
            article_id,
            story_id,
            near.unpack(packed),
            hops=hops,
            shared=frozenset(held[story_id]),
            furniture=hits.furniture,
        )
