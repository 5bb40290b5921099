"""Metrics: what is counted, what is named, and that Prometheus can read it."""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families as families

from ingest.errors import StoreUnavailable
from ingest.jobs.refresh import Refreshed
from ingest.jobs.subscribe import Answer, Pushed
from ingest.metrics import FRESH_S, Metrics
from ingest.model import Delivery, DeliveryState, Exchange, Feed, Outcome
from ingest.store.status import Standing

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # a Monday
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PAGE = Path(__file__).parents[1] / "docs" / "reference" / "metrics.md"
BASE_UNITS = ("_seconds", "_bytes", "_ratio")

DAILY = {
    "counts": [4.0] * 7,
    "since": (NOW - 60 * DAY).isoformat(),
    "at": (NOW - 2 * DAY).isoformat(),
}


@dataclass
class FakeStore:
    """Says how things stand, and how often it was asked."""

    silent: tuple[tuple[str, dict[str, object]], ...] = ()
    losing: tuple[tuple[str, dict[str, object]], ...] = ()
    fault: Exception | None = None
    asked: list[int] = field(default_factory=list)

    def standing(self, now: datetime, *, named: int) -> Standing:
        self.asked.append(named)
        if self.fault:
            raise self.fault
        return Standing(
            feeds={"ok": 7, "silent": 1},
            due={
                "feeds": {"count": 3, "oldest_s": 12.5},
                "entries": {"count": 0, "oldest_s": None},
            },
            outbox={("desk", "dead"): 2},
            conditions={"overlap_lost": 4},
            silent=self.silent,
            losing=self.losing,
            losing_count=len(self.losing),
        )


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture
def metrics(store: FakeStore) -> Metrics:
    return Metrics(store)  # type: ignore[arg-type]


def values(metrics: Metrics) -> dict[str, float]:
    """Return each sample as Prometheus would write it, with its value."""
    found: dict[str, float] = {}
    for family in families(metrics.page().decode()):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


def checked(new: int = 0, known: int = 0, **more: object) -> Refreshed:
    """A check, a day after the one before, of a feed with some four entries a day."""
    before = Feed(
        id=1, name="A", url="https://a.example/", current_url="https://a.example/",
        first_polled_at=NOW - 60 * DAY, last_checked_at=NOW - DAY, next_check_at=NOW - HOUR,
        memory={"week": DAILY},
    )  # fmt: skip
    memory: dict[str, object] = {"week": DAILY, "entries": new + known, "new": new}
    if new and not known:
        memory["gap_at"] = NOW.isoformat()
    after = replace(before, last_checked_at=NOW, last_outcome=Outcome.FETCHED, memory=memory)
    return replace(Refreshed(after, before, new, 0, Exchange(200)), **more)  # type: ignore[arg-type]


def test_a_check_counts_what_was_new_and_what_is_usual_in_that_time(metrics: Metrics) -> None:
    metrics.add(checked(new=1, known=3))
    found = values(metrics)

    assert found["ingest_checks_total{outcome=fetched}"] == 1
    assert found["ingest_entries_total{week=known}"] == 1
    assert found["ingest_entries_expected_total"] == pytest.approx(1.13, abs=0.02)
    assert found["ingest_check_overlap_ratio_sum"] == 0.75
    assert found["ingest_check_lag_seconds_sum"] == 3600
    assert found["ingest_check_gaps_total"] == 0


def test_a_check_that_knew_nothing_of_what_it_found_is_a_gap(metrics: Metrics) -> None:
    metrics.add(checked(new=5))
    found = values(metrics)

    assert found["ingest_check_gaps_total"] == 1
    assert found["ingest_check_overlap_ratio_bucket{le=0.0}"] == 1


def test_the_first_check_of_a_feed_says_nothing_of_overlap_or_of_the_usual(
    metrics: Metrics,
) -> None:
    first = checked(new=5)
    before = replace(first.before, first_polled_at=None, last_checked_at=None, memory={})
    after = replace(first.feed, memory={"entries": 5, "new": 5})
    metrics.add(replace(first, feed=after, before=before))
    found = values(metrics)

    assert found["ingest_check_overlap_ratio_count"] == found["ingest_entries_expected_total"] == 0
    assert found["ingest_entries_total{week=unknown}"] == 5


def test_an_answer_of_not_modified_is_measured_against_the_usual_and_no_overlap(
    metrics: Metrics,
) -> None:
    event = checked(new=5)
    metrics.add(replace(event, feed=replace(event.feed, last_outcome=Outcome.NOT_MODIFIED), new=0))
    found = values(metrics)

    assert found["ingest_checks_total{outcome=not_modified}"] == 1
    assert found["ingest_entries_expected_total"] > 1
    assert found["ingest_check_overlap_ratio_count"] == found["ingest_check_gaps_total"] == 0


def test_a_check_that_a_dead_network_put_off_counts_as_no_other(metrics: Metrics) -> None:
    event = checked()
    metrics.add(replace(event, feed=event.before, offline=True))
    found = values(metrics)

    assert found["ingest_checks_total{outcome=offline}"] == 1
    assert (
        found["ingest_checks_total{outcome=fetched}"] == found["ingest_check_lag_seconds_sum"] == 0
    )


def test_what_hubs_push_is_new_too(metrics: Metrics) -> None:
    metrics.add(Pushed(Answer.TAKEN, "A", new=2, changed=1, week_known=True))
    metrics.add(Pushed(Answer.UNKNOWN))
    found = values(metrics)

    assert found["ingest_entries_total{week=known}"] == 2
    assert found["ingest_entries_edited_total"] == 1
    assert found["ingest_pushes_total{answer=taken}"] == 1
    assert found["ingest_pushes_total{answer=unknown}"] == 1


def test_silent_feeds_are_named_with_what_is_missing_of_them(
    metrics: Metrics, store: FakeStore
) -> None:
    at = datetime.now(UTC) - 3 * DAY
    week = {"counts": [28.0] * 7, "since": (at - 60 * DAY).isoformat(), "at": at.isoformat()}
    name = 'He said: "no"\\\n{x="y"} 日本'
    store.silent = ((name, {"week": week}), ("forgot its week", {}))
    store.losing = (("B", {"gaps": 3}),)
    found = values(metrics)

    assert found[f"ingest_feed_silence_seconds{{feed={name}}}"] == pytest.approx(3 * 86_400, abs=60)
    assert found[f"ingest_feed_missing_entries{{feed={name}}}"] == pytest.approx(24, abs=1)
    assert found["ingest_feed_gaps{feed=B}"] == 3
    assert found["ingest_feeds_losing_entries"] == 1
    assert not any("forgot" in each for each in found)


def test_how_things_stand_is_shown_by_their_words(metrics: Metrics) -> None:
    done = Delivery("d", None, "desk", "test", {}, DeliveryState.DELIVERED, 1, NOW)
    metrics.add(done)
    found = values(metrics)

    assert found["ingest_feeds{state=ok}"] == 7
    assert found["ingest_due{queue=feeds}"] == 3
    assert found["ingest_due_age_seconds{queue=feeds}"] == 12.5
    assert found["ingest_due_age_seconds{queue=entries}"] == 0
    assert found["ingest_outbox{channel=desk,state=dead}"] == 2
    assert found["ingest_conditions{condition=overlap_lost}"] == 4
    assert found["ingest_deliveries_total{channel=desk,state=delivered}"] == 1


def test_many_who_ask_at_once_cost_one_look_and_a_thousand_names(
    metrics: Metrics, store: FakeStore
) -> None:
    crowd = [threading.Thread(target=metrics.page) for _ in range(20)]
    for each in crowd:
        each.start()
    for each in crowd:
        each.join()

    assert store.asked == [1_000]
    assert FRESH_S >= 1


def test_a_database_that_does_not_answer_is_asked_again_at_once(
    metrics: Metrics, store: FakeStore
) -> None:
    store.fault = StoreUnavailable("busy")
    with pytest.raises(StoreUnavailable):
        metrics.page()
    store.fault = None

    assert values(metrics)["ingest_feeds{state=ok}"] == 7


def full(metrics: Metrics, store: FakeStore) -> Iterator[tuple[str, str, str, list[str]]]:
    """Yield name, type, help and sample names of each metric of a page."""
    store.silent = (("A", {"week": DAILY}),)
    store.losing = (("B", {}),)
    metrics.add(checked(new=1))
    for family in families(metrics.page().decode()):
        yield (
            family.name,
            family.type,
            family.documentation,
            [sample.name for sample in family.samples],
        )


def test_names_follow_the_rules_of_prometheus(metrics: Metrics, store: FakeStore) -> None:
    seen = set()
    for name, kind, says, samples in full(metrics, store):
        assert name not in seen
        seen.add(name)
        assert says, f"{name} has no HELP"
        if name.startswith("process_"):
            continue
        assert re.fullmatch(r"ingest_[a-z_]+", name)
        assert kind in ("counter", "gauge", "histogram"), name
        assert all(sample.endswith("_total") == (kind == "counter") for sample in samples)
        assert not re.search(r"_(ms|millis|minutes|hours|days|kb|mb|percent|count|sum|info_)", name)
        assert kind != "histogram" or name.endswith(BASE_UNITS), f"{name} bears no unit"
        assert not any(sample.endswith("_created") for sample in samples)


def test_every_metric_is_documented_and_no_other(metrics: Metrics, store: FakeStore) -> None:
    rows = re.findall(r"^\| `(ingest_\w+)` \| (\w+) \|", PAGE.read_text(encoding="utf-8"), re.M)
    shown = {
        (f"{name}_total" if kind == "counter" else name, kind)
        for name, kind, _, _ in full(metrics, store)
        if not name.startswith("process_")
    }

    assert set(rows) == shown


def test_what_the_documentation_asks_for_exists(metrics: Metrics, store: FakeStore) -> None:
    text = PAGE.read_text(encoding="utf-8")
    metrics.add(Delivery("d", None, "desk", "test", {}, DeliveryState.DELIVERED, 1, NOW))
    there = {name for _, _, _, samples in full(metrics, store) for name in samples}
    asked = set(
        re.findall(
            r"\bingest_[a-z_]+", "".join(re.findall(r"```(?:yaml|promql)\n.*?```", text, re.S))
        )
    )

    assert asked <= there
