"""The identity of a page."""

import pytest

from ingest.stories import exact
from ingest.stories.exact import is_anothers, page_key

STORY = "https://news.example/2026/05/ferry-runs-aground-off-alvik"


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        pytest.param(f"{STORY}?utm_source=rss&utm_medium=feed", None, id="tracking parameters"),
        pytest.param(f"{STORY}/amp", STORY, id="accelerated form"),
        pytest.param(f"{STORY}?print=1", STORY, id="print form"),
        pytest.param(
            "https://m.news.example/2026/05/ferry-runs-aground-off-alvik", STORY, id="mobile host"
        ),
        pytest.param("https://news.example/?p=4711", STORY, id="short link"),
        pytest.param(STORY, f"{STORY}#comments", id="fragment in the canonical link"),
    ],
)
def test_forms_of_one_page_have_one_key(url: str, canonical: str | None) -> None:
    assert page_key(url, canonical, fallback="entry:1") == STORY


@pytest.mark.parametrize(
    "canonical",
    [
        pytest.param("https://news.example/", id="front page"),
        pytest.param("https://news.example/2026/05", id="month"),
        pytest.param("https://news.example/world", id="section"),
        pytest.param("https://other.example/2026/05/ferry-runs-aground", id="another outlet"),
        pytest.param("javascript:void(0)", id="no address"),
        pytest.param("https://[", id="broken"),
        pytest.param("", id="empty"),
    ],
)
def test_a_canonical_link_that_cannot_be_this_page_is_not_believed(canonical: str) -> None:
    assert page_key(STORY, canonical, fallback="entry:1") == STORY


def test_a_canonical_link_that_drops_the_articles_number_is_not_believed() -> None:
    url = "https://news.example/index.php?id=93"

    assert page_key(url, "https://news.example/index.php", fallback="entry:1") == url


def test_neighbours_on_a_platform_cannot_claim_each_others_pages() -> None:
    own = "https://alice.pages.example/posts/a-walk-in-the-dunes"

    key = page_key(own, "https://bob.pages.example/posts/a-walk-in-the-dunes", fallback="entry:1")

    assert key == own


def test_without_an_address_the_fallback_is_the_identity() -> None:
    assert page_key(None, STORY, fallback="entry:9") == "entry:9"
    assert page_key("mailto:desk@news.example", STORY, fallback="entry:9") == "entry:9"


def test_links_that_differ_in_tracking_alone_are_shared() -> None:
    links = [f"https://a.example/now?utm_source={number}" for number in range(2)]

    assert exact.shared(zip(links, ("One thing", "Another"), strict=True)) == set(links)
    assert exact.shared([(links[0], "One thing"), (links[1], "one  Thing")]) == set()
    assert exact.shared([(None, "One thing"), (None, "Another")]) == set()


LISTED = [("Weather warning", "<p>Storm over Split.<img src='/seen?1'></p>", True)]


@pytest.mark.parametrize(
    ("link", "title", "text", "expected"),
    [
        pytest.param("/warnings", "Weather warning", "Snow on Brac.", True, id="other text"),
        pytest.param("/warnings", "Sea warning", "Storm over Split.", True, id="other title"),
        pytest.param("/warnings", "weather  warning", "Storm over Split. ", False, id="the same"),
        pytest.param("/2026-storm-split", "Weather warning", "Snow.", False, id="one article's"),
        pytest.param("/2026-storm-split", "Sea warning", "Snow.", True, id="listed beside it"),
        pytest.param("/2026-storm-split", "", "Snow.", True, id="without title"),
    ],
)
def test_what_tells_entries_of_one_link_apart(
    link: str, title: str, text: str, expected: bool
) -> None:
    assert is_anothers(f"https://met.example{link}", title, text, LISTED) is expected
