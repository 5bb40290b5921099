"""Rule sets against the slow evaluator, their scope, and what they promise."""

import threading
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.errors import RuleError
from ingest.model import Document, Match, Rule, Span
from ingest.rules import reading
from ingest.rules.evaluate import MOST_SPANS
from ingest.rules.language import parse
from ingest.rules.percolate import RuleSet
from tests.rules.slow import slowly

WORDS = [
    "a",
    "b",
    "ab",
    "abc",
    "a-b",
    "a-b-c",
    "x2",
    "x-2",
    "x",
    "2",
    "Ab",
    "á",
    "北京",
    "京",
    "🚀",
]
LINKS = [" ", " ", " ", ", ", ". ", "! ", "! ", "\n", "\n\n", "-", "’s ", ".", "/", " – "]

texts = st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(LINKS)), max_size=12).map(
    lambda pairs: "".join(word + link for word, link in pairs)
)
documents = st.builds(
    Document,
    texts,
    texts,
    st.sampled_from(["", "one", "One two"]),
    st.sampled_from([(), ("red",), ("Red", "blue")]),
    texts,
    st.sampled_from([(), ("Ab",), ("a b", "x-2 Ab")]),
)
words = st.sampled_from(WORDS)
terms = st.one_of(
    words,
    words.map("={}".format),
    words.map("{}*".format),
    st.sampled_from(["a?c", "a?*", "x?2", "=A?", "=A?c*", '"a b?c"']),
    st.lists(words, min_size=1, max_size=3).map(lambda found: f'"{" ".join(found)}"'),
    st.lists(words, min_size=2, max_size=3).map(lambda found: f'="{" ".join(found)}*"'),
)
scoped = st.tuples(
    st.sampled_from(["", "", "", "title:", "text:", "summary:", "author:"]), terms
).map("".join)
names = st.sampled_from(["feed:one", "feed:on*", 'feed:"one two"', "tag:red", "tag:b*"])
sides = st.one_of(
    scoped, st.lists(terms, min_size=2, max_size=2).map(" OR ".join).map("({})".format)
)
nears = st.tuples(
    sides, st.sampled_from([" NEAR/0 ", " NEAR/2 ", " ONEAR/1 "]), sides,
    st.sampled_from(["", " NEAR/1 a", " ONEAR/3 b"]),
).map("".join)  # fmt: skip
aparts = st.tuples(
    sides, st.sampled_from([" NOT NEAR/0 ", " NOT NEAR/2 ", " NOT ONEAR/1 "]), sides,
    st.sampled_from(["", " NOT NEAR/1 a"]),
).map("".join)  # fmt: skip


def _combined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    lists = st.lists(inner, min_size=2, max_size=3)
    return st.one_of(
        lists.map(lambda parts: f"({' OR '.join(parts)})"),
        lists.map(lambda parts: f"({' '.join(parts)})"),
        lists.map(lambda parts: f"atleast(2, {', '.join(parts)})"),
        inner.map("NOT ({})".format),
    )


queries = st.recursive(st.one_of(scoped, scoped, names, nears, aparts), _combined, max_leaves=6)


@settings(max_examples=150, deadline=None)
@given(st.lists(queries, min_size=1, max_size=6), st.lists(documents, min_size=1, max_size=3))
def test_a_rule_set_finds_what_the_slow_evaluator_finds(
    asked: list[str], given_documents: list[Document]
) -> None:
    rules = RuleSet(Rule(str(number), query) for number, query in enumerate(asked))

    for document in given_documents:
        expected = [str(n) for n, query in enumerate(asked) if slowly(parse(query), document)]
        assert rules.names(document) == expected
        assert [match.rule for match in rules.match(document)] == expected


@settings(max_examples=150, deadline=None)
@given(queries, documents)
def test_spans_are_passages_in_reading_order_each_once(query: str, document: Document) -> None:
    for match in RuleSet([Rule("r", query)]).match(document):
        texts = {"title": document.title, "text": document.text, "summary": document.summary}
        order = [([*texts].index(span.field), span.start, span.end) for span in match.spans]

        assert order == sorted(set(order))
        for span in match.spans:
            text = texts[span.field]
            assert 0 <= span.start < span.end <= len(text)
            assert text[span.start : span.end].strip() == text[span.start : span.end]


def found(query: str, text: str, title: str = "") -> list[str]:
    """The passages of a match as written."""
    matches = RuleSet([Rule("r", query)]).match(Document(title, text))
    fields = {"title": title, "text": text}
    return [fields[s.field][s.start : s.end] for match in matches for s in match.spans]


@pytest.mark.parametrize(
    ("query", "text", "passages"),
    [
        ("tank", "A tank, two tanks, Tank's", ["tank", "Tank"]),
        ("tank*", "A tank, two tanks.", ["tank", "tanks"]),
        ('"red tape"', "Red\n  tape; red. Tape; the “red” tape", ["Red\n  tape", "red” tape"]),
        ("T-80", "a T-80, T 80 and T80", ["T-80", "T 80", "T80"]),
        ("uno", "the U.N.O. met", ["U.N.O."]),
        ("motorway", "a motor-way", ["motor-way"]),
        ("way", "a motor-way", ["way"]),
        ("cafe", "a cafe\u0301 here", ["cafe\u0301"]),
        ("zermatt", "Zer\u00admatt!", ["Zer\u00admatt"]),
        ("東京", "今日の東 京都", ["東 京"]),
        ("a NEAR/1 b", "a x b y y y b", ["a", "b"]),
        ("a ONEAR/1 b", "b a b", ["a", "b"]),
        ("a ONEAR/1 b", "a b A", ["a", "b"]),
        ("(a OR b) -c", "a b", ["a", "b"]),
        ("(a c) OR b", "a b", ["b"]),
        ("atleast(2, a, b, c)", "a d c", ["a", "c"]),
        ("NOT x", "a b", []),
        ("👍", "yes 👍🏽!", ["👍🏽"]),
    ],
)
def test_spans_are_what_made_the_rule_true(query: str, text: str, passages: list[str]) -> None:
    assert found(query, text) == passages


def test_spans_count_code_points_of_each_field() -> None:
    match = RuleSet([Rule("r", "tank")]).match(Document("🚀 Tank", "no\n\n\ttank"))

    assert match == [Match("r", (Span("title", 2, 6), Span("text", 5, 9)))]


def test_a_rule_asks_only_within_its_scope() -> None:
    rules = RuleSet(
        [
            Rule("tags", "a", tags=("Red", "green")),
            Rule("feeds", "a", feeds=("One",)),
            Rule("all", "a"),
        ]
    )

    assert rules.names(Document("a", "", "one", ("blue",))) == ["feeds", "all"]
    assert rules.names(Document("a", "", "two", ("RED",))) == ["tags", "all"]
    assert rules.names(Document("b", "", "one", ("red",))) == []


def test_rules_that_cannot_be_read_do_not_stop_the_others() -> None:
    bad = Rule("bad", "(a")
    rules = RuleSet([bad, Rule("good", "a")])

    assert rules.names(Document("a", "")) == ["good"]
    [(rule, error)] = rules.errors
    assert rule is bad
    assert isinstance(error, RuleError)


def test_a_rule_without_any_necessary_word_is_asked_of_every_document() -> None:
    rules = RuleSet([Rule("r", "-a"), Rule("s", "x OR NOT a")])

    assert rules.names(Document("", "")) == ["r", "s"]
    assert rules.names(Document("a", "")) == []


def test_a_flood_of_occurrences_is_bounded() -> None:
    rules = RuleSet([Rule("r", "a NEAR/5 a"), Rule("s", '"a a a"')])

    matches = rules.match(Document("", "a " * 50_000))

    assert [len(match.spans) for match in matches] == [MOST_SPANS, MOST_SPANS]


def test_a_phrase_stops_at_the_end_of_a_sentence_and_a_near_does_not() -> None:
    rules = RuleSet(
        [Rule("phrase", '"oak elm"'), Rule("pieces", "oak-7"), Rule("near", "oak NEAR/0 elm")]
    )

    assert rules.names(Document("", "An oak! Elm. Oak? 7")) == ["near"]
    assert rules.names(Document("", "oak\n\nelm")) == ["near"]
    assert rules.names(Document("oak", "elm")) == []


def test_what_is_remembered_of_one_document_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_MOST_CHUNKS", 500)
    rules = RuleSet(
        [Rule("word", "gotland"), Rule("pair", '"n19999 x19999"'), Rule("no", "nowhere")]
    )
    flood = Document("", " ".join(f"n{number}-x{number}" for number in range(20_000)) + " Gotland.")
    later = [Document("", f"Off Gotland, number {number}-c.") for number in range(20)]
    rules.names(Document("", "gotland"))

    tracemalloc.start()
    try:
        (word, pair) = rules.match(flood)
        kept = [tracemalloc.get_traced_memory()[0]]
        assert (word.rule, pair.rule) == ("word", "pair")
        del word, pair
        for document in later:
            assert rules.names(document) == ["word"]
        kept.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert max(kept) < 1_000_000, kept  # all that the flood means is 7 MB
    assert rules.names(flood) == ["word", "pair"]


def test_a_set_can_be_asked_from_several_threads() -> None:
    rules = RuleSet(Rule(str(n), f"w{n} OR (v{n % 7} u{n})") for n in range(200))
    asked = [
        Document("", " ".join(f"w{n * k % 211} v{k} u{n}" for n in range(40))) for k in range(40)
    ]
    alone = [
        RuleSet(Rule(str(n), f"w{n} OR (v{n % 7} u{n})") for n in range(200)).match(d)
        for d in asked
    ]
    answers: list[list[list[Match]]] = []
    threads = [
        threading.Thread(target=lambda: answers.append([rules.match(d) for d in asked]))
        for _ in range(4)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [alone] * 4
