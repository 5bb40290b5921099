"""What robots.txt and a dead network of our own do to feeds and pages."""

from dataclasses import replace
from datetime import timedelta

from ingest.errors import Offline
from ingest.jobs.read import read
from ingest.model import Exchange, FeedState, RobotsVerdict
from tests.desk import prose
from tests.fakes import OpenRobots
from tests.jobs.desk import FEED, JobDesk

PAGE = "https://a.example/1"
OFFLINE = Offline("our own network seems to be down", url=FEED)


def robots(desk: JobDesk, robots: OpenRobots) -> None:
    doors = desk.context.doors
    desk.set(doors=replace(doors, robots=robots))


def test_no_feed_is_blamed_while_our_own_network_is_down(desk: JobDesk) -> None:
    desk.publish(("/1", "One", "first"))
    desk.refresh()
    before = desk.store.stored_feeds()[0]
    desk.web.answers[FEED] = OFFLINE

    done = desk.refresh()

    after = desk.store.stored_feeds()[0]
    assert done.offline
    assert (after.state, after.failures, after.memory) == (FeedState.OK, 0, before.memory)
    assert after.last_outcome is before.last_outcome
    assert after.next_check_at is not None
    assert after.next_check_at - desk.now < timedelta(minutes=2)


def test_a_page_loses_no_try_while_our_own_network_is_down(desk: JobDesk) -> None:
    desk.publish(("/1", "One", "first"))
    desk.refresh()
    desk.web.answers[PAGE] = OFFLINE

    for _ in range(5):
        (done,) = desk.read()
        assert (done.kept, done.page.outcome) == (None, "offline")
        desk.later(minutes=2)
    desk.page("/1", "One", *prose(1, "harbour"))

    (done,) = desk.read()
    assert done.kept is not None
    assert done.entry.attempts == 0
    assert done.page.outcome == "fetched"


def test_a_page_waits_for_a_robots_txt_that_cannot_be_had(desk: JobDesk) -> None:
    desk.publish(("/1", "One", "first"))
    desk.page("/1", "One", *prose(1, "harbour"))
    desk.refresh()
    robots(desk, OpenRobots(unreachable=frozenset([PAGE])))

    (done,) = desk.read()
    robots(desk, OpenRobots())
    desk.later(seconds=6)
    (again,) = desk.read()

    assert (done.kept, done.page.outcome) == (None, "robots_unreachable")
    assert again.page.outcome == "fetched"


def test_the_feeds_text_serves_where_robots_txt_stays_away(desk: JobDesk) -> None:
    desk.publish(("/1", "One", "first"))
    desk.refresh()
    robots(desk, OpenRobots(unreachable=frozenset([PAGE])))

    for _ in range(3):
        (done,) = desk.read()
        desk.later(minutes=1)

    assert done.kept is not None
    assert done.kept.article.method == "feed"
    assert PAGE not in [request.url for request in desk.web.asked]


def test_a_crawl_delay_reaches_the_pacing(desk: JobDesk) -> None:
    desk.publish(("/1", "One", "first"))
    desk.page("/1", "One", *prose(1, "harbour"))
    desk.refresh()
    robots(desk, OpenRobots(crawl_delay_s=7.0))

    (done,) = desk.read()

    assert done.exchange == replace(done.exchange, status=200, crawl_delay_s=7.0)


def test_what_was_told_before_robots_txt_was_asked_is_not_told_again(desk: JobDesk) -> None:
    class AskedFirst(OpenRobots):
        asked: Exchange | None = Exchange(404)

        def verdict(self, url: str) -> RobotsVerdict:
            asked, self.asked = self.asked, None
            return replace(super().verdict(url), asked=asked)

    desk.rule("harbour", on="entry")
    desk.publish(("/1", "The harbour", "first"))
    desk.page("/1", "The harbour", *prose(1, "harbour"))
    desk.refresh()
    robots(desk, AskedFirst())
    (entry,) = desk.claim()

    begun = read(entry, desk.context, desk.now)
    done = read(entry, desk.context, desk.now)

    assert (begun.kept, begun.alerts, begun.exchange.again) == (None, 1, True)
    assert (done.page.outcome, done.alerts) == ("fetched", 0)
    assert [each.type for each in desk.deliver()] == ["alert.created"]
