"""Which story a text belongs to: its sketch compared with those of stored articles.

The measure is containment, the share of the shorter text that stands in the longer one: a cut tail
or an added paragraph hardly moves it, where it ruins the share of the union. Containment alone
joins texts that only share a footer, a quotation or a template; what tells those apart is asked
in `_is_copy` and in `stories.facts`.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.model import Candidate, Fingerprint, Placement, PlacementWhy, Sketch
from ingest.stories import facts, near

MAX_HOPS = 3
"""Near copies of near copies that a story takes in, counted from its first text.

Texts further away join, but nothing joins through them: no chain of small changes can run on.
"""

NOVEL = 0.75
"""A text of which this share stands in its peer brings nothing that later copies need to find it by.

Storing more copies joins more by chance: 0.85 gains nothing on our yardstick for 7 % more bytes.
"""

_LITTLE_LEFT = 0.25
"""Share of a text without furniture below which furniture is compared too, and more is asked.

A text that three stories hold was split by mistake, say while it was rewritten hour by hour; its
next copy is known by being nearly all the same.
"""

_CLOSE = 0.95
"""Share from which on no closer copy is looked for."""

_MIN_MATCHES = 5
"""Samples in common below which there is nothing to compare."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """What two texts have in common, furniture left out; the shorter is compared with the longer."""

    share: float
    """How much of the shorter stands in the longer."""
    back: float
    """How much of the longer stands in the shorter."""
    words: float
    """Length of the shorter."""
    longer: float
    """Length of the longer."""
    kept: float
    """Share of the text with more furniture that is none; under `_LITTLE_LEFT` all is compared."""
    beginning: float
    """Share of the shorter's first samples that stand anywhere in the longer."""
    other_beginning: float
    """The same for the longer."""
    lead: int
    """Words of the longer before the first that stands in the shorter."""
    titles: float
    """Share of the shorter title's words that the other title has; 0 where one says too little."""


def place(sketch: Sketch, candidates: Iterable[Candidate]) -> Placement:
    """Return the story of a text: that of its closest copy among the candidates, or a new one.

    Of equally close candidates the first counts; none is asked for after one that is all the same.
    """
    found, samples = near.fingerprints(sketch), frozenset(sketch.samples)
    furniture: Collection[Fingerprint] = ()
    best: tuple[Candidate, Overlap] | None = None
    for candidate in candidates:
        furniture = candidate.furniture
        if sketch.text_hash and sketch.text_hash == candidate.sketch.text_hash:
            return _same_text(candidate)
        common = samples.intersection(candidate.sketch.samples)
        overlap = compare(sketch, candidate.sketch, common, furniture)
        if overlap is None or (best and overlap.share <= best[1].share):
            continue
        if _is_copy(overlap) and not facts.tell_else(
            sketch, candidate.sketch, common, overlap.words
        ):
            best = candidate, overlap
            if overlap.share > _CLOSE:
                break
    if best is None:
        fresh = tuple(print_ for print_ in found if print_ not in furniture)
        return Placement(None, PlacementWhy.NEW, fingerprints=fresh)
    return _near_copy(sketch, *best, found)


def _same_text(peer: Candidate) -> Placement:
    return Placement(
        peer.story_id,
        PlacementWhy.SAME_TEXT,
        peer.article_id,
        distance=0.0,
        detail=f"the same text as article {peer.article_id}",
        hops=peer.hops,
        fingerprints=(),
    )


def _near_copy(
    sketch: Sketch, peer: Candidate, overlap: Overlap, found: Sequence[Fingerprint]
) -> Placement:
    hops = peer.hops + 1
    brings = overlap.back if sketch.length > peer.sketch.length else overlap.share
    fresh: tuple[Fingerprint, ...] = ()
    if hops <= MAX_HOPS and brings < NOVEL:
        known = peer.shared | peer.furniture
        fresh = tuple(fingerprint for fingerprint in found if fingerprint not in known)
    return Placement(
        peer.story_id,
        PlacementWhy.NEAR_COPY,
        peer.article_id,
        distance=round(1 - overlap.share, 3),
        detail=_told(sketch, peer, overlap),
        hops=hops,
        fingerprints=fresh,
    )


def _told(sketch: Sketch, peer: Candidate, overlap: Overlap) -> str:
    percent = round(100 * overlap.share)
    if sketch.length > peer.sketch.length:
        text = f"contains {percent} % of article {peer.article_id}"
    else:
        text = f"{percent} % of it stands in article {peer.article_id}"
    if overlap.titles >= _TITLES_AGREE:
        text += ", under the same headline"
    if overlap.kept < 0.9:
        text += ", passages common to many stories left out"
    return text


# --- the comparison ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Side:
    """One text as seen from the other, furniture left out."""

    sketch: Sketch
    kept: Sequence[int]
    """Indices of the samples that are no furniture."""
    samples: Sequence[int]
    matching: Sequence[bool]
    """For each of the samples, whether the other text has it."""
    words: float
    """Length without furniture."""

    @property
    def share(self) -> float:
        """How much of this text stands in the other.

        The other may lack a sample only because its passage is sampled less densely there, so the
        samples common to both densities are asked as well, where there are enough of them.
        """
        sparse = near.BODY_STEP - 1
        common = [
            match
            for sample, match in zip(self.samples, self.matching, strict=True)
            if not sample & sparse
        ]
        share = sum(self.matching) / len(self.matching)
        return max(share, sum(common) / len(common)) if len(common) >= 8 else share

    @property
    def beginning(self) -> float:
        """How many of the first samples, about 24 words, stand in the other text."""
        first = self.matching[:12]
        return sum(first) / len(first)

    @property
    def lead(self) -> int:
        """Words before the first match."""
        start = self.matching.index(True) if True in self.matching else -1
        first, begins = near.places(self.sketch, (self.kept[0], self.kept[start]))
        return begins - first


def compare(
    one: Sketch,
    other: Sketch,
    common: Collection[int],
    furniture: Collection[Fingerprint] = frozenset(),
) -> Overlap | None:
    """Return what two texts with these samples in common share, or None where it is next to nothing."""
    if len(common) < _MIN_MATCHES:
        return None
    values = {value & 0xFFFF for method, value in furniture if method == near.Method.SHINGLE}
    sides = [_side(sketch, common, values) for sketch in (one, other)]
    kept = min(len(side.kept) / len(side.sketch.samples) for side in sides)
    if kept < _LITTLE_LEFT:
        sides = [_side(sketch, common, frozenset()) for sketch in (one, other)]
    if not all(sum(side.matching) >= _MIN_MATCHES for side in sides):
        return None
    shorter, longer = sorted(sides, key=lambda side: side.words)
    return Overlap(
        share=shorter.share,
        back=longer.share,
        words=shorter.words,
        longer=longer.words,
        kept=kept,
        beginning=shorter.beginning,
        other_beginning=longer.beginning,
        lead=longer.lead,
        titles=_titles(one.title, other.title),
    )


def _side(sketch: Sketch, common: Collection[int], furniture: Collection[int]) -> _Side:
    kept = _kept(sketch, furniture)
    samples = [sketch.samples[index] for index in kept] if furniture else sketch.samples
    words = sketch.length * len(kept) / len(sketch.samples)
    return _Side(sketch, kept, samples, list(map(common.__contains__, samples)), words)


def _kept(sketch: Sketch, furniture: Collection[int]) -> Sequence[int]:
    """Return the indices of the samples that are no furniture.

    Only fingerprints are known to be furniture or not; the samples between two that are, or
    between one and the end of the text, are taken to be so too: furniture comes in paragraphs.
    """
    every = range(len(sketch.samples))
    if not furniture:
        return every
    prints = {value & 0xFFFF for value in sketch.prints}
    marks = [(-1, True)]
    marks += [
        (at, sample in furniture) for at, sample in enumerate(sketch.samples) if sample in prints
    ]
    marks.append((len(every), True))
    if len(marks) == 2:
        return every
    dropped: set[int] = set()
    for (start, left), (end, right) in pairwise(marks):
        if left and right:
            dropped.update(range(start + 1, end))
        if right:
            dropped.add(end)
    return [index for index in every if index not in dropped]


def _titles(one: Collection[int], other: Collection[int]) -> float:
    fewer, more = sorted((one, other), key=len)
    if len(fewer) < near.MIN_TITLE:
        return 0.0
    return sum(word in more for word in fewer) / len(fewer)


# --- the decision -----------------------------------------------------------------------------

# The thresholds were set on the development half of a labelled collection of 2,194 news texts (see
# benchmarks/stories.py); each moved by a tenth of itself changes F1 by less than a point.
_TITLES_AGREE = 0.6
_BEGINS_ALIKE = 0.6
_BEGINS_PARTLY = 0.25


def _is_copy(overlap: Overlap) -> bool:
    """Return whether one text is a copy of the other rather than a text that shares something."""
    if _says_too_little(overlap):
        return False
    begins_alike = min(overlap.beginning, overlap.other_beginning) >= _BEGINS_ALIKE
    if overlap.kept < _LITTLE_LEFT:
        return begins_alike and min(overlap.share, overlap.back) >= 0.9
    if begins_alike:
        return overlap.share >= 0.2
    if overlap.titles >= _TITLES_AGREE:
        return overlap.share >= 0.3
    if _keeps_a_beginning(overlap):
        return overlap.share >= 0.45
    return min(overlap.share, overlap.back) >= 0.9


def _says_too_little(overlap: Overlap) -> bool:
    """Return whether too little is left to compare: two stubs, or scraps between furniture."""
    if overlap.longer < near.SHORT and overlap.titles < _TITLES_AGREE:
        return True
    return overlap.kept < 0.5 and overlap.words < 40 and overlap.share < 0.8


def _keeps_a_beginning(overlap: Overlap) -> bool:
    """Return whether the longer text's beginning, or nearly all of it, stands in the shorter.

    A copy keeps the beginning of what it copies. A quotation or a footer is taken from elsewhere.
    """
    if overlap.other_beginning >= _BEGINS_PARTLY:
        return True
    return overlap.beginning >= _BEGINS_PARTLY and (overlap.back >= 0.7 or overlap.lead <= 20)
