"""A feed's hub is found, asked, answered and believed only with its signature."""

import hmac
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest

from ingest.errors import HttpStatus
from ingest.feeds import completeness, websub
from ingest.feeds.websub import Hub, Intent
from ingest.jobs.subscribe import Answer, Asked, Pushed, confirm, receive, subscribe
from ingest.model import FeedState, Request, Response, Subscription, SubscriptionState
from tests.desk import rss
from tests.jobs.desk import FEED, JobDesk

HUB = "https://hub.example/"


@pytest.fixture
def desk(desk: JobDesk) -> JobDesk:
    """A desk that hubs can reach."""
    desk.set(base_url="https://desk.example/in/", listens=True)
    return desk


def publish(desk: JobDesk, *items: tuple[str, str, str], hub: str | None = HUB) -> bytes:
    """Put items in the feed, which names a hub; return the document."""
    body = rss("A", [(f"https://a.example{p}", h, t) for p, h, t in items])
    headers = {"link": f'<{hub}>; rel="hub", <{FEED}>; rel=self'} if hub else {}
    desk.web.answers[FEED] = Response(FEED, 200, headers, body)
    return body


def due(desk: JobDesk) -> Subscription:
    (found,) = desk.store.claim_subscriptions(desk.now, 10, per_site=10)
    return found


def ask(desk: JobDesk) -> tuple[Subscription, Asked]:
    found = due(desk)
    return found, subscribe(found, desk.context, desk.now)


def standing(desk: JobDesk) -> Subscription | None:
    feed = desk.store.stored_feeds()[0]
    return desk.store.write(lambda tx: tx.subscription(feed.id))


def verify(desk: JobDesk, token: str, mode: str = "subscribe", lease_s: float = 1000) -> Answer:
    return confirm(token, Intent(mode, FEED, "challenge", lease_s), desk.context, desk.now)


def push(desk: JobDesk, subscription: Subscription, body: bytes, signature: str = "") -> Pushed:
    made = f"sha256={hmac.new(subscription.secret.encode(), body, sha256).hexdigest()}"
    return receive(
        subscription.token,
        body,
        signature=signature or made,
        content_type="application/rss+xml",
        context=desk.context,
        now=desk.now,
    )


def subscribed(desk: JobDesk) -> Subscription:
    publish(desk, ("/1", "One", "first"))
    desk.refresh()
    asked, _ = ask(desk)
    assert verify(desk, asked.token, lease_s=86_400) is Answer.CONFIRMED
    return asked


def test_the_hub_that_a_feed_names_is_asked_for_its_topic(desk: JobDesk) -> None:
    publish(desk, ("/1", "One", "first"))
    desk.refresh()

    asked, done = ask(desk)

    ((url, fields),) = desk.web.posted
    assert (url, done.error) == (HUB, None)
    assert fields["hub.mode"] == "subscribe"
    assert fields["hub.topic"] == FEED
    assert fields["hub.callback"] == f"https://desk.example/in/websub/{asked.token}"
    assert len(fields["hub.secret"]) == 64
    assert "secret" not in repr(asked)


def test_without_an_address_of_our_own_no_hub_is_asked(desk: JobDesk) -> None:
    desk.set(listens=False)
    publish(desk, ("/1", "One", "first"))

    desk.refresh()

    assert standing(desk) is None


def test_a_verified_subscription_is_renewed_before_its_lease_ends(desk: JobDesk) -> None:
    subscribed(desk)
    begun = standing(desk)
    assert begun is not None
    assert begun.expires_at == desk.now + timedelta(days=1)

    desk.later(hours=19)
    early = desk.store.claim_subscriptions(desk.now, 10, per_site=10)
    desk.later(hours=1)
    asked, _ = ask(desk)
    verify(desk, asked.token, lease_s=86_400)

    renewed = standing(desk)
    assert early == []
    assert renewed is not None
    assert (renewed.state, renewed.token) == (SubscriptionState.ACTIVE, begun.token)
    assert renewed.expires_at == desk.now + timedelta(days=1)


def test_a_hub_that_calls_back_before_it_answers_is_not_asked_again(desk: JobDesk) -> None:
    publish(desk, ("/1", "One", "first"))
    desk.refresh()
    found = due(desk)
    verify(desk, found.token, lease_s=86_400)

    subscribe(found, desk.context, desk.now)

    after = standing(desk)
    assert after is not None
    assert (after.state, after.failures) == (SubscriptionState.ACTIVE, 0)
    assert after.next_at > desk.now + timedelta(hours=19)


def test_a_hub_in_trouble_is_asked_ever_later(desk: JobDesk) -> None:
    publish(desk, ("/1", "One", "first"))
    desk.refresh()
    desk.web.answers[HUB] = HttpStatus("hub.example answered 500", url=HUB, status=500)
    waits = []
    for _ in range(10):
        _, done = ask(desk)
        assert done.subscription is not None
        waits.append((done.subscription.next_at - desk.now).total_seconds())
        desk.now = done.subscription.next_at

    assert waits[:3] == [600, 1200, 2400]
    assert waits[-1] == 86_400
    assert standing(desk) == done.subscription


def test_a_hub_that_refuses_is_asked_again_in_a_week(desk: JobDesk) -> None:
    publish(desk, ("/1", "One", "first"))
    desk.refresh()
    asked, _ = ask(desk)

    confirm(asked.token, Intent("denied", FEED, reason="not you"), desk.context, desk.now)

    after = standing(desk)
    assert after is not None
    assert (after.state, after.last_error) == (
        SubscriptionState.DENIED,
        "the hub refused: not you",
    )
    assert after.next_at == desk.now + timedelta(days=7)


@pytest.mark.parametrize(
    "intent",
    [
        Intent("subscribe", "https://other.example/feed", "c"),
        Intent("unsubscribe", FEED, "c"),
        Intent("subscribe", FEED, ""),
        Intent("", FEED, "c"),
    ],
    ids=["another topic", "another wish", "no challenge", "no mode"],
)
def test_what_was_not_meant_is_not_confirmed(desk: JobDesk, intent: Intent) -> None:
    asked = subscribed(desk)

    assert confirm(asked.token, intent, desk.context, desk.now) is Answer.UNKNOWN
    assert confirm("guess", Intent("subscribe", FEED, "c"), desk.context, desk.now) is (
        Answer.UNKNOWN
    )
    after = standing(desk)
    assert after is not None
    assert after.state is SubscriptionState.ACTIVE


def test_a_push_brings_its_entries_once_and_leaves_the_polling_alone(desk: JobDesk) -> None:
    asked = subscribed(desk)
    before = desk.store.stored_feeds()[0]
    body = rss("A", [("https://a.example/2", "Two", "second")])

    first, again = push(desk, asked, body), push(desk, asked, body)
    publish(desk, ("/2", "Two", "second"), ("/1", "One", "first"))

    assert (first.answer, first.new) == (Answer.TAKEN, 1)
    assert (again.answer, again.new) == (Answer.TAKEN, 0)
    after = desk.store.stored_feeds()[0]
    usual = {**before.memory, "week": after.memory["week"]}
    assert after == replace(before, memory=usual)
    assert {entry.title for entry in desk.claim()} == {"One", "Two"}
    assert desk.refresh().new == 0


@pytest.mark.parametrize(
    "signature",
    ["sha256=0123", "md5=1", "sha256", "sha1=\u0661", "x" * 5000],
    ids=["wrong", "weak method", "none", "not ASCII", "junk"],
)
def test_a_push_without_the_hubs_signature_changes_nothing(desk: JobDesk, signature: str) -> None:
    asked = subscribed(desk)
    body = rss("A", [("https://a.example/2", "Two", "false")])

    pushed = push(desk, asked, body, signature)

    assert pushed == Pushed(Answer.IGNORED, "feed 1")
    assert [entry.title for entry in desk.claim()] == ["One"]


def test_a_push_that_is_no_feed_changes_nothing(desk: JobDesk) -> None:
    asked = subscribed(desk)

    assert push(desk, asked, b"<html>").answer is Answer.IGNORED


def test_a_push_under_no_known_address_is_refused(desk: JobDesk) -> None:
    asked = subscribed(desk)

    assert push(desk, replace(asked, token="other"), b"").answer is Answer.UNKNOWN


def test_a_retired_feed_is_unsubscribed_and_its_pushes_refused(desk: JobDesk) -> None:
    asked = subscribed(desk)

    desk.store.sync_feeds([], desk.now)
    pushed = push(desk, asked, rss("A", [("https://a.example/2", "Two", "late")]))
    ask(desk)
    fields = desk.web.posted[-1][1]
    confirmed = verify(desk, asked.token, "unsubscribe")

    assert pushed.answer is Answer.UNKNOWN
    assert (fields["hub.mode"], "hub.secret" in fields) == ("unsubscribe", False)
    assert confirmed is Answer.CONFIRMED
    assert standing(desk) is None


def test_a_hub_that_does_not_let_go_is_left_after_three_tries(desk: JobDesk) -> None:
    subscribed(desk)
    desk.store.set_paused("feed 1", True, desk.now)

    for _ in range(websub.PARTING_TRIES):
        ask(desk)
        desk.later(days=1)

    assert standing(desk) is None


def test_the_hub_of_a_feed_that_is_gone_is_left(desk: JobDesk) -> None:
    subscribed(desk)
    desk.web.answers[FEED] = HttpStatus("gone", url=FEED, status=410)

    desk.refresh()
    after_one = standing(desk)
    desk.refresh()
    after_two = standing(desk)

    assert after_one is not None
    assert after_one.state is SubscriptionState.ACTIVE
    assert after_two is not None
    assert after_two.state is SubscriptionState.LEAVING


def test_another_hub_takes_the_place_of_the_first(desk: JobDesk) -> None:
    first = subscribed(desk)
    publish(desk, ("/2", "Two", "second"), hub="https://other.example/")
    desk.refresh()

    second = due(desk)
    publish(desk, ("/3", "Three", "third"), hub=None)
    desk.refresh()

    after = standing(desk)
    assert second.hub == "https://other.example/"
    assert second.token != first.token
    assert push(desk, first, b"").answer is Answer.UNKNOWN
    assert after is not None
    assert after.state is SubscriptionState.LEAVING


ATOM = '<feed xmlns="http://www.w3.org/2005/Atom">'


@pytest.mark.parametrize(
    ("link", "body", "hub"),
    [
        ('<https://h.example/>; rel="hub"', "", Hub("https://h.example/", FEED)),
        (
            '<https://h.example/>;rel=hub,<https://t.example/>; title="a, b"; rel="self x"',
            "",
            Hub("https://h.example/", "https://t.example/"),
        ),
        ("<hub>; rel=HUB", "", Hub("https://a.example/hub", FEED)),
        (
            "",
            f'{ATOM}<link href="https://h.example/?a=1&amp;b" rel="hub"/><link rel="self" '
            "href='/t.xml'/><entry/>",
            Hub("https://h.example/?a=1&b", "https://a.example/t.xml"),
        ),
        (
            "",
            '<rss><channel><atom:link rel="hub" href="https://h.example/"/><item/>',
            Hub("https://h.example/", FEED),
        ),
        (
            "",
            '{"feed_url": "https://t.example/", "hubs": [{"type": "WebSub", "url": "https://h.example/"}]}',
            Hub("https://h.example/", "https://t.example/"),
        ),
        ("", '<rss><item><link rel="hub" href="https://h.example/"/></item>', None),
        ('<https://h.example/>; rel="alternate"', "", None),
        ("<javascript:x>; rel=hub", "", None),
        ("", '{"hubs": [{"type": "rssCloud", "url": "https://h.example/"}, 3]}', None),
        ("", '{"hubs": ' + "[" * 100_000, None),
        ("<" * 100_000, "<link " * 100_000, None),
    ],
)
def test_a_hub_is_found_where_the_recommendation_says(
    link: str, body: str, hub: Hub | None
) -> None:
    assert websub.discover({"link": link}, body.encode(), FEED) == hub


def test_a_feed_whose_news_are_pushed_is_not_silent(desk: JobDesk) -> None:
    asked = subscribed(desk)
    for day in range(40):
        desk.now += timedelta(days=1)
        push(desk, asked, publish(desk, (f"/{day}", f"Number {day}", "text"), ("/1", "One", "x")))
        desk.refresh()
    (feed,) = desk.store.stored_feeds()
    usual = completeness.facts(feed.memory, desk.now)

    assert feed.state is FeedState.OK
    assert usual["per_day"] == pytest.approx(1, abs=0.1)


def test_a_push_ends_a_silence(desk: JobDesk) -> None:
    asked = subscribed(desk)
    quiet = replace(desk.store.stored_feeds()[0], state=FeedState.SILENT)
    desk.store.write(lambda tx: tx.save_feed(quiet))

    push(desk, asked, publish(desk, ("/1", "One", "first")))
    assert desk.store.stored_feeds()[0].state is FeedState.SILENT
    push(desk, asked, publish(desk, ("/2", "Two", "second")))
    assert desk.store.stored_feeds()[0].state is FeedState.OK


@pytest.mark.parametrize("fails", [False, True])
def test_a_push_during_a_check_is_not_forgotten(
    desk: JobDesk, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    asked = subscribed(desk)
    for day in range(40):
        desk.now += timedelta(days=1)
        push(desk, asked, publish(desk, (f"/{day}", f"Number {day}", "text")))
    desk.now += timedelta(days=10)
    quiet = replace(desk.store.stored_feeds()[0], state=FeedState.SILENT)
    desk.store.write(lambda tx: tx.save_feed(quiet))
    body = publish(desk, ("/new", "New", "pushed"))
    if fails:
        desk.web.answers[FEED] = HttpStatus("a.example answered 500", url=FEED, status=500)
    else:
        publish(desk, ("/39", "Number 39", "text"), ("/38", "Number 38", "text"))
    fetch, weeks = desk.web.fetch, []

    def pushed_meanwhile(request: Request) -> Response:
        if request.url == FEED:
            push(desk, asked, body)
            weeks.append(desk.store.stored_feeds()[0].memory["week"])
        return fetch(request)

    monkeypatch.setattr(desk.web, "fetch", pushed_meanwhile)
    desk.refresh()
    feed = desk.store.stored_feeds()[0]

    assert weeks == [feed.memory["week"]]
    assert weeks != [quiet.memory["week"]]
    assert feed.last_checked_at == desk.now
    assert feed.state is (FeedState.FAILING if fails else FeedState.OK)


def test_a_push_leaves_a_pause_alone(desk: JobDesk) -> None:
    asked = subscribed(desk)
    feed = desk.store.stored_feeds()[0]
    due_at = feed.next_check_at
    desk.store.set_paused(feed.name, True, desk.now)
    desk.store.write(lambda tx: tx.save_news(replace(tx.feed(feed.id), memory={"gaps": 7})))
    paused = desk.store.stored_feeds()[0]
    desk.store.set_paused(feed.name, False, desk.now)
    again = desk.store.stored_feeds()[0]

    assert asked
    assert (paused.state, paused.memory) == (FeedState.PAUSED, {"gaps": 7})
    assert (again.state, again.next_check_at) == (FeedState.OK, due_at)
