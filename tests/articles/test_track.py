"""How well a site's pages are read, page after page."""

from datetime import UTC, datetime

import pytest

from ingest.articles.track import Sighting, after, seen
from ingest.model import Extraction, PageRead, RawPage, SiteTrack

NOW = datetime(2031, 6, 3, tzinfo=UTC)
FULL, NONE, TEASER = Sighting(3_000), Sighting(0), Sighting(200)
RAW = (RawPage("https://a.example/1", b"<p>"),)


def run(*sightings: Sighting, start: SiteTrack | None = None) -> SiteTrack:
    track = start or SiteTrack("a.example")
    for sighting in sightings:
        track = after(track, sighting, NOW)
    return track


KNOWN = run(*[FULL] * 60)


@pytest.mark.parametrize("bad", [NONE, TEASER])
def test_pages_that_suddenly_give_no_text_or_a_teaser_are_a_drop(bad: Sighting) -> None:
    assert not run(*[bad] * 3, start=KNOWN).has_dropped
    assert run(*[bad] * 4, start=KNOWN).has_dropped


def test_a_drop_stands_until_pages_are_read_again() -> None:
    """What is usual stays as it was meanwhile, so that time alone does not end it."""
    long_after = run(*[NONE] * 200, start=KNOWN)

    assert long_after.has_dropped
    assert long_after.usual == pytest.approx(1.0, abs=0.1)
    assert not run(*[FULL] * 4, start=long_after).has_dropped


def test_single_bad_pages_are_usual() -> None:
    assert not run(*[FULL, FULL, NONE] * 30).has_dropped
    assert not run(*[FULL, TEASER] * 30).has_dropped


def test_a_site_that_never_gave_a_text_has_not_dropped() -> None:
    assert not run(*[NONE] * 40).has_dropped


def test_the_usual_length_follows_the_site() -> None:
    assert KNOWN.length == pytest.approx(3_000)
    assert run(*[Sighting(1_500)] * 200, start=KNOWN).length == pytest.approx(1_500, rel=0.05)


def test_a_rule_that_finds_nothing_any_more_fits_less_and_less() -> None:
    unfit = Sighting(3_000, rule_fits=False)

    assert run(*[unfit] * 5, start=KNOWN).rule_fit > 0.3
    assert run(*[unfit] * 6, start=KNOWN).rule_fit < 0.3


@pytest.mark.parametrize(
    ("page", "extraction", "sighting"),
    [
        (PageRead("fetched", pages=RAW), Extraction("t", "b" * 9), Sighting(9)),
        (PageRead("fetched", pages=RAW), Extraction("t", "b", warnings=("site_rule_unused",)), Sighting(1, rule_fits=False)),
        (PageRead("no_article", pages=RAW), None, Sighting()),
        (PageRead("challenge_page", pages=RAW), None, Sighting()),
        (PageRead("not_html", pages=RAW), None, None),
        (PageRead("http_error"), None, None),
        (PageRead("same_page"), Extraction("t", "b"), None),
    ],
)  # fmt: skip
def test_only_a_page_that_was_had_says_something(
    page: PageRead, extraction: Extraction | None, sighting: Sighting | None
) -> None:
    assert seen(page, extraction) == sighting
