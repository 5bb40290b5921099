"""From a feed to its entries."""

from datetime import timedelta
from email.utils import format_datetime

from ingest.errors import TimedOut
from ingest.feeds.settings import Polling
from ingest.model import EntryState, FeedState, Outcome, Response
from tests.desk import rss
from tests.jobs.desk import FEED, NOW, JobDesk

ITEM = ("/1.html", "Headline", "A teaser.")


def test_new_entries_are_stored_and_due_for_reading_at_once(desk: JobDesk) -> None:
    desk.publish(ITEM)
    done = desk.refresh()
    (entry,) = desk.claim()

    assert (done.new, done.feed.last_outcome) == (1, Outcome.FETCHED)
    assert (entry.title, entry.link) == ("Headline", "https://a.example/1.html")
    assert entry.state is EntryState.WAITING


def test_a_known_entry_is_not_news(desk: JobDesk) -> None:
    desk.publish(ITEM)
    desk.refresh()
    desk.publish(("/2.html", "Second", "Another."), ITEM)
    done = desk.refresh()

    assert (done.new, done.changed) == (1, 0)


def test_an_entry_whose_text_changed_is_read_again(desk: JobDesk) -> None:
    desk.publish(ITEM)
    desk.refresh()
    desk.page("/1.html", "Headline", "A long enough first paragraph of the article. " * 4)
    desk.read()
    desk.publish(("/1.html", "Headline, corrected", "A teaser."))
    done = desk.refresh()

    assert (done.new, done.changed) == (0, 1)
    assert len(desk.read()) == 1


def test_the_same_bytes_are_unchanged_whatever_the_server_says(desk: JobDesk) -> None:
    desk.publish(ITEM)
    desk.refresh()

    assert desk.refresh().feed.last_outcome is Outcome.UNCHANGED


def test_a_document_of_known_items_alone_writes_none_of_them(desk: JobDesk) -> None:
    desk.web.answers[FEED] = Response(FEED, 200, {}, items(("x", "one"), ("y", "two")))
    stored = desk.refresh().feed
    kept = desk.store.feed_items(stored.id)
    body = items(("y", "two")).replace(b"<item>", b"<ttl>60</ttl><item>", 1)
    desk.web.answers[FEED] = Response(FEED, 200, {}, body)

    done = desk.refresh()

    assert (done.new, done.changed, done.feed.memory["ttl_s"]) == (0, 0, 3600)
    assert len(kept) == 2
    assert desk.store.feed_items(stored.id) == kept


def test_validators_are_sent_back_as_given(desk: JobDesk) -> None:
    headers = {"etag": 'W/"odd one"', "last-modified": "Mon, 23 Nov 2026 07:00:00 GMT"}
    desk.web.answers[FEED] = Response(FEED, 200, headers, rss("A", [ITEM]))
    desk.refresh()
    desk.web.answers[FEED] = Response(FEED, 304, {}, b"")
    done = desk.refresh()

    assert done.feed.last_outcome is Outcome.NOT_MODIFIED
    assert desk.web.asked[-1].validators.etag == 'W/"odd one"'
    assert desk.web.asked[-1].validators.last_modified == "Mon, 23 Nov 2026 07:00:00 GMT"
    assert done.feed.validators == desk.web.asked[-1].validators


def test_a_failure_is_kept_on_the_feed_and_slows_it(desk: JobDesk) -> None:
    desk.web.answers[FEED] = TimedOut("took longer than 30 s", url=FEED)
    first = desk.refresh().feed
    second = desk.refresh().feed

    assert (first.last_outcome, first.failures) == (Outcome.TIMEOUT, 1)
    assert second.state is FeedState.FAILING
    assert first.next_check_at is not None
    assert second.next_check_at is not None
    assert NOW < first.next_check_at < second.next_check_at <= NOW + timedelta(hours=25)


def test_a_feed_that_turns_into_a_web_page_keeps_its_entries(desk: JobDesk) -> None:
    desk.publish(ITEM)
    desk.refresh()
    desk.web.answers[FEED] = b"<!doctype html><html><body>Please log in</body></html>"
    done = desk.refresh()

    assert done.feed.last_outcome is Outcome.NOT_A_FEED
    assert len(desk.claim()) == 1


def test_a_first_poll_can_be_stored_silently(desk: JobDesk) -> None:
    desk.set(polling=Polling(first="store"))
    desk.publish(ITEM)
    desk.refresh()
    desk.publish(("/2.html", "Second", "Another."), ITEM)
    desk.refresh()

    silent = {entry.title: entry.silent for entry in desk.claim()}
    assert silent == {"Headline": True, "Second": False}


def items(*guids_and_titles: tuple[str, str]) -> bytes:
    body = "".join(
        f"<item><guid>{guid}</guid><link>https://a.example/{title}</link><title>{title}</title></item>"
        for guid, title in guids_and_titles
    )
    return f'<rss version="2.0"><channel><title>T</title>{body}</channel></rss>'.encode()


def test_a_guid_found_to_be_shared_stores_nothing_twice(desk: JobDesk) -> None:
    documents = [
        items(("x", "one")),
        items(("x", "two"), ("x", "one")),
        items(("x", "three"), ("x", "two"), ("x", "one")),
        items(("x", "one")),
    ]
    new = []
    for document in documents:
        desk.web.answers[FEED] = document
        new.append(desk.refresh().new)

    assert new == [1, 1, 1, 0]


def test_an_item_that_loses_the_one_it_was_told_apart_from_is_not_new(desk: JobDesk) -> None:
    live = "<item><link>https://a.example/live</link><title>{}</title></item>"
    shell = '<rss version="2.0"><channel>{}</channel></rss>'
    desk.web.answers[FEED] = shell.format(live.format("A") + live.format("B")).encode()
    first = desk.refresh()
    desk.web.answers[FEED] = shell.format(live.format("B")).encode()

    assert (first.new, desk.refresh().new) == (2, 0)


def test_a_feed_that_makes_guids_at_each_fetch_is_understood_by_its_links(desk: JobDesk) -> None:
    new = []
    for fetch in range(5):
        desk.web.answers[FEED] = items((f"{fetch}a", "one"), (f"{fetch}b", "two"))
        new.append(desk.refresh().new)
    edited = items(("9a", "one"), ("9b", "two")).replace(b"<title>one<", b"<title>One!<")
    desk.web.answers[FEED] = edited
    done = desk.refresh()

    assert new == [2, 0, 0, 0, 0]
    assert (done.new, done.changed) == (0, 1)


def test_warnings_that_say_the_same_each_day_are_news_and_guids_made_anew_are_not(
    desk: JobDesk,
) -> None:
    found = []
    for dated in (True, True, True, False, False, False):
        desk.later(days=1)
        date = f"<pubDate>{format_datetime(desk.now)}</pubDate>" if dated else ""
        warnings = "".join(
            f"<item><guid isPermaLink='false'>{desk.now}{zone}</guid>{date}"
            f"<title>Wind warning</title><description>{zone}</description></item>"
            for zone in ("north", "south", "east")
        )
        body = f"<rss version='2.0'><channel>{warnings}</channel></rss>".encode()
        desk.web.answers[FEED] = Response(FEED, 200, {}, body)
        desk.later(hours=1)
        found.append(desk.refresh().new)

    assert found == [3, 3, 3, 0, 0, 0]


def test_an_article_under_the_guid_of_another_is_stored_beside_it(desk: JobDesk) -> None:
    found = []
    for headline in ("Storm over the north", "Mayor resigns", "Bridge closed"):
        link = f"https://a.example/{headline.replace(' ', '-')}"
        item = (
            f"<guid isPermaLink='false'>latest</guid><link>{link}</link><title>{headline}</title>"
        )
        body = f"<rss version='2.0'><channel><item>{item}</item></channel></rss>".encode()
        desk.web.answers[FEED] = Response(FEED, 200, {}, body)
        done = desk.refresh()
        found.append((done.new, done.changed))

    assert found == [(1, 0)] * 3
    assert {entry.title for entry in desk.claim()} == {
        "Storm over the north",
        "Mayor resigns",
        "Bridge closed",
    }


def test_what_is_published_just_before_the_check_is_news_each_time(desk: JobDesk) -> None:
    """Dates at the fetch are made by it only where the document is another at each check."""
    found = []
    for _day in range(3):
        desk.later(days=1)
        item = (
            f"<guid isPermaLink='false'>{desk.now}</guid><link>https://a.example/north</link>"
            f"<title>Wind warning</title><pubDate>{format_datetime(desk.now)}</pubDate>"
        )
        body = f"<rss version='2.0'><channel><item>{item}</item></channel></rss>".encode()
        desk.web.answers[FEED] = Response(FEED, 200, {}, body)
        found.append(desk.refresh().new)
        desk.later(minutes=15)
        found.append(desk.refresh().new)

    assert found == [1, 0] * 3
