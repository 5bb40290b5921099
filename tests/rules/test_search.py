"""The text index never loses a hit: purely, by chance; and in both databases, through edits and pruning."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.model import AllOf, AnyOf, Document, Rule, Wanted
from ingest.rules.percolate import RuleSet
from ingest.rules.search import mentioned, needed
from ingest.store import Store, search
from ingest.store.search import _words
from ingest.store.settings import Retention
from ingest.text import pair
from tests.contract.samples import NOW, add_entries, add_feeds, extraction, read
from tests.rules.test_percolate import documents, queries


def fits(wanted: Wanted | None, keys: set[str]) -> bool:
    """Return whether the keys have what is wanted: what a database answers."""
    match wanted:
        case None:
            return True
        case AllOf(parts):
            return all(fits(part, keys) for part in parts)
        case AnyOf(parts):
            return any(fits(part, keys) for part in parts)
        case str() if wanted.endswith("*"):
            return any(key.startswith(wanted[:-1]) for key in keys)
        case str():
            return wanted in keys


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
        assert fits(needed(rule), set(keys))


@settings(max_examples=200, deadline=None)
@given(asked.map("-({})".format) | asked, documents)
def test_a_text_without_what_a_rule_mentions_says_nothing_to_it(
    query: str, document: Document
) -> None:
    rule = Rule("r", query, lists=LISTS)
    rules = RuleSet([rule])
    keys = set(_words(document.title, document.summary, document.text))

    if not fits(mentioned(rule), keys):
        assert rules.match(document) == rules.match(replace(document, text=""))


AB = pair("abcd", "efgh") or ""
AI = pair("ai", "act") or ""


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("drone", "drone"),
        ("drone*", "drone*"),
        ("d*", None),
        ("wom?n", "wom*"),
        ("S-400", AllOf((AnyOf(("s", "s400")), AnyOf(("s400", "400"))))),
        ("title:a feed:b lang:de site:c url:d author:e", "^a"),
        ("summary:a", "a"),
        ("北京市", AllOf(("北京", "京市"))),
        ("北", "北"),
        ("/abc/", None),
        ("-a", None),
        ("a OR -b", None),
        ("a OR b c", AnyOf(("a", AllOf(("b", "c"))))),
        ("atleast(2, a, b, -c)", AnyOf(("a", "b"))),
        ("atleast(1, a, b, -c)", None),
        ("a NOT NEAR/3 b", "a"),
        ("(a OR b) NEAR/3 c", AllOf((AnyOf(("a", "b")), "c"))),
        ("$few -b", AnyOf(("ab*", "北京"))),
        ("=.NET", ".net"),
        ('"abcd efgh"', AllOf((AB, "abcd", "efgh"))),
        ('"AI act"', AllOf((AI, "ai", "act"))),
        ('"the AI act"', AllOf((AI, "ai", "act"))),
        ('"the AI of act"', AllOf((AI, "ai", "act"))),
        ('"AI of the act"', AllOf(("ai", "act"))),
        ('"to be or not"', AllOf(("to", "be", "or", "not"))),
        ('="Abcd Efgh"', AllOf((AB, "abcd", "efgh"))),
        ('title:"abcd efgh"', AllOf((AB, "^abcd", "^efgh"))),
        ('"abcd efgh*"', AllOf(("abcd", "efgh*"))),
    ],
)
def test_the_index_is_asked_for_what_must_be_there(query: str, wanted: Wanted | None) -> None:
    lists = {"few": ("ab*", "北京", "!")}

    assert needed(Rule("r", query, lists=lists)) == wanted


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("-a", "a"),
        ("a OR -b", AnyOf(("a", "b"))),
        ("-a -(b NEAR/2 c) -author:d", AnyOf(("a", "b", "c"))),
        ("feed:a", AnyOf(())),
        ("-/a/", None),
        ("-title:/a/", AnyOf(())),
        ("-d*", None),
    ],
)
def test_what_a_rule_mentions(query: str, wanted: Wanted | None) -> None:
    assert mentioned(Rule("r", query)) == wanted


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
    wanted = needed(rule)
    assert wanted
    return [
        names.get(stored.document.text, stored.document.text)
        for stored in store.iter_documents(wanted=wanted)
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
        ('"drones over"', ["one"]),
        ('"harbour gotland"', []),
        ('"net at&t"', ["one"]),
        ('"s-400"', ["two"]),
        ('"the s400"', ["two"]),
    ],
)
def test_each_database_gives_the_articles_with_the_words(
    store: Store, query: str, bodies: list[str]
) -> None:
    for number, name in enumerate(TEXTS):
        keep(store, name, TEXTS[name], now=NOW + timedelta(minutes=number))

    # An article of more words than the index takes is looked at whatever is asked.
    assert found(store, query) == ["many", *bodies]


def test_texts_that_a_rule_does_not_mention_are_not_read(store: Store) -> None:
    for name in ("one", "two", "three"):
        keep(store, name, TEXTS[name])

    all_of_them = list(store.iter_documents(wanted=AnyOf(("gotland", "italia")), others=True))

    read = {stored.document.text for stored in all_of_them}
    assert len(all_of_them) == 3
    assert read == {TEXTS["one"], TEXTS["three"], ""}
    none = store.iter_documents(wanted=AnyOf(()), others=True)
    assert {stored.document.text for stored in none} == {""}


def test_what_a_look_says_no_to_is_not_read_any_further(store: Store) -> None:
    for name in ("one", "two", "three"):
        keep(store, name, TEXTS[name])
    verdicts = {TEXTS["one"]: True, TEXTS["two"]: False, TEXTS["three"]: None}

    read = list(store.iter_documents(look=lambda document: verdicts[document.text]))

    assert [(stored.document.text, stored.told) for stored in read] == [
        (TEXTS["three"], None),
        (TEXTS["one"], True),
    ]
    assert {(stored.document.feed, stored.document.summary) for stored in read} == {
        ("coast", "A standfirst")
    }


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


@pytest.mark.parametrize("few", [1, 3, 5_000])
def test_times_bound_what_is_asked(store: Store, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_FEW", few)
    for day in range(12):
        keep(store, f"p{day}", f"ferry {day}", now=NOW + timedelta(days=day))

    some = store.iter_documents(NOW + timedelta(days=4), NOW + timedelta(days=7), wanted="ferry")

    assert [stored.document.text for stored in some] == ["ferry 6", "ferry 5", "ferry 4"]
