"""What sites repeat, remembered on every database."""

from ingest.articles.learned import FADED, Mark
from ingest.store import Store


def _learn(store: Store, host: str, *digests: int) -> None:
    store.write(lambda tx: tx.learn(host, digests))


def test_paragraphs_of_a_site_gain_weight_each_time_they_are_seen(store: Store) -> None:
    _learn(store, "a.example", 1, -(2**63))
    _learn(store, "a.example", 1, 2**63 - 1)

    habits = store.habits("a.example", [1, -(2**63), 7])
    assert habits.articles == 2
    assert habits.marks[-(2**63)] == Mark(1.0, 1)
    assert 1.9 < habits.marks[1].weight < 2
    assert store.habits("b.example", [1]).articles == 0


def test_what_is_not_seen_again_is_forgotten(store: Store) -> None:
    _learn(store, "a.example", 1)
    for _ in range(FADED + 1):
        _learn(store, "a.example", 2)

    assert store.habits("a.example", [1, 2]).marks.keys() == {2}
