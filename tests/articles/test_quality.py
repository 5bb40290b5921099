"""The choice between a page's text and the feed's own."""

import pytest

from ingest.articles.quality import choose, wall
from ingest.model import Extraction

FEED = Extraction(
    title="T", body="The feed's text. " * 40, summary="S", method="feed", authors=("Oda Brandt",)
)


def test_without_a_page_the_feed_is_the_article() -> None:
    assert choose(None, FEED) is FEED
    assert choose(Extraction(title="T", body=""), FEED) is FEED


def test_a_full_page_is_taken_and_what_it_lacks_comes_from_the_feed() -> None:
    page = Extraction(title="", body="The page's text. " * 60, language="en")

    found = choose(page, FEED)

    assert found.body == page.body
    assert (found.title, found.authors, found.summary) == ("T", ("Oda Brandt",), "S")


def test_a_page_cut_short_gives_way_and_says_so() -> None:
    page = Extraction(title="T", body="Subscribe to read on.", image="https://x/y.jpg")

    found = choose(page, FEED)

    assert (found.body, found.method, found.image) == (FEED.body, "feed", "https://x/y.jpg")
    assert found.warnings == ("the page's text is far shorter than the feed's own",)


def test_a_paywall_is_named_as_the_reason() -> None:
    page = Extraction(title="T", body="The first lines.", warnings=("paywall",))

    assert choose(page, FEED).warnings == (
        "paywall",
        "the page's text is behind a subscription; the feed has more",
    )


@pytest.mark.parametrize(
    ("name", "title", "body"),
    [
        ("challenge page", "Just a moment...", ""),
        ("challenge page", "Security check", "Complete the security check to go on."),
        ("consent wall", "Before you continue to the Post", ""),
        ("consent wall", "Post", "Mit Ihrer Zustimmung speichern wir Cookies."),
        ("geo block", "451: Unavailable due to legal reasons", ""),
        ("soft 404", "Sorry, we can’t find that page", ""),
        ("soft 404", "Error 404", ""),
    ],
)
def test_a_wall_is_known_by_its_words(name: str, title: str, body: str) -> None:
    assert wall(title, body) == name


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("Council denies its consent", "Der Rat verweigerte am Dienstag seine Zustimmung."),
        ("Security check at the port takes hours", "Drivers waited until noon."),
        ("Storm over Vellmar", "A total of 404 people had to leave their houses."),
        ("Port drops its captcha", "Visitors need not count cranes any more."),
        ("Reporters: access to the quay was denied", "The port gave no reason."),
    ],
)
def test_short_news_on_walls_and_checks_is_no_wall(title: str, body: str) -> None:
    assert wall(title, body) is None
