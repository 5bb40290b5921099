"""Whatever comes instead of an article: it has its word, and the feed's own text serves."""

from pathlib import Path

import pytest

from ingest.articles.settings import Articles
from ingest.errors import FetchError, TooLarge
from ingest.model import Response
from tests.desk import page, prose, rss
from tests.jobs.desk import FEED, JobDesk

REFERENCE = (Path(__file__).parents[2] / "docs/reference/pages.md").read_text("utf-8")
URL = "https://a.example/1"
HTML = "text/html; charset=utf-8"


def answer(body: bytes, content_type: str = HTML, url: str = URL) -> Response:
    return Response(url, 200, {"content-type": content_type}, body)


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (answer(b""), "empty"),
        (answer(b"%PDF-1.7", "application/pdf"), "not_html"),
        (answer(b"\x00\x00\x00\x18ftypmp42", "video/mp4"), "not_html"),
        (answer(b"<div>" * 100_000), "hostile"),
        (TooLarge("more than 10 MB", url=URL), "too_large"),
        (answer(b"<p>x" * 6_000_000), "too_large"),
        (answer(b"<title>Just a moment...</title><p>Checking your browser."), "challenge_page"),
        (answer(b"<title>Before you continue</title><p>We store small files."), "consent_wall"),
        (answer(b"<p>Choose.", url="https://consent.a.example/v2"), "consent_wall"),
        (answer(b"<title>Page not found</title><p>We looked everywhere."), "soft_404"),
        (answer(page("Home", prose(1, "home")), url="https://a.example/"), "soft_404"),
        (answer(b"<body><div id=root></div>"), "no_article"),
    ],
)
def test_a_bad_page_has_its_word_and_leaves_the_feeds_own_text(
    desk: JobDesk, given: Response | FetchError, outcome: str
) -> None:
    teaser = " ".join(prose(5, "harbour"))
    desk.publish(("/1", "The harbour", teaser))
    desk.web.answers[URL] = given
    desk.refresh()

    (done,) = desk.read()

    assert done.page.outcome == outcome
    assert done.page.error
    assert done.kept is not None
    assert (done.kept.article.method, done.kept.article.body) == ("feed", teaser)
    assert f"| `{outcome}` |" in REFERENCE


@pytest.mark.parametrize(
    ("given", "warnings"),
    [
        (page("The harbour", prose(5, "harbour")), ()),
        (page("The harbour", [*prose(5, "harbour"), "Caf\xe9"]).decode().encode("latin-1"), ("wrong_charset",)),
        (page("The harbour", [*prose(5, "harbour"), "Café, crème, blé. " * 9]) + b"\xff", ("damaged_text",)),
        (page("The harbour", prose(5, "harbour")).replace(b"<head>", b"<head><meta name=robots content=noindex>"), ("noindex",)),
    ],
)  # fmt: skip
def test_an_article_on_a_faulty_page_is_read_and_the_fault_named(
    desk: JobDesk, given: bytes, warnings: tuple[str, ...]
) -> None:
    desk.publish(("/1", "The harbour", "In short."))
    desk.web.answers[URL] = answer(given, "text/html")
    desk.refresh()

    (done,) = desk.read()

    assert done.kept is not None
    assert done.kept.article.body.startswith("\n\n".join(prose(5, "harbour")))
    assert done.kept.article.warnings == warnings
    assert all(f"| `{warning}` |" in REFERENCE for warning in warnings)


def test_an_entry_that_leads_to_the_front_page_of_another_site_is_read(desk: JobDesk) -> None:
    there = "https://project.example/"
    desk.web.answers[FEED] = rss("A", [(there, "The harbour", "In short.")])
    desk.web.answers[there] = page("The harbour", prose(5, "harbour"))
    desk.refresh()

    (done,) = desk.read()

    assert done.page.outcome == "fetched"


def test_the_size_that_is_asked_for_is_the_configured_one(desk: JobDesk) -> None:
    desk.set(articles=Articles(max_page=1_000))
    desk.publish(("/1", "The harbour", "In short."))
    desk.refresh()
    desk.read()

    assert desk.web.asked[-1].max_bytes == 1_000


def test_a_page_that_leads_on_to_the_front_page_is_not_followed(desk: JobDesk) -> None:
    desk.publish(("/1", "The harbour", "In short."))
    desk.web.answers[URL] = answer(b"<meta http-equiv=refresh content='0;url=/'><p>One moment.")
    desk.page("/", "Home", *prose(5, "home"))
    desk.refresh()

    (done,) = desk.read()

    assert done.page.outcome == "moved"
    assert [request.url for request in desk.web.asked[1:]] == [URL]
