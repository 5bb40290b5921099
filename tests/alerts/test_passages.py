"""How the passages that matched are cut and marked."""

from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.alerts.passages import LONGEST, MARGIN, MAX_MATCHED, Passage, passages, pieces
from ingest.model import Match, Span
from tests.alerts.samples import ARTICLE, found


def cut(body: str, *words: str, title: str = "") -> Sequence[Passage]:
    article = replace(ARTICLE, title=title, body=body)
    return passages(article, found(article, *words))


def test_a_passage_carries_the_text_as_it_stands() -> None:
    (passage,) = cut("A FERRY came.", "FERRY")

    assert (passage.term, passage.span, passage.excerpt) == (
        "FERRY",
        Span("text", 2, 7),
        "A FERRY came.",
    )


def test_an_excerpt_begins_and_ends_with_whole_words() -> None:
    body = "surroundings " * 20 + "pier" + " surroundings" * 20

    (passage,) = cut(body, "pier")

    words = passage.excerpt.strip("…").split(" ")
    assert passage.excerpt[0] == passage.excerpt[-1] == "…"
    assert set(words) == {"surroundings", "pier"}


def test_an_excerpt_stays_within_its_paragraph() -> None:
    (passage,) = cut("Before.\n\nThe pier is shut.\n\nAfter.", "pier")

    assert passage.excerpt == "The pier is shut."


def test_spans_near_each_other_share_an_excerpt() -> None:
    first, second = cut("The ferry struck the pier.", "ferry", "pier")

    assert first.excerpt == second.excerpt == "The ferry struck the pier."


def test_spans_of_two_paragraphs_do_not_share_an_excerpt() -> None:
    first, second = cut("The ferry came.\n\nThe pier fell.", "ferry", "pier")

    assert (first.excerpt, second.excerpt) == ("The ferry came.", "The pier fell.")


def test_text_without_spaces_is_cut_between_characters() -> None:
    (passage,) = cut("港" * 300 + "渡船" + "湾" * 300, "渡船")

    assert passage.excerpt == "…" + "港" * MARGIN + "渡船" + "湾" * MARGIN + "…"


def test_long_words_beside_the_term_are_left_out() -> None:
    (passage,) = cut("x" * 500 + " pier " + "y" * 500, "pier")

    assert passage.excerpt == "…pier…"


def test_the_headline_comes_before_the_text() -> None:
    fields = [each.span.field for each in cut("The pier.", "pier", title="A pier")]

    assert fields == ["title", "text"]


def test_of_many_spans_each_different_term_is_kept() -> None:
    found = cut("pier " * 200 + "ferry", "pier", "ferry")

    assert len(found) == MAX_MATCHED
    assert found[-1].term == "ferry"
    assert [each.span for each in found] == sorted(each.span for each in found)


def test_a_span_over_half_an_article_is_cut() -> None:
    body = "word " * 2000
    article = replace(ARTICLE, body=body)

    (passage,) = passages(article, Match("r", (Span("text", 0, len(body)),)))

    assert len(passage.excerpt) <= LONGEST + MARGIN + 2
    assert len(passage.term) <= 200


def test_spans_of_other_fields_are_left_out() -> None:
    assert not passages(ARTICLE, Match("r", (Span("feed", 0, 5), Span("tag", 0, 1))))


def test_a_hundred_thousand_spans_are_no_burden() -> None:
    body = "pier " * 100_000
    start = perf_counter()

    assert len(cut(body, "pier")) == MAX_MATCHED
    assert perf_counter() - start < 5  # seconds; a quadratic walk would take minutes


@given(
    st.text(alphabet="ab \n港\u0301", max_size=400),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 50)), max_size=30),
)
def test_every_term_stands_in_its_excerpt(body: str, places: list[tuple[int, int]]) -> None:
    spans = tuple(
        Span("text", min(start, len(body)), min(start + length, len(body)))
        for start, length in places
    )

    for passage in passages(replace(ARTICLE, body=body), Match("r", spans)):
        assert passage.term.replace("\n", " ") in passage.excerpt


@pytest.mark.parametrize(
    ("excerpt", "terms", "marked"),
    [
        ("The ferry struck the pier.", ["pier", "ferry"], "The [ferry] struck the [pier]."),
        ("A pier, piers, a pier", ["pier"], "A [pier], piers, a [pier]"),
        ("Only piers here", ["pier"], "Only [pier]s here"),
        ("北京市和北京", ["北京"], "[北京]市和[北京]"),
        ("S-400, S-400s", ["S-400"], "[S-400], S-400s"),
        ("one two three", ["one two", "two three"], "[one two three]"),
        ("nothing of it", ["else", ""], "nothing of it"),
        ("a.b", ["."], "a[.]b"),
        ("", ["x"], ""),
    ],
)
def test_terms_are_marked_where_they_stand_as_words(
    excerpt: str, terms: list[str], marked: str
) -> None:
    shown = "".join(f"[{text}]" if mark else text for text, mark in pieces(excerpt, terms))

    assert shown == marked
