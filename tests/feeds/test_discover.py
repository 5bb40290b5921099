"""Where a site's feeds may be, and which of those places are feeds."""

from time import process_time

import pytest

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


def test_addresses_start_from_the_base_of_the_page() -> None:
    page = """<base href="/en/"><link rel=alternate type=application/rss+xml href=all.xml>
    <a href="feed/">all</a>"""

    assert [each.url for each in discover.in_page(page, SITE)] == [
        "https://news.example/en/all.xml",
        "https://news.example/en/feed/",
    ]


@pytest.mark.parametrize(
    "written",
    [
        '<link rel="alternate" type="text/xml" href="/out">',
        '<link rel="alternate" type="application/xml" href="/out">',
        '<link rel="alternate" type="application/json" title="JSON Feed" href="/out">',
        '<link rel="alternate" title="RSS" href="/out">',
        '<link rel="feed" href="/out">',
        '<a href="/out">RSS</a>',
        '<a href="/out"><span>Our</span> <b>Atom feed</b></a>',
        '<a href="/out"><img src="/i.png" alt="RSS"></a>',
        '<a href="/out" title="RSS-Feed"><i></i></a>',
        '<a href="/out">RSS订阅</a>',
    ],
)
def test_a_feed_may_be_named_in_other_ways(written: str) -> None:
    (found,) = discover.in_page(f"<html><body>{written}</body></html>", SITE)

    assert found.url == "https://news.example/out"


def test_a_feed_may_be_chosen_by_a_parameter() -> None:
    page = '<a href="/news?format=feed&amp;type=rss">all</a><a href="/?feed=rss2">b</a>'

    assert [each.url for each in discover.in_page(page, SITE)] == [
        "https://news.example/news?format=feed&type=rss",
        "https://news.example/?feed=rss2",
    ]


@pytest.mark.parametrize(
    "written",
    [
        '<link rel="alternate" type="application/json" href="/wp-json/wp/v2/pages/7">',
        '<link rel="alternate" type="text/xml+oembed" href="/oembed?format=xml">',
        '<link rel="alternate" hreflang="de" href="/de/">',
        '<a href="/out">Feedback</a>',
        '<a href="/out">Atomic power</a>',
        '<a href="https://else.example/out">RSS</a>',
    ],
)
def test_what_only_resembles_a_feed_is_not_looked_at(written: str) -> None:
    assert discover.in_page(f"<html><body>{written}</body></html>", SITE) == []


def test_what_is_surely_a_feed_comes_first() -> None:
    page = '<a href="/a">RSS</a><a href="/rss/b">b</a><link rel=alternate type=text/xml href=/c>'
    page += "<link rel=alternate type=application/rss+xml href=/d>"

    assert [each.url[-1] for each in discover.in_page(page, SITE)] == ["d", "c", "b", "a"]


def test_a_robots_txt_names_sitemaps_those_of_news_before_a_few_others() -> None:
    lines = ["User-agent: *", *(f"Sitemap: /map{at}.xml" for at in range(9))]
    text = "\n".join([*lines, "sitemap: https://news.example/sitemap-news.xml"])

    assert [each.url for each in discover.in_robots(text, SITE)] == [
        "https://news.example/sitemap-news.xml",
        *(f"https://news.example/map{at}.xml" for at in range(5)),
    ]


def test_a_hostile_page_gives_a_bounded_list() -> None:
    page = "".join(f'<a href="/rss/{at}">x</a>' for at in range(5_000))

    assert len(discover.in_page(page, SITE)) == discover.MAX_CANDIDATES


def test_a_page_made_to_be_slow_is_not() -> None:
    page = "<a href=/x><object>" * 20_000
    start = process_time()

    assert discover.in_page(page, SITE) == []
    assert process_time() - start < 5


NEWS = b"""<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
 xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>https://news.example/1</loc>
 <n:news><n:title>One</n:title></n:news></url></urlset>"""


def test_a_sitemap_is_a_feed_where_it_lists_news() -> None:
    robots = b"Sitemap: /pages.xml\nSitemap: /latest.xml\n"
    answers = {SITE: b"<html></html>", "https://news.example/robots.txt": robots,
               "https://news.example/pages.xml": b"<urlset><url><loc>/</loc></url></urlset>",
               "https://news.example/latest.xml": NEWS}  # fmt: skip

    assert look(answers) == [("https://news.example/latest.xml", "robots")]


def test_an_index_of_sitemaps_leads_to_those_of_news() -> None:
    index = b"""<?xml version="1.0"?><sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
    <sitemap><loc>https://news.example/pages.xml</loc></sitemap>
    <sitemap><loc> https://news.example/news.xml?a=1&amp;b=2 </loc></sitemap></sitemapindex>"""
    answers = {SITE: b"<html></html>", "https://news.example/map.xml": index,
               "https://news.example/robots.txt": b"Sitemap: /map.xml",
               "https://news.example/pages.xml": NEWS,
               "https://news.example/news.xml?a=1&b=2": NEWS}  # fmt: skip

    assert look(answers) == [("https://news.example/news.xml?a=1&b=2", "index")]


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
