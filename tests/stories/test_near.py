"""From a text to its sketch."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.stories import near
from tests.stories import texts

PLAIN = (
    "The mayor of Orléans said on Monday that the council won't pay for the new bridge. “It is not "
    "our bridge,” she told reporters in the café opposite the town hall. Work on the crossing was "
    "to begin in June, and 300 people had been promised jobs by the contractor, whose lorries have "
    "stood by the river since March. The owner of the land has gone to court over the matter."
)


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(PLAIN.upper(), id="capitals"),
        pytest.param(PLAIN.replace("“", '"').replace("”", '"'), id="straight quotes"),
        pytest.param(unicodedata.normalize("NFD", PLAIN), id="decomposed accents"),
        pytest.param(PLAIN.replace("won't", "won&#39;t"), id="entities"),
        pytest.param(PLAIN.replace("reporters", "repor\u00adters"), id="soft hyphen"),
        pytest.param(PLAIN.replace(". ", ".\n\n"), id="line ends"),
        pytest.param(PLAIN.replace("won't", "won’t"), id="typographic apostrophe"),
        pytest.param(PLAIN.encode().decode("cp1252", "ignore"), id="mojibake"),
    ],
)
def test_a_text_written_otherwise_is_the_same_text(written: str) -> None:
    assert near.sketch("", written).text_hash == near.sketch("", PLAIN).text_hash != 0


def test_one_other_word_makes_another_text() -> None:
    other = PLAIN.replace("June", "July")

    assert near.sketch("", other).text_hash != near.sketch("", PLAIN).text_hash


def test_stubs_are_the_same_only_under_the_same_title() -> None:
    stub = "This article is for subscribers only. Log in or take out a subscription to read on."

    one = near.sketch("Ferry runs aground off Alvik", stub)
    other = near.sketch("Council votes against the bridge", stub)

    assert one.text_hash != other.text_hash


def test_a_few_words_are_never_the_same_text() -> None:
    assert near.sketch("Weather", "Mostly sunny").text_hash == 0


def test_the_title_stands_in_for_a_missing_body() -> None:
    sketch = near.sketch(texts.title(3) + " " + texts.title(4), "  ")

    assert sketch.length == 12
    assert sketch.text_hash


def test_scripts_without_spaces_are_cut_into_characters() -> None:
    sketch = near.sketch("", "市议会周一表示不会为新桥付款并将此事提交法院审理")

    assert sketch.length > 15
    assert sketch.samples


def test_a_sentences_first_word_is_no_fact_but_names_and_numbers_are() -> None:
    sketch = near.sketch(
        "", "It rained and the crowd left. The man it was had 300 Kronor in Alvik."
    )

    assert len(sketch.facts) == 3


def test_samples_of_a_passage_are_the_same_wherever_it_stands() -> None:
    paragraph = texts.paragraphs(7)[0]
    alone = near.sketch("", paragraph)

    moved = near.sketch("", texts.body(8, 1) + "\n\n" + paragraph)

    assert len(set(alone.samples) & set(moved.samples)) >= 0.8 * len(alone.samples)


def test_a_sketch_is_small() -> None:
    text = texts.body(1, 10)

    assert 400 < len(text.split()) < 600
    assert len(near.pack(near.sketch(texts.title(1), text))) < 600


@given(st.text("aBé0 .,!'\n-”", max_size=60))
def test_words_read_all_at_once_are_the_words_read_one_by_one(text: str) -> None:
    cut = near._cut(text)

    assert near._read(cut) == near._read_each(cut)


@given(st.text(), st.text())
def test_any_text_has_a_sketch_that_survives_packing(title: str, body: str) -> None:
    sketch = near.sketch(title, body)

    assert near.unpack(near.pack(sketch)) == sketch


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("word " * 2_000_000, id="one word"),
        pytest.param("x" * 10_000_000, id="no spaces"),
        pytest.param("&amp;" * 2_000_000, id="entities"),
        pytest.param("桥" * 5_000_000, id="unspaced"),
        pytest.param("â€" * 5_000_000, id="broken characters"),
        pytest.param("9" * 10_000_000, id="digits"),
        pytest.param("A\u0301" * 5_000_000, id="accents"),
    ],
)
def test_a_huge_text_costs_no_more_than_a_long_one(text: str) -> None:
    started = time.process_time()

    sketch = near.sketch(text, text)

    assert time.process_time() - started < 0.5
    assert len(near.pack(sketch)) < 1_500
