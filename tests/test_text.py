"""Folding and word cutting."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import text
from ingest.text import _fold_whole, cut, fold, fold_name


def keys(chunk: str) -> list[str]:
    return [word.key for word in cut(chunk).words]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ČAPEK", "capek"),
        ("Ångström", "angstrom"),
        ("Groß", "GROSS"),
        ("Ørsted", "orsted"),
        ("Æsir", "aesir"),
        ("ISPARTA", "ısparta"),
        ("ΟΔΌΣ", "οδος"),
        ("Ёлка", "елка"),
        ("Моско\u0301вский", "московский"),
        ("أحمد", "احمد"),
        ("مُحَمَّد", "محمد"),
        ("علی", "على"),
        ("שָׁלוֹם", "שלום"),
        ("ｗｉｄｅ", "wide"),
        ("ﬁne", "fine"),
        ("x²", "x2"),
        ("zero\u200bwidth", "zerowidth"),
        ("soft\u00adhyphen", "softhyphen"),
        ("Brand™", "brand"),
        ("ｶﾞｽ", "ガス"),
        ("\u1112\u1161\u11ab", "한"),
        ("D'Arcy", "D’Arcy"),
        ("Shi'a", "shia"),
        ("firm's", "firm"),
        ("E.U.", "EU"),
        ("12,345,678", "12345678"),
    ],
)
def test_spellings_of_one_word_fold_together(one: str, other: str) -> None:
    assert keys(one) == keys(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("й", "и"), ("ї", "і"), ("12,34", "1234"), ("1.5", "15"), ("C++", "C"), ("C#", "C"), ("cote", "coast")],
)  # fmt: skip
def test_different_words_stay_different(one: str, other: str) -> None:
    assert keys(one) != keys(other)


@pytest.mark.parametrize(
    ("chunk", "words"),
    [
        ("“tea,”", ["tea"]),
        ("in/out", ["in", "out"]),
        ("salt—pepper", ["salt", "pepper"]),
        ("snake_case", ["snake", "case"]),
        ("news.example", ["news", "example"]),
        ("l’Europe", ["l", "europe"]),
        ("Qu’elle", ["qu", "elle"]),
        ("192.0.2.7:80", ["192.0.2.7", "80"]),
        ("B&B's", ["b&b"]),
        ("C++.", ["c++"]),
        ("#topic", ["topic"]),
        ("日本", ["日", "本"]),
        ("A社", ["a", "社"]),
        ("🇫🇷🇩🇪", ["🇫🇷", "🇩🇪"]),
        ("ok👍🏿", ["ok", "👍"]),
        ("किताब", ["किताब"]),
        ("•", []),
        ("'", []),
        ("", []),
    ],
)
def test_words_are_cut_as_people_read_them(chunk: str, words: list[str]) -> None:
    assert keys(chunk) == words


def test_hyphenated_words_are_there_in_parts_and_joined() -> None:
    found = cut("mid-air")

    assert [word.key for word in found.words] == ["mid", "air"]
    assert found.joined == (("midair", 0, 2),)
    assert [joined.key for joined in cut("a-b\u2011c").joined] == ["ab", "abc", "bc"]
    assert cut("a--b").joined == cut("a—b").joined == ()


@pytest.mark.parametrize(
    "chunk", ["end.", "end!”", "(end.)", "end…", "1999.", "終。", "what?!", "end).", "!"]
)
def test_a_sentence_ends_behind(chunk: str) -> None:
    assert cut(chunk).breaks == (len(cut(chunk).words),)


@pytest.mark.parametrize(
    "chunk", ["Dr.", "J.", "U.K.", "(Prof.", "end,", "end:", "v1.2", "Sept.", "Д.", "a.m."]
)
def test_no_sentence_ends_behind(chunk: str) -> None:
    assert cut(chunk).breaks == ()


def test_places_point_into_the_text_as_given() -> None:
    chunk = "(\u200bE\u0301t\u00ade-Ｋ²’s🚀\ufe0f)"

    assert [chunk[word.start : word.end] for word in cut(chunk).words] == [
        "E\u0301t\u00ade",
        "Ｋ²",
        "🚀\ufe0f",
    ]


def test_names_fold_letter_case_only() -> None:
    assert fold_name(" Le Monde-É ") == "le monde-é"
    assert fold_name("ＡＢ") == "ab"


chunks = st.text(
    st.characters(exclude_categories=["Zs", "Cc", "Cs"]) | st.sampled_from("aAéЙ.'’-,!9\u0301\u00ad北"),
    min_size=1,
    max_size=12,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(chunks)
def test_cutting_any_text_gives_ordered_places_and_settled_keys(chunk: str) -> None:
    found = cut(chunk)
    start = 0
    for word in found.words:
        assert start <= word.start < word.end <= len(chunk)
        start = word.start
        assert word.key == fold(word.key)
    assert all(0 <= place <= len(found.words) for place in found.breaks)
    assert all(first + width <= len(found.words) for _, first, width in found.joined)


@settings(max_examples=1_000, deadline=None)
@given(
    st.text(st.sampled_from("aBéςЖשم1.'’s-–,!?…“”«»()[%$•"), min_size=1, max_size=8)
    | st.text(st.sampled_from("aBlé1'’s-‑.%"), min_size=3, max_size=8)
)
def test_the_short_way_gives_what_the_long_way_gives(chunk: str) -> None:
    words, joined, breaks = text._cut_by_shape(chunk)
    spelt = [(word.key, at, at + 1) for at, word in enumerate(words)]
    spelt += [(key, first, first + width) for key, first, width in joined]

    assert text.cut(chunk) == (words, joined, breaks)
    assert text.tokens(chunk) == (len(words), spelt, breaks)
    if simple := text.simply(chunk):
        key, start, plain, ended = simple
        long = text._cut_by_shape(chunk)

        assert long.words == ((key, start, start + len(plain), plain),)
        assert long.breaks == ((1,) if ended else ())


@pytest.mark.parametrize(
    "part",
    ["a", "a-", ".", "a.", "a.a", "l'", "9,", "9,999", "é'", "\u0301", "a\u0301\u0323", '."', "北!", "'s", "&", "+"],
)  # fmt: skip
def test_no_text_takes_long(part: str) -> None:
    before = time.process_time()

    cut(part * 30_000)

    assert time.process_time() - before < 5  # linear: tenths of a second alone


@settings(max_examples=500, deadline=None)
@given(st.text(st.characters(max_codepoint=0x58F, categories=["L"]), max_size=8))
def test_letters_fold_one_by_one_as_they_do_together(word: str) -> None:
    assert fold(word) == _fold_whole(word.casefold())


def test_accents_without_a_letter_are_no_word() -> None:
    lone = "\u0301"

    assert cut(lone).words == ()
    assert [word.key for word in cut(f"a-{lone}-b").words] == ["a", "b"]
