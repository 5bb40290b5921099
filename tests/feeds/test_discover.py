"""Where a site's feeds may be, and which of those places are feeds."""

from ingest.feeds import discover
from ingest.jobs.discover import find
from ingest.model import Response
from tests.fakes import FakeFetcher

SITE = "https://news.example/section/"
FEED = b'<rss version="2.0"><channel><title>T</title><item><guid>1</guid></item></channel></rss>'
PAGE = """<html><head>
<link rel="alternate" type="application/rss+xml" title="All &amp; more" href="/all.xml">
<link rel="ALTERNATE" type="application/atom+xml; charset=utf-8" href="https://feeds.example/atom">
<link rel="alternate" type="text/html" hreflang="de" href="/de/"><link rel="stylesheet" href="/rss">
</head><body><a href="/all.xml">again</a> <a href="../rss/sport">Sport</a>
<a href="/feedback">no</a> <a href="https://else.example/rss">theirs</a>
<a href="javascript:rss()">no</a></body></html>"""


def test_a_page_names_its_feeds_and_its_anchors_look_like_some() -> None:
    found = discover.in_page(PAGE, SITE)

    assert [(each.url, each.title, each.why) for each in found] == [
        ("https://news.example/all.xml", "All & more", "link"),
        ("https://feeds.example/atom", "", "link"),
        ("https://news.example/rss/sport", "Sport", "anchor"),
    ]


def test_a_robots_txt_names_news_sitemaps() -> None:
    text = "User-agent: *\nSitemap: /sitemap.xml\nsitemap: https://news.example/sitemap-news.xml\n"

    assert [each.url for each in discover.in_robots(text, SITE)] == [
        "https://news.example/sitemap-news.xml"
    ]


def test_a_hostile_page_gives_a_bounded_list() -> None:
    page = "".join(f'<a href="/rss/{at}">x</a>' for at in range(5_000))

    assert len(discover.in_page(page, SITE)) == discover.MAX_CANDIDATES


def look(answers: dict[str, bytes]) -> list[tuple[str, str]]:
    fetcher = FakeFetcher({url: Response(url, 200, {}, body) for url, body in answers.items()})
    return [(each.url, each.why) for each in find(fetcher, SITE, clock=lambda: 0.0)]


def test_only_what_can_be_read_as_a_feed_is_found() -> None:
    answers = {SITE: PAGE.encode(), "https://news.example/all.xml": FEED,
               "https://feeds.example/atom": b"<html>gone</html>"}  # fmt: skip

    assert look(answers) == [("https://news.example/all.xml", "link")]


def test_a_page_that_is_a_feed_is_the_answer() -> None:
    assert look({SITE: FEED}) == [(SITE, "page")]


def test_the_usual_places_are_tried_where_a_page_names_none() -> None:
    answers = {SITE: b"<html></html>", "https://news.example/feed.xml": FEED}

    assert look(answers) == [("https://news.example/feed.xml", "usual_place")]


def test_looking_ends_when_the_time_is_up() -> None:
    fetcher = FakeFetcher({SITE: Response(SITE, 200, {}, PAGE.encode())})
    times = iter([0.0, *[1000.0] * 50])

    assert find(fetcher, SITE, clock=lambda: next(times)) == []
    assert len(fetcher.asked) == 2
