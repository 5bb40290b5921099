"""Passages that two texts share."""

import time

from ingest.stories.passages import shared
from tests.stories import texts


def test_a_shared_paragraph_is_found_where_it_stands() -> None:
    paragraph = texts.paragraphs(1)[0]
    text = f"{texts.body(2, 1)}\n\n{paragraph}\n\n{texts.body(3, 1)}"

    ((start, end),) = shared(text, f"{texts.body(4, 1)} {paragraph.upper()}")

    assert text[start:end] == paragraph.rstrip(".")


def test_two_passages_are_told_apart() -> None:
    one, two, between = texts.paragraphs(1)[:3]

    assert len(shared(f"{one} {between} {two}", f"{two} {one}")) == 2


def test_a_phrase_is_no_passage() -> None:
    assert shared("the council said on Monday that", "as the council said on Monday that") == []


def test_texts_without_words_share_nothing() -> None:
    assert shared("", "") == shared("...", "a b c d e f g h i") == []


def test_huge_texts_are_compared_in_bounded_time() -> None:
    started = time.process_time()

    shared("word " * 1_000_000, "word " * 1_000_000)

    assert time.process_time() - started < 1
