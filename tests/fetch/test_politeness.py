"""No site is asked faster than it likes."""

from collections.abc import Callable
from itertools import pairwise
from time import monotonic, sleep
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.errors import FetchError, HttpStatus
from ingest.fetch.client import Client
from ingest.fetch.politeness import (
    ASK_AGAIN_S,
    FIRST_PAUSE_S,
    FORBIDDEN_BURST,
    IDLE_S,
    MAX_CRAWL_DELAY_S,
    MAX_PAUSE_S,
    PER_HOST,
    Pacing,
)
from ingest.fetch.settings import Fetch
from ingest.model import Exchange, Request
from tests.origin import Asked, Origin

SITE, NOW = "example.org", 1000.0


def pacing(*, per_site: int = 1, site_delay: str = "1s") -> Pacing:
    return Pacing(Fetch.model_validate({"per_site": per_site, "site_delay": site_delay}))


def end(
    pace: Pacing,
    now: float,
    status: int | None = 200,
    *,
    retry_after_s: float | None = None,
    elapsed_s: float = 0.1,
) -> None:
    pace.finish(SITE, now, Exchange(status, retry_after_s, elapsed_s))


def ask(pace: Pacing, now: float, status: int | None = 200, **options: Any) -> None:
    """Make an exchange at once, or fail."""
    assert pace.try_start(SITE, now) == 0
    end(pace, now, status, **options)


def test_a_site_is_asked_once_at_a_time() -> None:
    pace = pacing()

    assert pace.try_start(SITE, NOW) == 0
    assert 0 < pace.try_start(SITE, NOW + 100) < 1
    assert pace.try_start("example.net", NOW) == 0


def test_as_many_at_a_time_as_configured() -> None:
    pace = pacing(per_site=2)

    assert [pace.try_start(SITE, NOW) == 0 for _ in range(3)] == [True, True, False]
    end(pace, NOW)
    assert pace.try_start(SITE, NOW + 1) == 0
    assert pace.try_start(SITE, NOW + 1) > 0


def test_the_delay_runs_from_end_to_start() -> None:
    pace = pacing()

    pace.try_start(SITE, NOW)
    end(pace, NOW + 5)

    assert pace.try_start(SITE, NOW + 5.4) == pytest.approx(0.6)
    assert pace.try_start(SITE, NOW + 6) == 0


def test_slow_answers_lengthen_the_delay_and_fast_ones_shorten_it() -> None:
    pace = pacing()
    ask(pace, NOW, elapsed_s=20)

    assert pace.try_start(SITE, NOW) == pytest.approx(10)
    for turn in range(1, 9):
        ask(pace, NOW + 100 * turn)
    assert pace.try_start(SITE, NOW + 800) == pytest.approx(1)


def test_answers_in_good_time_cost_no_delay_beyond_the_configured() -> None:
    pace = pacing(site_delay="0s")

    for _ in range(100):
        ask(pace, NOW, elapsed_s=0.9)


@pytest.mark.parametrize("status", [429, 503])
def test_a_site_rests_as_long_as_it_asks(status: int) -> None:
    pace = pacing()

    ask(pace, NOW, status, retry_after_s=600)

    assert pace.try_start(SITE, NOW + 1) == pytest.approx(599)
    assert pace.try_start(SITE, NOW + 600) == 0


def test_a_wish_for_rest_ends_after_a_day() -> None:
    pace = pacing()

    ask(pace, NOW, 429, retry_after_s=1e12)

    assert pace.try_start(SITE, NOW) == 86_400


def test_without_a_wish_the_rest_doubles_up_to_an_hour_and_shrinks_with_success() -> None:
    pace, now, rests = pacing(), NOW, []
    for status in [429, 503, 429, 429, 429, 429, 429, 429, 200, 429, *[200] * 9, 429]:
        ask(pace, now, status)
        rests.append(pace.try_start(SITE, now))
        now += MAX_PAUSE_S

    first = FIRST_PAUSE_S
    assert rests[:8] == [first, 2 * first, 4 * first, 8 * first, 16 * first, 32 * first, 3600, 3600]
    assert rests[8] == 1
    assert rests[9] == 3600
    assert rests[-1] == first


def test_refusals_of_one_moment_are_one_refusal() -> None:
    pace = pacing(per_site=3)
    for _ in range(3):
        assert pace.try_start(SITE, NOW) == 0

    for _ in range(3):
        end(pace, NOW + 1, 429)

    assert pace.try_start(SITE, NOW + 1) == FIRST_PAUSE_S


def test_a_burst_of_403_is_taken_for_rate_limiting() -> None:
    pace = pacing()
    for turn in range(FORBIDDEN_BURST - 1):
        ask(pace, NOW + turn, 403)
        assert pace.try_start(SITE, NOW + turn) == 1

    ask(pace, NOW + 10, 403)

    assert pace.try_start(SITE, NOW + 10) == FIRST_PAUSE_S


def test_a_403_between_successes_is_a_closed_page() -> None:
    pace = pacing()

    for turn in range(20):
        ask(pace, NOW + turn, [403, 200][turn % 2])


@pytest.mark.parametrize("status", [None, 404, 500])
def test_other_failures_cost_no_rest(status: int | None) -> None:
    pace = pacing()

    ask(pace, NOW, status)

    assert pace.try_start(SITE, NOW) == 1


def test_work_that_asked_nothing_leaves_no_trace() -> None:
    pace = pacing()

    for _ in range(10):
        ask(pace, NOW, None, elapsed_s=0)


@pytest.mark.parametrize(
    ("asked", "kept"), [(5, 5), (0.1, 1), (-3, 1), (1e9, MAX_CRAWL_DELAY_S), (float("inf"), 60)]
)
def test_a_crawl_delay_is_followed_within_reason(asked: float, kept: float) -> None:
    pace = pacing()

    assert pace.try_start(SITE, NOW) == 0
    pace.finish(SITE, NOW, Exchange(200, elapsed_s=0.1, crawl_delay_s=asked))

    assert pace.try_start(SITE, NOW) == pytest.approx(kept)


def test_idle_sites_are_forgotten_and_resting_ones_are_not() -> None:
    pace = pacing()
    ask(pace, NOW, 429, retry_after_s=80_000)
    for number in range(50_000):
        site, now = f"s{number}", NOW + number
        pace.try_start(site, now)
        pace.finish(site, now, Exchange(200, elapsed_s=0.1))

    assert len(pace) < 4 * IDLE_S
    assert pace.try_start(SITE, NOW + 50_000) == pytest.approx(30_000)


def test_sites_of_one_machine_share_its_slots_and_others_go_on() -> None:
    pace = pacing(site_delay="0s")
    sites = [f"blog{number}.example" for number in range(10)]
    for site in sites:
        pace.try_start(site, NOW)
        pace.finish(site, NOW, Exchange(200, elapsed_s=0.1, address="192.0.2.1"))

    waits = [pace.try_start(site, NOW + 1) for site in sites]
    elsewhere = pace.try_start("elsewhere.example", NOW + 1)
    pace.finish(sites[0], NOW + 2, Exchange(200, elapsed_s=0.1, address="192.0.2.1"))

    assert waits == [0.0] * PER_HOST + [ASK_AGAIN_S] * (10 - PER_HOST)
    assert elsewhere == 0
    assert pace.try_start(sites[-1], NOW + 2) == 0


def test_a_site_that_moved_to_another_machine_leaves_no_slot_taken() -> None:
    pace = pacing(site_delay="0s")
    for number in range(50):
        address = f"192.0.2.{number % 3}"
        assert pace.try_start(SITE, NOW) == 0
        pace.finish(SITE, NOW, Exchange(200, elapsed_s=0.1, address=address))

    assert pace.try_start(SITE, NOW) == 0


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["start", "finish"]),
        st.floats(0, 100),
        st.sampled_from([None, 200, 304, 403, 404, 429, 503]),
        st.one_of(st.none(), st.floats(0, 1e6)),
        st.floats(0, 40),
    ),
    max_size=60,
)


@settings(deadline=None)
@given(steps=STEPS, per_site=st.integers(1, 3))
def test_waits_are_finite_and_slots_never_exceeded(steps: list[Any], per_site: int) -> None:
    pace, now, running, free_at = pacing(per_site=per_site), NOW, 0, 0.0
    for step, passed, status, retry_after_s, elapsed_s in steps:
        now += passed
        if step == "start":
            wait = pace.try_start(SITE, now)
            assert 0 <= wait <= 86_400
            if wait == 0:
                running += 1
                assert now >= free_at
            assert running <= per_site
        elif running:
            running -= 1
            end(pace, now, status, retry_after_s=retry_after_s, elapsed_s=elapsed_s)
            if status is not None:
                free_at = now + 1


def test_the_origin_sees_no_two_requests_closer_than_the_delay(
    client: Client, origin: Origin
) -> None:
    arrivals: list[float] = []

    def answer(asked: Asked) -> tuple[int, dict[str, str], bytes]:
        arrivals.append(monotonic())
        return (429, {"Retry-After": "1"}, b"") if len(arrivals) == 4 else (200, {}, b"")

    url = origin.route("/f", answer)
    _drive(pacing(site_delay="50ms"), 6, lambda: client.fetch(Request(url, 5, 1000)).status)

    gaps = [later - earlier for earlier, later in pairwise(arrivals)]
    assert min(gaps) >= 0.05
    assert gaps[3] >= 0.99


def _drive(pace: Pacing, count: int, fetch: Callable[[], int]) -> None:
    for _ in range(count):
        while wait := pace.try_start(SITE, monotonic()):
            sleep(wait)
        retry_after_s = None
        try:
            status: int | None = fetch()
        except HttpStatus as error:
            status, retry_after_s = error.status, error.retry_after_s
        except FetchError:
            status = None
        end(pace, monotonic(), status, retry_after_s=retry_after_s, elapsed_s=0.01)
