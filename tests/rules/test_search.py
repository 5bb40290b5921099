"""The text index never loses a hit: purely, by chance; and in both databases, through edits and pruning."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.model import Document, Rule
from ingest.rules.percolate import RuleSet
from ingest.rules.search import needed
from ingest.store import Store
from ingest.store.search import Clauses, _words
from ingest.store.settings import Retention
from tests.contract.samples import NOW, add_entries, add_feeds, extraction, read
from tests.rules.test_percolate import documents, queries


def fits(clauses: Clauses, keys: Iterable[str]) -> bool:
    """Return whether one word of each clause is among the keys: what a database answers."""
    known = set(keys)
    return all(
        any(
            any(key.startswith(word[:-1]) for key in known) if word.endswith("*") else word in known
            for word in words
        )
        for words in clauses
    )


LISTS = {"few": ("a b", "北京", "x-2*"), "none": ()}
asked = st.one_of(queries, queries.map("{} ($few OR abc)".format), queries.map("$few OR {}".format))


@settings(max_examples=200, deadline=None)
@given(asked, documents)
def test_an_article_that_a_rule_is_true_of_is_never_passed_over(
    query: str, document: Document
) -> None:
    rule = Rule("r", query, lists=LISTS)

    if RuleSet([rule]).names(document):
        keys = _words(document.title, document.summary, document.text)
        assert fits(needed(rule), keys)


@pytest.mark.parametrize(
    ("query", "clauses"),
    [
        ("drone", [("drone",)]),
        ("drone*", [("drone*",)]),
        ("d*", []),
        ("wom?n", [("wom*",)]),
        ("S-400", [("s400", "400")]),
        ("title:a feed:b lang:de site:c url:d author:e", [("^a",)]),
        ("summary:a", [("a",)]),
        ("北京市", [("京市",), ("北京",)]),
        ("北", [("北",)]),
        ("/abc/", []),
        ("-a", []),
        ("a OR -b", []),
        ("a NOT NEAR/3 b", [("a",)]),
        ("$few -b", [("ab*", "北")]),
        ("=.NET", [(".net",)]),
    ],
)
def test_the_index_is_asked_for_what_must_be_there(
    query: str, clauses: list[tuple[str, ...]]
) -> None:
    lists = {"few": ("ab*", "北京", "!")}

    assert sorted(needed(Rule("r", query, lists=lists))) == sorted(clauses)


TEXTS = {
    "one": "Drones over Gotland's harbour; C++ and .NET, AT&T.",
    "two": "北京市的无人机 and the S-400.",
    "three": "L'Italia; O’Brien said: women. Привет, мир!",
    "many": " ".join(f"word{number}" * 9 for number in range(9_000)),
}


def keep(store: Store, name: str, body: str, now: datetime = NOW) -> None:
    """Store an article, or a new text of it."""
    known = store.stored_feeds() or add_feeds(store, "coast")
    feed = known[0]
    (entry,) = add_entries(store, feed, f"{name} {now}", now=now)
    text = extraction(title="", body=body, summary="A standfirst")
    read(store, entry, text, key=name, now=now)


def found(store: Store, query: str) -> list[str]:
    """The bodies that the index gives for a query, by the names above."""
    rule = Rule("r", query)
    names = {body: name for name, body in TEXTS.items()}
    clauses = needed(rule)
    assert clauses
    return [
        names.get(stored.document.text, stored.document.text)
        for stored in store.iter_documents(clauses=clauses)
    ]


@pytest.mark.parametrize(
    ("query", "bodies"),
    [
        ("drone*", ["one"]),
        ("gotland harbour", ["one"]),
        ("c++", ["one"]),
        (".NET AT&T", ["one"]),
        ("北京", ["two"]),
        ("人机", ["two"]),
        ("市的无", ["two"]),
        ("京北", []),
        ("s400", ["two"]),
        ("obrien", ["three"]),
        ("wom?n", ["three"]),
        ("прив*", ["three"]),
        ("мир OR gotland", ["three", "one"]),
        ("summary:standfirst", ["three", "two", "one"]),
    ],
)
def test_each_database_gives_the_articles_with_the_words(
    store: Store, query: str, bodies: list[str]
) -> None:
    for number, name in enumerate(TEXTS):
        keep(store, name, TEXTS[name], now=NOW + timedelta(minutes=number))

    # An article of more words than the index takes is looked at whatever is asked.
    assert found(store, query) == ["many", *bodies]


def test_an_edit_is_found_by_its_new_words_alone(store: Store) -> None:
    keep(store, "a", "the old ferry")
    keep(store, "a", "the new tug", now=NOW + timedelta(hours=1))

    assert found(store, "tug") == ["the new tug"]
    assert found(store, "ferry") == []
    keep(store, "a", "the old ferry", now=NOW + timedelta(hours=2))
    assert found(store, "ferry the") == ["the old ferry"]


def test_a_text_taken_anew_out_of_its_page_is_found_by_its_new_words_alone(store: Store) -> None:
    keep(store, "a", "the old ferry")
    article = store.article_by_key("a")
    assert article is not None
    text = extraction(title="New", body="the tug", summary="")

    assert store.write(lambda tx: tx.reclean(article, text, now=NOW))
    assert found(store, "title:new tug") == ["the tug"]
    assert found(store, "ferry") == []


def test_what_is_pruned_is_gone_from_the_index(store: Store) -> None:
    keep(store, "a", "the old ferry", now=NOW - timedelta(days=10))
    keep(store, "b", "the new ferry")

    store.prune(Retention(articles=timedelta(days=5)), NOW)
    keep(store, "c", "a tug")

    assert found(store, "ferry") == ["the new ferry"]
    assert found(store, "tug") == ["a tug"]


def test_times_bound_what_is_asked(store: Store) -> None:
    for day in range(12):
        keep(store, f"p{day}", f"ferry {day}", now=NOW + timedelta(days=day))
    clauses = needed(Rule("r", "ferry"))

    some = store.iter_documents(NOW + timedelta(days=4), NOW + timedelta(days=7), clauses=clauses)

    assert [stored.document.text for stored in some] == ["ferry 6", "ferry 5", "ferry 4"]
