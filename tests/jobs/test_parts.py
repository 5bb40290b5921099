"""Articles over several pages."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ingest.articles import extract
from ingest.articles.parts import LEFT_OUT, MAX_PARTS
from ingest.articles.sites import SiteRule, SiteRules
from ingest.errors import HttpStatus
from ingest.fetch.settings import Fetch
from ingest.jobs.reprocess import Cleaned, clean_again
from ingest.model import Article, Response
from tests.desk import page, prose
from tests.fakes import OpenRobots
from tests.jobs.desk import JobDesk

SITE = "https://a.example"
RULES = SiteRules([SiteRule(hosts=("a.example",), next_page="a.next")])


def part(desk: JobDesk, path: str, seed: int, following: str | None) -> list[str]:
    """Put one page of the article on the web; return its paragraphs."""
    paragraphs = prose(seed, "canal")
    link = f'<a class=next href="{following}">On</a></article>' if following else "</article>"
    html = page("The canal", paragraphs).replace(b"</article>", link.encode())
    desk.web.answers[SITE + path] = html
    return paragraphs


def read_one(desk: JobDesk, rests: list[float]) -> Article:
    """Read the entry that leads to `/1`."""
    desk.set(doors=replace(desk.context.doors, rest=rests.append), sites=RULES)
    desk.publish(("/1", "The canal", "In short."))
    desk.refresh()
    (done,) = desk.read()
    assert done.kept is not None
    return done.kept.article


def test_the_pages_of_an_article_are_read_one_after_the_other_and_joined(desk: JobDesk) -> None:
    wanted = [*part(desk, "/1", 1, "/2"), *part(desk, "/2", 2, "/3"), *part(desk, "/3", 3, "/1")]
    rests: list[float] = []

    article = read_one(desk, rests)

    assert article.body.split("\n\n") == wanted
    assert article.warnings == ()
    assert rests == [desk.context.fetch.site_delay.total_seconds()] * 2


def test_cleaning_again_reads_every_page_that_is_kept(desk: JobDesk) -> None:
    part(desk, "/1", 1, "/2")
    part(desk, "/2", 2, None)
    read_one(desk, [])

    assert clean_again(desk.store, extract.extract, RULES, desk.now) == Cleaned(1, 0, 0)


def test_a_page_that_repeats_the_text_before_it_adds_only_its_own(desk: JobDesk) -> None:
    wanted = part(desk, "/1", 1, "/2")
    desk.web.answers[f"{SITE}/2"] = page("The canal", [*wanted[:1], *prose(2, "canal")])

    assert read_one(desk, []).body.split("\n\n") == [*wanted, *prose(2, "canal")]


@pytest.mark.parametrize(
    "following", ["https://b.example/2", "/1", "/1?utm_source=x", "javascript:on()"]
)
def test_only_a_new_page_of_the_same_site_is_asked_for(desk: JobDesk, following: str) -> None:
    wanted = part(desk, "/1", 1, following)

    article = read_one(desk, [])

    assert article.body.split("\n\n") == wanted
    assert [request.url for request in desk.web.asked[1:]] == [f"{SITE}/1"]


def test_a_page_that_cannot_be_had_ends_the_article_with_a_warning(desk: JobDesk) -> None:
    wanted = part(desk, "/1", 1, "/2")
    desk.web.answers[f"{SITE}/2"] = HttpStatus("429", url=f"{SITE}/2", status=429, retry_after_s=9)
    desk.set(doors=replace(desk.context.doors, rest=lambda _: None), sites=RULES)
    desk.publish(("/1", "The canal", "In short."))
    desk.refresh()

    (done,) = desk.read()

    assert done.kept is not None
    assert done.kept.article.body.split("\n\n") == wanted
    assert done.kept.article.warnings == (LEFT_OUT,)
    assert (done.exchange.status, done.exchange.retry_after_s) == (429, 9)


def test_robots_txt_holds_for_further_pages(desk: JobDesk) -> None:
    part(desk, "/1", 1, "/2")
    part(desk, "/2", 2, None)
    robots = OpenRobots(forbidden=frozenset({f"{SITE}/2"}))
    desk.set(doors=replace(desk.context.doors, robots=robots))

    assert read_one(desk, []).warnings == (LEFT_OUT,)


def test_an_article_without_end_is_cut(desk: JobDesk) -> None:
    for number in range(1, 20):
        part(desk, f"/{number}", number, f"/{number + 1}")
    rests: list[float] = []

    assert read_one(desk, rests).warnings == (LEFT_OUT,)
    assert len(rests) == MAX_PARTS - 1


def test_a_slow_site_or_one_that_wants_long_rests_is_not_waited_for(desk: JobDesk) -> None:
    for number in (1, 2, 3, 4):
        part(desk, f"/{number}", number, f"/{number + 1}")
        url = f"{SITE}/{number}"
        body = desk.web.answers[url]
        assert isinstance(body, bytes)
        desk.web.answers[url] = Response(url, 200, {}, body, elapsed_s=15.0)
    desk.set(fetch=Fetch(site_delay=timedelta(seconds=10)))
    rests: list[float] = []

    assert read_one(desk, rests).warnings == (LEFT_OUT,)
    assert rests == [10.0, 10.0]
