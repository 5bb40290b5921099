"""Passages that two texts share."""

import time

from ingest.stories.passages import excerpts, shared, unshared
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
    unshared("word " * 1_000_000, "words " * 1_000_000)

    assert time.process_time() - started < 1


def test_what_one_text_has_alone_is_the_rest_of_it() -> None:
    one, two, three = texts.paragraphs(1)[:3]
    text = f"{one}\n\n{two}\n\n{three}"

    ((start, end),) = unshared(text, f"{one} {three}")

    assert text[start:end] == two.rstrip(".")
    assert unshared(f"{one} {three}", text) == []
    assert unshared(text, "") == [(0, len(text) - 1)]


def test_a_word_that_differs_is_no_passage_of_its_own() -> None:
    words = texts.body(1).split()
    other = [*words[:70], "otherwise", *words[71:]]

    assert unshared(" ".join(words), " ".join(other)) == []


def test_excerpts_are_the_longest_passages_cut_to_a_line() -> None:
    text = texts.body(1)
    spans = [(0, 40), (50, 60), (100, 900), (1000, 1040), (1100, 1103)]

    lines = excerpts(text, spans)

    assert len(lines) == 3
    assert lines[0].startswith(text[:20])
    assert max(map(len, lines)) == 160
    assert not any("\n" in line for line in lines)
