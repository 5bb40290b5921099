"""Pieces that share a template and differ in the facts are different stories."""

import re
from dataclasses import replace
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


@pytest.mark.parametrize("name", ["ships, with names", "markets", "filing", "Thai"])
def test_a_long_template_with_few_facts_is_seen_too(name: str) -> None:
    always = re.sub(r"\d+", "many", texts.body(77, 6)).lower()
    long = [
        replace(piece, body=f"{piece.body}\n\n{always}") for piece in templates.pieces(name, 20)
    ]
    asked = [pair for pair in combinations(long, 2) if pair[0].differs_from(pair[1]) >= 0.8]

    wrong = [(one.facts, other.facts) for one, other in asked if joined(one, other)]

    assert len(asked) > 50
    assert wrong == []


def test_a_report_with_revised_numbers_is_no_template() -> None:
    """The toll of a flood in Corda as it was told in the evening, and in the morning."""
    told = (
        "At least {} people have died and {} were hurt when the river Alva left its bed near Corda, the "
        "mayor, Rosa Ferreira, said. Helpers from Bremora and Dunmore were on their way with boats, and "
        "the army was asked for tents. The bridge to Eskilby has gone, so the hospital there can only be "
        "reached by way of Farrow. Ferreira said that nobody had seen the water come, and that the "
        "warning from the weather office in Lundis reached the town when the cellars were full."
    )
    evening, morning = (
        Piece("Flood in Corda", told.format(*toll), {}) for toll in ((30, 120), (41, 131))
    )

    assert joined(evening, morning)


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
