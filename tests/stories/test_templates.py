"""Pieces that share a template and differ in the facts are different stories."""

from itertools import combinations

import pytest

from ingest.model import Candidate
from ingest.store.clusterer import Clusterer
from ingest.stories import cluster, near
from tests.stories import templates, texts
from tests.stories.templates import Piece


def joined(one: Piece, other: Piece) -> bool:
    """Whether the second is placed in the story of the first."""
    candidate = Candidate(101, 1, near.sketch(one.title, one.body))
    return cluster.place(near.sketch(other.title, other.body), [candidate]).story_id == 1


@pytest.mark.parametrize("name", templates.TEMPLATES)
def test_pieces_of_one_template_with_other_facts_are_never_one_story(name: str) -> None:
    """Asked of pieces in which most facts are others: by chance two may agree in nearly all."""
    pairs = combinations(templates.pieces(name, 30), 2)
    asked = [pair for pair in pairs if pair[0].differs_from(pair[1]) >= 0.6]

    wrong = [(one.facts, other.facts) for one, other in asked if joined(one, other)]

    assert len(asked) > 100
    assert wrong == []


@pytest.mark.parametrize("name", templates.TEMPLATES)
def test_the_index_keeps_many_pieces_of_one_template_apart(name: str) -> None:
    pieces = templates.pieces(name, 40)

    with Clusterer(None) as clusterer:
        stories = {
            clusterer.place(str(number), piece.title, piece.body)
            for number, piece in enumerate(pieces)
        }

    assert len(stories) >= 38


@pytest.mark.parametrize("name", templates.TEMPLATES)
def test_copies_of_a_templated_piece_join_it(name: str) -> None:
    (piece,) = templates.pieces(name, 1)
    sketch = near.sketch(piece.title, piece.body)
    candidate = Candidate(101, 1, sketch)
    copies = [
        (piece.title.upper(), piece.body),
        (texts.title(3), f"{piece.body}\n\n{texts.FOOTER}"),
        (piece.title, f"{texts.title(9)}.\n\n{piece.body}"),
    ]

    placed = [cluster.place(near.sketch(*copy), [candidate]).story_id for copy in copies]

    assert placed == [1, 1, 1]
