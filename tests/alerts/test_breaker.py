"""When a channel is left alone, and how it comes back."""

from datetime import UTC, datetime, timedelta

from ingest.alerts import breaker
from ingest.alerts.breaker import CLOSED, FAILURES, FIRST_REST, LONGEST_REST, Circuit
from ingest.errors import DeliveryError

NOW = datetime(2026, 3, 2, 8, 15, tzinfo=UTC)
DOWN = DeliveryError("no answer")


def failing(*ids: str, circuit: Circuit = CLOSED) -> Circuit:
    """Return the circuit after these deliveries failed."""
    for each in ids:
        circuit = breaker.after_failure(circuit, each, DOWN, NOW)
    return circuit


def opened() -> Circuit:
    return failing(*(f"dlv_{number}" for number in range(FAILURES)))


def test_a_delivery_that_fails_again_and_again_leaves_the_way_open_for_others() -> None:
    circuit = failing(*["poison"] * 50)

    assert breaker.admit(circuit, "other", NOW) is not None
    assert not breaker.rests(circuit, NOW)


def test_enough_different_failures_in_a_row_open_the_circuit() -> None:
    before = failing(*(f"dlv_{number}" for number in range(FAILURES - 1)))

    assert breaker.admit(before, "next", NOW) is not None
    assert breaker.admit(opened(), "next", NOW) is None
    assert "no answer" in opened().reason


def test_a_delivery_taken_in_between_starts_the_count_again() -> None:
    circuit = breaker.after_success(failing("a", "b", "c", "d"))

    assert breaker.admit(failing("e", "f", circuit=circuit), "g", NOW) is not None


def test_after_the_rest_one_probe_goes_ahead_and_the_others_wait_for_it() -> None:
    later = NOW + FIRST_REST
    probing = breaker.admit(opened(), "probe", later)

    assert breaker.rests(opened(), NOW)
    assert not breaker.rests(opened(), later)
    assert probing is not None
    assert breaker.admit(probing, "other", later) is None
    assert breaker.admit(breaker.after_success(probing), "other", later) is not None


def test_a_probe_that_fails_makes_each_rest_longer_up_to_a_bound() -> None:
    circuit, now, rests = opened(), NOW, []
    for number in range(12):
        assert circuit.rests_until is not None
        rests.append(circuit.rests_until - now)
        now = circuit.rests_until
        probing = breaker.admit(circuit, f"probe {number}", now)
        assert probing is not None
        circuit = breaker.after_failure(probing, f"probe {number}", DOWN, now)

    assert rests[:3] == [FIRST_REST, 2 * FIRST_REST, 4 * FIRST_REST]
    assert rests[-1] == LONGEST_REST


def test_a_probe_that_ends_without_an_answer_makes_way_for_another() -> None:
    later = NOW + FIRST_REST
    probing = breaker.admit(opened(), "probe", later)
    assert probing is not None

    assert breaker.admit(breaker.released(probing, "probe"), "other", later) is not None


def test_retry_after_speaks_for_the_whole_receiver_up_to_an_hour() -> None:
    asked = DeliveryError("slowly", retry_after_s=120)
    rude = DeliveryError("slowly", retry_after_s=1e12)
    first = breaker.after_failure(CLOSED, "a", asked, NOW)
    endless = breaker.after_failure(CLOSED, "a", rude, NOW)

    assert breaker.rests(first, NOW + timedelta(seconds=119))
    assert not breaker.rests(first, NOW + timedelta(seconds=120))
    assert not breaker.rests(endless, NOW + timedelta(hours=1))


def test_a_refusal_for_good_is_an_answer() -> None:
    refused = DeliveryError("404", permanent=True)

    assert breaker.after_failure(opened(), "a", refused, NOW) == CLOSED


def test_a_long_outage_remembers_no_more_than_a_few_ids() -> None:
    circuit = failing(*(f"dlv_{number}" for number in range(1000)))

    assert len(circuit.failed) <= FAILURES
