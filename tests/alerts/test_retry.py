"""When a delivery is tried again, and when it is given up."""

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest

from ingest.alerts.retry import LEAST_ATTEMPTS, delivered, next_step, settled
from ingest.errors import DeliveryError
from ingest.model import Delivery, DeliveryState
from tests.alerts.samples import NOW, delivery

DAY = timedelta(days=1)


def fail(
    before: Delivery, now: datetime = NOW, *, seed: int = 1, retry_after_s: float | None = None
) -> Delivery:
    error = DeliveryError("no answer", retry_after_s=retry_after_s)
    return next_step(before, error, now=now, random=Random(seed))


def wait_s(after: Delivery, now: datetime = NOW) -> float:
    assert after.next_attempt_at is not None
    return (after.next_attempt_at - now).total_seconds()


@pytest.mark.parametrize("seed", range(20))
def test_the_first_retry_comes_after_about_half_a_minute(seed: int) -> None:
    after = fail(delivery(), seed=seed)

    assert after.state is DeliveryState.RETRYING
    assert (after.attempts, after.last_error) == (1, "no answer")
    assert 22 <= wait_s(after) <= 38


def test_deliveries_that_failed_together_do_not_come_back_together() -> None:
    assert len({wait_s(fail(delivery(), seed=seed)) for seed in range(20)}) == 20


@pytest.mark.parametrize("attempts", [10, 1_000, 1_000_000])
def test_waits_grow_to_about_an_hour_and_no_further(attempts: int) -> None:
    after = fail(replace(delivery(), state=DeliveryState.RETRYING, attempts=attempts))

    assert 2700 <= wait_s(after) <= 4500


def test_a_receiver_that_never_comes_back_is_tried_often_at_first_and_for_three_days() -> None:
    now, state, tries = NOW, delivery(), [NOW]
    while True:
        state = fail(state, now, seed=len(tries))
        if state.next_attempt_at is None:
            break
        now = state.next_attempt_at
        tries.append(now)

    assert state.state is DeliveryState.DEAD
    assert tries[-1] == NOW + 3 * DAY
    assert 60 <= len(tries) <= 100
    assert sum(at < NOW + timedelta(hours=1) for at in tries) >= 6


def test_a_permanent_refusal_is_dead_at_once_with_its_reason() -> None:
    error = DeliveryError("answered 410", permanent=True)

    after = next_step(delivery(), error, now=NOW, random=Random(1))

    assert (after.state, after.last_error) == (DeliveryState.DEAD, "answered 410")
    assert after.next_attempt_at is None


def test_a_receivers_wish_to_wait_is_honoured() -> None:
    assert wait_s(fail(delivery(), retry_after_s=7200)) == 7200


def test_a_wish_shorter_than_our_own_wait_does_not_hurry_us() -> None:
    assert wait_s(fail(delivery(), retry_after_s=1)) >= 22


@pytest.mark.parametrize("asked_s", [1e9, 1e300, float("inf")])
def test_a_wish_beyond_the_three_days_leaves_a_last_try_at_their_end(asked_s: float) -> None:
    after = fail(delivery(), retry_after_s=asked_s)

    assert after.next_attempt_at == NOW + 3 * DAY


def test_a_delivery_that_waited_through_a_long_stop_of_the_machine_still_gets_its_tries() -> None:
    now, state = NOW + 5 * DAY, delivery()
    for attempt in range(1, LEAST_ATTEMPTS):
        state = fail(state, now)

        assert (state.state, state.attempts) == (DeliveryState.RETRYING, attempt)

    assert fail(state, now).state is DeliveryState.DEAD


def test_a_long_reason_is_kept_short_and_on_one_line() -> None:
    error = DeliveryError("no\r\nanswer " + "x" * 5000)

    after = next_step(delivery(), error, now=NOW, random=Random(1))

    assert after.last_error is not None
    assert after.last_error.startswith("no answer x")
    assert len(after.last_error) == 500


def test_the_answers_of_recipients_add_up() -> None:
    before = replace(delivery(), recipients={"a@example.org": "served"})
    error = DeliveryError("not taken by c", recipients={"b@example.org": "refused"})

    after = next_step(before, error, now=NOW, random=Random(1))

    assert after.recipients == {"a@example.org": "served", "b@example.org": "refused"}


def test_a_delivered_message_is_done() -> None:
    after = delivered(fail(delivery()), NOW + DAY)

    assert (after.state, after.attempts) == (DeliveryState.DELIVERED, 2)
    assert (after.delivered_at, after.next_attempt_at, after.last_error) == (NOW + DAY, None, None)


DEAD = replace(
    delivery(),
    state=DeliveryState.DEAD,
    attempts=80,
    next_attempt_at=None,
    last_error="refused",
    recipients={"a@example.org": "served", "b@example.org": "refused"},
)


def test_a_dead_letter_made_due_again_asks_those_who_do_not_have_it() -> None:
    assert settled(replace(DEAD, state=DeliveryState.PENDING)) == {"a@example.org": "served"}
    assert settled(replace(DEAD, state=DeliveryState.RETRYING)) == DEAD.recipients


def test_a_dead_letter_made_due_again_gets_its_tries_from_the_first_wait_on() -> None:
    after = fail(replace(DEAD, state=DeliveryState.PENDING), NOW + 9 * DAY)

    assert (after.state, after.attempts) == (DeliveryState.RETRYING, 1)
    assert wait_s(after, NOW + 9 * DAY) <= 38
    assert after.recipients == {"a@example.org": "served"}
