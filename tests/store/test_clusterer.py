"""Clustering without articles."""

from pathlib import Path

import pytest

from ingest.errors import StoreError
from ingest.store import Store
from ingest.store.clusterer import Clusterer
from tests.store.test_stories import articles_of, place
from tests.stories import templates, texts


def test_each_text_is_answered_with_the_first_of_its_cluster(tmp_path: Path) -> None:
    with Clusterer(tmp_path) as clusterer:
        answers = [
            clusterer.place("a", texts.title(1), texts.body(1)),
            clusterer.place("b", texts.title(2), texts.body(2)),
            clusterer.place("c", texts.title(3), texts.body(1, 5)),
            clusterer.place("d", texts.title(4), texts.body(2)),
        ]

    assert answers == ["a", "b", "a", "b"]


def test_a_later_run_goes_on_from_the_state(tmp_path: Path) -> None:
    for number in range(6):
        with Clusterer(tmp_path) as clusterer:
            name = clusterer.place(f"run-{number}", texts.title(number), texts.body(number // 3, 6))
            expected = f"run-{3 * (number // 3)}"

            assert name == expected


def test_in_memory_nothing_is_left_behind() -> None:
    with Clusterer(None) as clusterer:
        assert clusterer.place("a", texts.title(1), texts.body(1)) == "a"
    with Clusterer(None) as clusterer:
        assert clusterer.place("b", texts.title(1), texts.body(1)) == "b"


def test_texts_without_words_stay_alone() -> None:
    with Clusterer(None) as clusterer:
        assert [clusterer.place(name, "", "") for name in "abc"] == ["a", "b", "c"]


def test_copies_of_one_text_cost_no_more_the_more_there_are(tmp_path: Path) -> None:
    with Clusterer(tmp_path) as clusterer:
        for number in range(500):
            clusterer.place(str(number), texts.title(1), texts.body(1))

    assert (tmp_path / "stories.db").stat().st_size < 40_000


def test_it_decides_as_the_store_does(store: Store) -> None:
    """The same texts, with a footer that becomes furniture, by both ways to the index."""
    bodies = [texts.body(number // 3, 8 - number % 3) for number in range(12)]
    told = [
        (texts.title(number), f"{body}\n\n{texts.FOOTER}") for number, body in enumerate(bodies)
    ]
    told += [(piece.title, piece.body) for piece in templates.pieces("markets", 4)]

    with Clusterer(None) as clusterer:
        names = [clusterer.place(str(number), *text) for number, text in enumerate(told)]
    articles = articles_of(store, len(told))
    stories = [
        place(store, article, *text)[0] for article, text in zip(articles, told, strict=True)
    ]

    assert len(set(names)) == 8
    assert [names.index(name) for name in names] == [stories.index(story) for story in stories]


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "stories.db").write_text("not a database " * 100)

    with pytest.raises(StoreError, match="cannot be used"):
        Clusterer(tmp_path)
