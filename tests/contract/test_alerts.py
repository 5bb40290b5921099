"""Matches, alerts and the outbox."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.alerts.throttle import Facts
from ingest.errors import StoreError
from ingest.model import AlertWhy, Article, Condition, Delivery, DeliveryState, Match, Span
from ingest.store import Store
from tests.contract.samples import HOUR, MINUTE, NOW, add_entries, add_feeds, delivery, read


def an_article(store: Store, key: str = "a") -> Article:
    (feed,) = add_feeds(store, f"feed-{key}")
    (entry,) = add_entries(store, feed, key)
    return read(store, entry).article


def add_alert(store: Store, article: Article, rule: str = "ferries") -> int:
    return store.write(
        lambda tx: tx.add_alert(
            rule=rule,
            key=f"story:{article.story_id}",
            kind="created",
            story_id=article.story_id,
            article_id=article.id,
            reason="alerted",
            now=NOW,
        )
    )


def test_a_standing_alert_is_found_by_rule_and_key_only(store: Store) -> None:
    article = an_article(store)
    alert = add_alert(store, article)
    key = f"story:{article.story_id}"

    found = store.write(
        lambda tx: tx.standing_alerts({("ferries", key), ("other", key), ("ferries", "story:99")})
    )

    assert found == {("ferries", key): alert}


def test_a_second_alert_for_the_same_story_and_rule_is_refused(store: Store) -> None:
    article = an_article(store)
    add_alert(store, article)

    with pytest.raises(StoreError):
        add_alert(store, article)

    assert len(list(store.list_alerts())) == 1


def test_an_alert_gathers_its_articles_once_each(store: Store) -> None:
    one, two = an_article(store, "a"), an_article(store, "b")
    alert = add_alert(store, one)

    for _ in range(2):
        store.write(lambda tx: tx.add_source(alert, two.id, now=NOW + MINUTE))

    assert store.write(lambda tx: tx.alert_sources(alert)) == {one.id, two.id}
    assert sorted(store.write(lambda tx: tx.alert_sources(alert))) == [one.id, two.id]
    assert (store.alert(alert) or {})["articles"] == 2


def test_the_first_word_on_a_match_stands(store: Store) -> None:
    article = an_article(store)
    alert = add_alert(store, article)
    match = Match("ferries", (Span("title", 0, 5), Span("text", 4, 9)))

    for why, number in ((AlertWhy.ALERTED, alert), (AlertWhy.SEEN, alert)):
        store.write(
            lambda tx, why=why, number=number: tx.save_match(  # type: ignore[misc]
                article, match, why, entry_id=1, alert_id=number, now=NOW
            )
        )

    (kept,) = store.matches_for(article.id)
    assert (kept["rule"], kept["why"], kept["alert"]) == ("ferries", "alerted", alert)
    assert kept["spans"] == [["title", 0, 5], ["text", 4, 9]]
    assert store.rule_counts("ferries") == {
        "articles": 1,
        "alerts": 1,
        "last_matched_at": "2026-05-04T12:00:00Z",
    }


def enqueue(store: Store, *new: Delivery) -> None:
    store.write(lambda tx: tx.enqueue(new))


def ids(deliveries: object) -> list[str]:
    return [each.id for each in deliveries]  # type: ignore[attr-defined]


def test_a_delivery_comes_back_as_it_was_put_in(store: Store) -> None:
    given = delivery(
        1, payload={"type": "test", "data": {"x": [1, None, "ü"]}}, recipients={"a@b": "served"}
    )

    enqueue(store, given)

    (claimed,) = store.claim_deliveries(NOW, 10)
    assert claimed == replace(given, next_attempt_at=NOW)


def test_a_claimed_delivery_is_sent_by_one_alone(store: Store) -> None:
    enqueue(store, delivery(1))

    assert ids(store.claim_deliveries(NOW, 10)) == ["dlv_1"]
    assert store.claim_deliveries(NOW + MINUTE, 10) == []
    assert ids(store.claim_deliveries(NOW + 6 * MINUTE, 10)) == ["dlv_1"]


def test_a_long_queue_of_one_channel_leaves_room_for_another(store: Store) -> None:
    enqueue(store, *(delivery(number, "full") for number in range(20)))
    enqueue(store, delivery(99, "small", next_attempt_at=NOW + MINUTE))

    first = store.claim_deliveries(NOW + HOUR, 4)
    second = store.claim_deliveries(NOW + HOUR, 4, busy_channels=["full"])

    assert [each.channel for each in first] == ["full", "full", "small"]
    assert second == []


def test_a_retried_delivery_waits_for_its_time_and_a_done_one_never_comes_back(
    store: Store,
) -> None:
    enqueue(store, delivery(1), delivery(2))
    one, two = store.claim_deliveries(NOW, 10)
    later = replace(one, state=DeliveryState.RETRYING, attempts=1, next_attempt_at=NOW + HOUR)
    done = replace(two, state=DeliveryState.DELIVERED, attempts=1, delivered_at=NOW)

    for each in (later, done):
        store.write(lambda tx, each=each: tx.save_delivery(each))  # type: ignore[misc]

    assert store.claim_deliveries(NOW + MINUTE, 10) == []
    assert store.claim_deliveries(NOW + HOUR, 10) == [later]
    assert store.due(NOW + HOUR)["deliveries"] == 1


def test_a_delivery_put_off_for_our_own_reason_keeps_its_turn(store: Store) -> None:
    enqueue(store, delivery(1))
    store.claim_deliveries(NOW, 10)

    store.write(lambda tx: tx.postpone_delivery("dlv_1", until=NOW + MINUTE, error="bug"))

    (again,) = store.claim_deliveries(NOW + MINUTE, 10)
    assert (again.state, again.attempts, again.last_error) == (DeliveryState.RETRYING, 1, "bug")


def test_dead_letters_are_replayed_under_their_ids(store: Store) -> None:
    states = [
        DeliveryState.DEAD,
        DeliveryState.DEAD,
        DeliveryState.DELIVERED,
        DeliveryState.RETRYING,
    ]
    far = NOW.replace(year=2200)
    enqueue(
        store, *(delivery(n, state=state, next_attempt_at=far) for n, state in enumerate(states))
    )

    named = store.retry_deliveries(["dlv_0", "dlv_2", "dlv_9"])
    dead = store.retry_deliveries(dead=True)

    assert (named, dead, store.retry_deliveries()) == (1, 1, 0)
    assert {row["id"] for row in store.list_deliveries(state="pending")} == {"dlv_0", "dlv_1"}
    assert store.due(far.replace(year=2199))["deliveries"] == 2


@pytest.mark.parametrize("text", ["nul \0 in it", "half \ud83d a pair"])
def test_a_payload_with_hostile_text_is_stored_all_the_same(store: Store, text: str) -> None:
    literal = "a literal \\u0000 stays"

    enqueue(
        store, delivery(1, payload={"title": text, "more": [text, {"deep": text}], "ok": literal})
    )

    (claimed,) = store.claim_deliveries(NOW, 1)
    clean = text.replace("\0", "").replace("\ud83d", "\ufffd")
    assert claimed.payload == {"title": clean, "more": [clean, {"deep": clean}], "ok": literal}


# --- restraint and health -------------------------------------------------------------------


def an_alert(number: int, **more: Any) -> Delivery:
    return delivery(number, type="alert.created", payload={"data": {"rule": "ferries"}}, **more)


def test_parts_of_a_digest_go_out_and_end_with_it(store: Store) -> None:
    enqueue(store, an_alert(1), an_alert(2), delivery(3))
    parts = store.write(lambda tx: tx.waiting_deliveries("desk", NOW, besides=["dlv_9"], limit=10))
    digest = delivery(4, type="digest", next_attempt_at=NOW)
    store.write(lambda tx: tx.fold(digest, parts))

    assert ids(parts) == ["dlv_1", "dlv_2"]
    assert sorted(ids(store.claim_deliveries(NOW, 10))) == ["dlv_3", "dlv_4"]
    assert store.write(lambda tx: tx.fresh_delivery("dlv_1")) is None
    assert store.retry_deliveries(["dlv_1"]) == 0
    done = replace(digest, state=DeliveryState.DELIVERED, delivered_at=NOW, attempts=1)
    store.write(lambda tx: tx.save_delivery(done))
    assert {row["id"] for row in store.list_deliveries(state="delivered")} == {
        "dlv_1",
        "dlv_2",
        "dlv_4",
    }


def test_what_another_process_or_thread_sends_is_not_taken_into_a_digest(store: Store) -> None:
    enqueue(store, an_alert(1), an_alert(2), an_alert(3, attempts=1))

    def found(besides: list[str]) -> list[str]:
        return ids(
            store.write(lambda tx: tx.waiting_deliveries("desk", NOW, besides=besides, limit=9))
        )

    assert found(["dlv_1"]) == ["dlv_2"]
    store.claim_deliveries(NOW, 10)
    assert found([]) == ["dlv_1", "dlv_2"]  # claimed by this very process


def test_a_verdict_rests_on_what_was_sent_snoozed_and_acknowledged(store: Store) -> None:
    alert = add_alert(store, an_article(store))
    enqueue(
        store,
        *(
            delivery(n, state=DeliveryState.DELIVERED, delivered_at=NOW - n * MINUTE)
            for n in range(1, 5)
        ),
    )
    asked = an_alert(9, alert_id=alert)

    def facts(count: int) -> Facts:
        return store.write(
            lambda tx: tx.delivery_facts(asked, rate_since=NOW - 3 * MINUTE, rate_count=count)
        )

    assert facts(5) == Facts([NOW - 2 * MINUTE, NOW - MINUTE])
    store.snooze("ferries", NOW + HOUR, NOW)
    assert store.acknowledge([alert, 99]) == 1
    assert (facts(1).sent, facts(1).snoozed_until) == ([NOW - MINUTE], NOW + HOUR)
    assert facts(1).acknowledged
    store.snooze("ferries", NOW, NOW)
    assert facts(1).snoozed_until is None


def test_what_is_held_comes_due_when_it_is_to_be_decided_anew(store: Store) -> None:
    held = an_alert(1, reason="quiet hours until later", next_attempt_at=NOW + HOUR)
    retried = an_alert(2, next_attempt_at=NOW + HOUR, attempts=1, state=DeliveryState.RETRYING)
    enqueue(store, held, retried)

    assert store.release_held(NOW) == 1
    (due,) = store.claim_deliveries(NOW, 10)
    assert (due.id, due.reason) == ("dlv_1", "quiet hours until later")


def test_conditions_come_back_as_they_were_kept(store: Store) -> None:
    one = Condition("disk", "database", NOW, "full", "make room", NOW, None, NOW + HOUR)
    two = Condition("feed_gone", "Coast", NOW, "410", "remove it")
    store.write(lambda tx: tx.save_conditions([one, two], []))
    store.write(lambda tx: tx.save_conditions([replace(one, told_at=NOW + HOUR)], [two]))

    assert store.conditions() == [replace(one, told_at=NOW + HOUR)]


def test_dead_letters_and_first_matches_are_counted(store: Store) -> None:
    article = an_article(store)
    enqueue(
        store, delivery(1, state=DeliveryState.DEAD), delivery(2, "soc", state=DeliveryState.DEAD)
    )
    for number, at in enumerate((NOW + HOUR, NOW, NOW + 2 * HOUR)):
        store.write(
            lambda tx, number=number, at=at: tx.save_match(  # type: ignore[misc]
                article,
                Match("ferries", ()),
                AlertWhy.SOURCE,
                entry_id=number,
                alert_id=None,
                now=at,
            )
        )

    assert store.dead_letters(NOW) == {"desk": 1, "soc": 1}
    assert store.dead_letters(NOW + HOUR) == {}
    assert store.matched_rules() == {"ferries"}
    assert store.match_counts(NOW + HOUR) == {"ferries": 1}
    assert store.match_counts(NOW + 3 * HOUR) == {}
    assert store.articles_since(NOW) == (1, 1)
    assert store.articles_since(NOW + HOUR) == (0, 0)
    assert store.match_times("ferries", NOW - HOUR) == [NOW]
    assert store.match_times("other", NOW - HOUR) == []
    assert store.last_match_at("ferries") == NOW + 2 * HOUR
    assert store.last_match_at("other") is None
    (latest,) = store.latest_matched("ferries", NOW, 10)
    assert (latest.article_id, latest.feed) == (article.id, "feed-a")
    assert store.latest_matched("ferries", NOW + 3 * HOUR, 10) == []
    assert store.known_since() == NOW


def reason_of(store: Store, number: int) -> str | None:
    found = {row["id"]: row["reason"] for row in store.list_deliveries()}
    reason: str | None = found[f"dlv_{number}"]
    return reason


def test_what_waits_for_a_channel_that_is_left_alone_says_so_until_it_is_over(
    store: Store,
) -> None:
    soon = datetime.now(UTC) + HOUR
    done = delivery(3, state=DeliveryState.DELIVERED)
    enqueue(store, delivery(1), delivery(2, "soc"), done)
    store.write(lambda tx: tx.save_rest("desk", soon - MINUTE, "timed out"))
    store.write(lambda tx: tx.save_rest("desk", soon, "no answer"))

    assert reason_of(store, 1) == f"desk is left alone until {soon:%Y-%m-%dT%H:%M}Z: no answer"
    assert reason_of(store, 2) is reason_of(store, 3) is None
    store.write(lambda tx: tx.save_rest("desk", None))
    assert reason_of(store, 1) is None
    store.write(lambda tx: tx.save_rest("desk", soon, "no answer"))
    store.forget_rests()
    assert reason_of(store, 1) is None


def test_what_goes_out_with_a_digest_says_what_keeps_the_digest(store: Store) -> None:
    enqueue(store, delivery(1), delivery(2))
    held = delivery(9, type="digest", next_attempt_at=NOW + HOUR, reason="quiet hours until 13:00")
    store.write(lambda tx: tx.fold(held, [delivery(1), delivery(2)]))

    (part, _) = [row for row in store.list_deliveries() if row["folded_into"]]
    assert part["reason"] == "goes out with dlv_9, quiet hours until 13:00"
    assert part["next_attempt_at"] == "2026-05-04T13:00:00Z"
