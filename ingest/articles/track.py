"""How well the pages of a site are read, page after page, so that a redesign is noticed.

Two averages stand beside each other: what is usual of the site, and what its last few pages gave.
Keeping them is the store's work, telling of them that of the alerts.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from ingest.model import Extraction, PageRead, SiteTrack

USUAL_STEP, RECENT_STEP = 1 / 50, 1 / 5
"""Weight of a page in what is usual and in what is recent: about fifty pages and five."""

SHORT = 0.25
"""A text below this share of the usual length is a teaser: 3 of 71 texts of the yardstick, from
sites with three or more, are so short."""

_NOT_COUNTED = frozenset({"not_html", "moved"})
"""A file or a page that leads on, which feeds link to now and then, says nothing of the site."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one page gave."""

    length: int = 0
    """Characters of its text; 0 where none was found."""
    rule_fits: bool = True
    """Whether the selectors of the site's rule found the text; true where there is no rule."""


def seen(page: PageRead, extraction: Extraction | None) -> Sighting | None:
    """Return what a page just read says of its site; None where it says nothing."""
    if not page.pages or page.outcome in _NOT_COUNTED:
        return None
    if extraction is None:
        return Sighting()
    return Sighting(len(extraction.body), "site_rule_unused" not in extraction.warnings)


def after(was: SiteTrack, sighting: Sighting, now: datetime) -> SiteTrack:
    """Return what is remembered of a site after one more page.

    While its pages are read far worse than usual, the usual stays as it was.
    """
    good = bool(sighting.length) and sighting.length >= SHORT * was.length
    track = replace(
        was,
        pages=was.pages + 1,
        recent=_toward(was.recent, good, RECENT_STEP),
        rule_fit=_toward(was.rule_fit, sighting.rule_fits, RECENT_STEP),
        seen_at=now,
    )
    if track.has_dropped:
        return track
    step = max(USUAL_STEP, 1 / track.pages)
    length = _toward(was.length, sighting.length, step) if good else was.length
    return replace(track, usual=_toward(was.usual, good, step), length=length)


def _toward(was: float, value: float, step: float) -> float:
    return was + (value - was) * step
