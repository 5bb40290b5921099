"""A look at the letters never says what the matcher would not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.model import Document, Rule
from ingest.rules.glance import Glance
from ingest.rules.percolate import RuleSet
from ingest.text import bare, bare_latin, cut
from tests.rules.test_percolate import documents, queries

LISTS = {"few": ("a b", "北京", "x-2*"), "none": ()}
asked = st.one_of(
    queries,
    queries.map("{} ($few OR abc)".format),
    queries.map("$few OR {}".format),
    queries.map("-({})".format),
)


def agrees(rule: Rule, document: Document) -> bool:
    told = Glance(rule)(document)
    return told is None or told == bool(RuleSet([rule]).names(document))


@settings(max_examples=300, deadline=None)
@given(asked, documents)
def test_what_is_told_is_what_the_matcher_finds(query: str, document: Document) -> None:
    assert agrees(Rule("r", query, lists=LISTS), document)


near_by = st.lists(
    st.sampled_from(
        [
            "a",
            "ab",
            "b",
            "act",
            "factory",
            "A,",
            "b.",
            "s",
            "x-b",
            "b's",
            "’a’",
            "–",
            "é",
            "K",
            "´b",
            "a\x1cb",
            "a\xa0b",
            "1",
            "a1",
        ]
    ),
    max_size=14,
).map(" ".join)
items = st.sampled_from(
    ["a", "b", "act", "k", "(a OR b)", "ac*", "s", "x-b", '"a b"', "a1", "(ab* OR act)", "b's"]
)
distances = st.sampled_from([" NEAR/0 ", " NEAR/1 ", " NEAR/3 ", " ONEAR/1 "])
further = st.sampled_from(["", " NEAR/1 b", " ONEAR/2 act"])


@settings(max_examples=500, deadline=None)
@given(st.tuples(items, distances, items, further).map("".join), near_by, near_by)
def test_what_is_told_of_nearness_is_what_the_matcher_finds(
    query: str, title: str, text: str
) -> None:
    assert agrees(Rule("r", query), Document(title, text))


SIGNS = "aAbSsİıßſÅåØœΣςϊΐйЙёЁｓ＇²½①ⅷℓ℡㎏ﬁŉﷺأىٱ京ก็ハﾞ한'’´`¨·.-–,_&+#/\u00ad\u200b\u0301\u0345\u05b0\u0650 \n\u00a0"
odd = st.text(st.sampled_from(SIGNS) | st.characters(exclude_categories=["Cs"]), max_size=12)


@settings(max_examples=500, deadline=None)
@given(st.lists(odd, min_size=1, max_size=3), st.data())
def test_words_written_in_odd_letters_are_seen(parts: list[str], data: st.DataObject) -> None:
    text = " ".join(parts)
    words = [word.plain for chunk in text.split() for word in cut(chunk).words]
    first = data.draw(st.integers(0, max(0, len(words) - 1)))
    some = words[first : first + 2]
    joiner = data.draw(st.sampled_from([" ", "-", " NEAR/0 ", " NEAR/1 ", "* "]))
    rule = Rule("r", f'"{joiner.join(some)}"' if "NEAR" not in joiner else joiner.join(some))

    if some and not RuleSet([rule]).errors:
        assert agrees(rule, Document("", text))


@settings(max_examples=500, deadline=None)
@given(odd)
def test_the_bare_spelling_of_every_word_is_in_the_bare_text(text: str) -> None:
    for chunk in text.split():
        for word in cut(chunk).words:
            assert bare(word.key) in bare(text)


def test_latin_letters_are_seen_wherever_they_are_hidden() -> None:
    for code in range(0x80, 0x110000):
        char = chr(code)
        plain = "".join(letter for letter in bare(char) if letter.isascii())
        assert bare_latin(char).split() == plain.split(), hex(code)


@pytest.mark.parametrize(
    ("query", "text", "told"),
    [
        ("drone", "Two drones", None),
        ("drone", "A drone, seen", True),
        ("drone", "“Drone” seen", True),
        ("drone", "A tug", False),
        ("drone*", "Two drones", True),
        ("präsident", "Der Präsident kam", None),
        ("президент", "Президент прибыл.", True),
        ('"ai act"', "The AI Act, passed", True),
        ('"ai act"', "The AI. Act now", None),
        ('"ai act"', "Acts of AI", False),
        ('"ai act"', "AI\n\nact", None),
        ('"russia army"', "Russia’s army", True),
        ('"cease fire"', "A cease-fire", None),
        ("=Drone", "A drone", None),
        ("-drone", "A tug", True),
        ("-drone", "A drone", False),
        ("drone OR tug", "A tug", True),
        ("drone tug", "A tug", False),
        ("atleast(2, drone, tug, cat)", "A tug and a cat", True),
        ("tug NEAR/1 cat", "A tug and a cat", None),
        ("tug NEAR/2 cat", "A tug and a cat", True),
        ("cat NEAR/2 (dog OR tug*)", "(Tugs and, a cat", None),
        ("cat NEAR/2 (dog OR tug*)", "A Tugboat, a\n\ncat.", True),
        ("cat ONEAR/2 tug", "A tug and a cat", None),
        ("tug NEAR/2 cat", "A tug – a cat", None),
        ("tug NEAR/1 cat", "A tug and then, at last, came a cat", False),
        ("(tug OR dog) NEAR/1 cat", "A tug and then, at last, a dog cat", True),
        ("tug NOT NEAR/2 cat", "A cat", False),
        ("feed:coast", "", True),
        ("feed:sea*", "", False),
        ("title:head", "head", True),
        ("~drones", "A tug", None),
        ("wom?n", "A woman", None),
    ],
)
def test_what_is_told(query: str, text: str, told: bool | None) -> None:
    assert Glance(Rule("r", query))(Document("A head", text, "coast")) is told


def test_words_too_many_to_be_counted_are_left_to_the_matcher() -> None:
    document = Document("", "a " * 10_000 + "a tug")
    rule = Rule("r", '"a tug"')

    assert Glance(rule)(document) is None
    assert agrees(rule, document)


def test_a_word_cut_off_where_looking_ends_is_no_word() -> None:
    document = Document("", "x" * 9_992 + " tug catamaran")
    rule = Rule("r", "tug NEAR/1 cat")

    assert Glance(rule)(document) is None
    assert agrees(rule, document)


def test_a_text_of_one_letter_takes_no_longer_than_others() -> None:
    rule = Rule("r", f'"{"s " * 40}x"')

    assert Glance(rule)(Document("", "s" * 5_000 + " x")) is None
