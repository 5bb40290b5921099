"""Further fields, word forms, regular expressions, lists and NOT NEAR, as an analyst uses them."""

import time
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.errors import RuleError
from ingest.model import Document, Rule
from ingest.rules import regex, stems
from ingest.rules.lists import Listing
from ingest.rules.percolate import RuleSet

ARTICLE = Document(
    title="Ferry workers attacked",
    text="Two women saw the Harbour Knight; the Red Cross knight stayed away. CVE-2026-12345.",
    feed="Coast Daily",
    summary="A strike in the port",
    authors=("Jane Doe", "Wei Li"),
    language="en-GB",
    url="https://news.coast.example/sport/ferry-race?page=2",
)


def is_true(query: str, document: Document = ARTICLE, **more: object) -> bool:
    rules = RuleSet([Rule("r", query, **more)])  # type: ignore[arg-type]
    for _, error in rules.errors:
        raise error
    return rules.names(document) == ["r"]


@pytest.mark.parametrize(
    "query",
    [
        "summary:strike",
        'summary:"strike in"',
        "author:doe",
        'author:"Jane Doe"',
        'author:"wei li"',
        "url:sport",
        'url:"ferry-race"',
        "url:ferryrace",
        "url:/page=\\d/",
        "site:coast.example",
        "site:news.coast.example",
        "site:example",
        "site:news.*",
        "lang:en",
        "lang:en-gb",
        "LANG:(de OR en)",
        "summary:(strike NEAR/2 port)",
        "-author:smith",
    ],
)
def test_a_further_field_is_asked(query: str) -> None:
    assert is_true(query)


@pytest.mark.parametrize(
    "query",
    [
        "strike",  # only in the summary
        "summary:ferry",
        'author:"doe wei"',  # two authors
        "author:jan",
        "site:oast.example",
        "site:coast",
        "lang:e",
        "title:strike",
        "summary:strike NEAR/9999 ferry",
    ],
)
def test_a_further_field_is_kept_apart(query: str) -> None:
    assert not is_true(query)


def test_spans_are_given_only_in_what_an_article_shows() -> None:
    rules = RuleSet([Rule("r", "ferry summary:strike author:doe url:sport lang:en")])

    (match,) = rules.match(ARTICLE)

    assert [(span.field, span.start, span.end) for span in match.spans] == [
        ("title", 0, 5),
        ("summary", 2, 8),
    ]


@pytest.mark.parametrize("url", [None, "", "http://[bad", "no address", "http://" + "a." * 5_000])
def test_any_address_has_sites_or_none(url: str | None) -> None:
    assert not is_true("site:coast.example", Document("", "", url=url))


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("wom?n", True),
        ("wo?n", False),
        ("wom?n*", True),
        ("h?rb?ur", True),
        ("=Harb?ur", True),
        ("=harb?ur", False),
        ('"harb?ur knight"', True),
    ],
)
def test_a_question_mark_is_any_one_letter(query: str, is_found: bool) -> None:
    assert is_true(query) is is_found


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ('knight NOT NEAR/0 "red cross"', True),
        ('knight NOT NEAR/6 "red cross"', False),
        ('cross NOT NEAR/0 "red cross"', False),
        ("knight NOT NEAR/5 zebra", True),
        ("zebra NOT NEAR/5 knight", False),
        ('knight NOT ONEAR/3 "red cross"', True),
        ('knight NOT NEAR/1 "red cross" NOT NEAR/1 harbour', False),
    ],
)
def test_not_near_cancels_what_stands_near(query: str, is_found: bool) -> None:
    assert is_true(query) is is_found


def test_dot_net_is_one_term() -> None:
    document = Document("", "It runs on .NET, not on the .net framework (.NET).")

    assert is_true(".NET", document)
    assert is_true('"the .net framework"', document)
    assert not is_true(".NET", Document("", "The net... net. And so.net ended"))
    assert is_true("net", document)


@pytest.mark.skipif(stems.missing(), reason="the extra `stemming` is not installed")
@pytest.mark.parametrize(
    ("query", "text", "language", "is_found"),
    [
        ("~attack", "They attacked", "en", True),
        ("~attacks", "an attack", None, True),
        ("~attack", "They attacked", "zh", False),
        ("~attack", "The attack", "zh", True),
        ("~angriff", "Zwei Angriffe", "de-AT", True),
        ("~атака", "две атаки", "ru", True),
        ('~"missile strike"', "missiles striking", "en", True),
        ("title:~attack", "They attacked", "en", False),
        ("~attack NEAR/1 port", "They attacked the port", "en", True),
        ("=attack", "attacked", "en", False),
        ("~attack", "L'attaque", "fr", False),
    ],
)
def test_word_forms_are_found_in_the_language_of_the_article(
    query: str, text: str, language: str | None, is_found: bool
) -> None:
    assert is_true(query, Document("", text, language=language)) is is_found


@pytest.mark.skipif(stems.missing(), reason="the extra `stemming` is not installed")
def test_a_rule_may_ask_for_all_its_words_by_stem() -> None:
    document = Document("", "They attacked two harbours", language="en")

    assert is_true("attack harbour", document, stem=True)
    assert not is_true("attack =harbour", document, stem=True)
    assert not is_true("attack harbour", document)


def test_without_its_extra_a_rule_is_refused_and_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stems, "Stemmer", None)
    monkeypatch.setattr(regex, "re2", None)
    regex.compiled.cache_clear()

    for query, stem in [("~a", False), ("a", True), ("/a/", False)]:
        with pytest.raises(RuleError, match=r"extra"):
            is_true(query, stem=stem)
    regex.compiled.cache_clear()


@pytest.mark.parametrize(
    ("query", "passages"),
    [
        (r"/cve-2026-\d{4,}/", ["CVE-2026-12345"]),
        (r"=/cve-\d+/", []),
        (r"/red (cross|crescent)/", ["Red Cross"]),
        (r"title:/w\w+s/", ["workers"]),
        (r"ferry /\d{5}/", ["Ferry", "12345"]),
        (r"women /k\w+t/ -zebra", ["women", "Knight", "knight"]),
    ],
)
def test_a_regular_expression_is_found_in_the_text_as_stored(
    query: str, passages: list[str]
) -> None:
    texts = {"title": ARTICLE.title, "text": ARTICLE.text}
    matches = RuleSet([Rule("r", query)]).match(ARTICLE)

    assert [texts[s.field][s.start : s.end] for m in matches for s in m.spans] == passages


def test_passages_count_code_points_whatever_the_text() -> None:
    document = Document("", "ü\ud800 北京 x1")

    (match,) = RuleSet([Rule("r", r"/x\d/")]).match(document)

    assert [(span.start, span.end) for span in match.spans] == [(6, 8)]


@pytest.mark.parametrize("pattern", ["(a+)+b", "(a|a)*b", "(a*)*c", "(.*a){12}z"])
def test_no_regular_expression_takes_long(pattern: str) -> None:
    before = time.process_time()

    assert not is_true(f"/{pattern}/", Document("", "a" * 100_000))

    assert timedelta(seconds=time.process_time() - before) < timedelta(seconds=5)


LISTS = {
    "weapons": ("drone*", '"air defence"', "S-400", "=HIMARS"),
    "empty": (),
    "odd": ("!!", " "),
}


@pytest.mark.parametrize(
    ("query", "text", "is_found"),
    [
        ("$weapons", "two drones", True),
        ("$weapons", "an S 400", True),
        ("$weapons", "himars", False),
        ("$weapons", "air and defence", False),
        ("$weapons NEAR/2 gotland", "HIMARS on Gotland", True),
        ("title:$weapons", "drones", False),
        ("gotland -$weapons", "drones on Gotland", False),
        ("gotland NOT NEAR/1 $weapons", "drones on Gotland", False),
        ("atleast(2, $weapons, gotland)", "drones on Gotland", True),
        ("summary:$weapons", "drones", False),
        ("$empty OR $odd", "drones", False),
        ('"$weapons"', "weapons", True),
    ],
)
def test_a_list_stands_for_any_of_its_entries(query: str, text: str, is_found: bool) -> None:
    assert is_true(query, Document("", text), lists=LISTS) is is_found


def test_a_list_is_found_in_further_fields() -> None:
    assert is_true("summary:$weapons", Document("", "", summary="a drone"), lists=LISTS)


def test_an_unknown_list_is_refused() -> None:
    with pytest.raises(RuleError, match="no list is called `ships`") as refused:
        is_true("a $ships", lists=LISTS)
    assert refused.value.position == 2


names = st.lists(st.sampled_from(["ann", "bo", "c-d", "e5", "=Ann", "b*"]), min_size=1, max_size=3)


@settings(max_examples=100, deadline=None)
@given(st.lists(names.map(" ".join), max_size=6), st.lists(names.map(" ".join), max_size=6))
def test_a_list_finds_what_its_entries_find_one_by_one(entries: list[str], text: list[str]) -> None:
    document = Document("", "; ".join(text).replace("=", "").replace("*", ""))
    one_by_one = [
        term for term in Listing(entries).terms() if is_true(_written(term.words), document)
    ]

    assert is_true("$names", document, lists={"names": tuple(entries)}) == bool(one_by_one)


def _written(found: object) -> str:
    words = [("-".join(word.pieces), word.plain) for word in found]  # type: ignore[attr-defined]
    exact = any(plain for _, plain in words)
    text = " ".join(plain if exact else key for key, plain in words)
    if exact and words[-1][0].endswith("*"):
        text += "*"
    return f'="{text}"' if exact else f'"{text}"'


def test_fifty_thousand_names_cost_an_article_little() -> None:
    entries = tuple(f"Name{number % 500} Family{number}" for number in range(50_000))
    rules = RuleSet([Rule(str(n), f"$names w{n}", lists={"names": entries}) for n in range(100)])
    document = Document("", " ".join(f"Name{n} w{n} Family{n + 1}" for n in range(200)))
    rules.names(document)
    before = time.process_time()

    assert rules.names(document) == []
    assert len(rules.names(Document("", "w7 Name4 Family4"))) == 1

    assert time.process_time() - before < 0.2
