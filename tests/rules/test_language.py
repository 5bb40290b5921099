"""Reading queries: what the tree is, and where a fault is pointed at."""

import gc
import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.errors import RuleError
from ingest.rules.language import MAX_DEPTH, MAX_LENGTH, parse
from ingest.rules.tree import (
    And,
    Apart,
    AtLeast,
    Listed,
    Name,
    Near,
    Not,
    Or,
    Regex,
    Step,
    Term,
    Word,
)


def term(*words: str, fields: tuple[str, ...] = ("title", "text")) -> Term:
    return Term(tuple(Word((word,)) for word in words), fields)


A, B, C = term("a"), term("b"), term("c")


@pytest.mark.parametrize(
    ("query", "tree"),
    [
        ("a", A),
        ("a b", And((A, B))),
        ("a AND b", And((A, B))),
        ("a OR b c", Or((A, And((B, C))))),
        ("(a OR b) c", And((Or((A, B)), C))),
        ("a OR (b OR c)", Or((A, B, C))),
        ("NOT a b", And((Not(A), B))),
        ("a -b", And((A, Not(B)))),
        ("a \u2212b", And((A, Not(B)))),
        ("a -(b c)", And((A, Not(And((B, C)))))),
        ("NOT NOT a", A),
        ("-a OR b", Or((Not(A), B))),
        ("a NEAR/3 b", Near(((A,), (B,)), (Step(3),))),
        ("a ONEAR/3 (b OR c)", Near(((A,), (B, C)), (Step(3, ordered=True),))),
        ("NOT a NEAR/0 b c", And((Not(Near(((A,), (B,)), (Step(0),))), C))),
        ("a NEAR/1 b NEAR/2 c", Near(((A,), (B,), (C,)), (Step(1), Step(2)))),
        ('"a b*"', term("a", "b*")),
        ("“a b”", term("a", "b")),
        ("and Or not", And((term("and"), term("or"), term("not")))),
        ('"a AND b"', term("a", "and", "b")),
        ("T-90*", Term((Word(("t", "90*")),))),
        ("mi6", Term((Word(("mi", "6")),))),
        ("=Őr", Term((Word(("or",), "Őr"),))),
        ("title:a", term("a", fields=("title",))),
        ("TITLE: (a OR text:b)", Or((term("a", fields=("title",)), term("b", fields=("text",))))),
        ("title:a b", And((term("a", fields=("title",)), B))),
        ("feed:My-Feed*", Name("feed", "my-feed", open=True)),
        ('tag:("Far East" OR x)', Or((Name("tag", "far east"), Name("tag", "x")))),
        ("feed:https://a.example/x.xml", Name("feed", "https://a.example/x.xml")),
        ("atleast(2, a, b OR c, c)", AtLeast(2, (A, Or((B, C)), C))),
        ("atleast(1,a,b)", AtLeast(1, (A, B))),
        ("atleast", term("atleast")),
        ("aa.bb", term("aa", "bb")),
        ("wom?n", term("wom?n")),
        ('"wom?n of x?*"', term("wom?n", "of", "x*")),
        ("what?", term("what")),
        ("=Wom?n", Term((Word(("wom?n",), "Wom?n"),))),
        (".NET", term(".net")),
        ('"the .NET way"', term("the", ".net", "way")),
        ("...a", A),
        ("~Attack", term("~attack")),
        ('~"a Große b"', term("a", "~große", "b")),
        ("~S-400", Term((Word(("s", "400")),))),
        ("~größ*", term("gross*")),
        ("a NOT NEAR/3 b", Apart((A,), ((B,),), (Step(3),))),
        ("NOT a NOT NEAR/3 b", Not(Apart((A,), ((B,),), (Step(3),)))),
        (
            "a NOT ONEAR/1 (b OR c) NOT NEAR/2 c",
            Apart((A,), ((B, C), (C,)), (Step(1, True), Step(2))),
        ),
        ("a NOT b", And((A, Not(B)))),
        ("$ships-2", Listed("ships-2")),
        ("title:$ships", Listed("ships", ("title",))),
        ("$ships NEAR/2 a", Near(((Listed("ships"),), (A,)), (Step(2),))),
        ("$100", term("100")),
        ("atleast(2, $a, $b)", AtLeast(2, (Listed("a"), Listed("b")))),
        (r"/a\d+ \/ (b|c)/", Regex(r"a\d+ / (b|c)")),
        ("=/A+/ a", And((Regex("A+", exact=True), A))),
        ("url:/sport/ -a", And((Regex("sport", ("url",)), Not(A)))),
        ("/r/a", term("r", "a")),
        ("/home AND b", And((term("home"), B))),
        ("site:a.example", Name("site", "a.example")),
        ("lang:(de OR fr)", Or((Name("lang", "de"), Name("lang", "fr")))),
        (
            "summary:a author:b url:c",
            And(
                (
                    term("a", fields=("summary",)),
                    term("b", fields=("author",)),
                    term("c", fields=("url",)),
                )
            ),
        ),
    ],
)
def test_a_query_is_read_as_the_grammar_says(query: str, tree: object) -> None:
    assert parse(query) == tree


@pytest.mark.parametrize(
    ("query", "position", "says"),
    [
        ("", 0, "empty"),
        ("  ", 0, "empty"),
        ("a AND", 2, "nothing on its right"),
        ("a OR OR b", 2, "nothing on its right"),
        ("OR a", 0, "nothing on its left"),
        ("NOT", 0, "nothing on its right"),
        ("a (OR b)", 3, "nothing on its left"),
        ("a (b", 2, "not closed"),
        ("(", 0, "not closed"),
        ("a b)", 3, "closes nothing"),
        ("a ()", 2, "nothing between"),
        ('a "b', 2, "not closed"),
        ('a ""', 2, "empty"),
        ("a !!", 2, "no word"),
        ("a - b", 2, "no word"),
        ("*", 0, "beginning"),
        ("a *b", 2, "only at the end"),
        ("a*b", 1, "only at the end"),
        ('"a* b"', 2, "only at the end"),
        ('"a *"', 3, "only at the end"),
        ("a NEAR b", 2, "number"),
        ("a NEAR/x b", 2, "number"),
        ("a NEAR/3", 2, "nothing on its right"),
        ("NEAR/3 a", 0, "nothing on its left"),
        ("x (a b) NEAR/3 c", 2, "each side of NEAR"),
        ("(NOT a) NEAR/3 c", 0, "each side of NEAR"),
        ("feed:(a NEAR/2 b)", 6, "words of a text"),
        ("feed:a NEAR/2 b", 0, "words of a text"),
        ("size:big", 0, "no field `size:`"),
        ("a title:", 2, "needs a word"),
        ("title:-a", 0, "needs a word"),
        ("feed:=a", 6, "without letter case"),
        ("=(a)", 1, "stands before"),
        ("atleast(x, a)", 8, "number of clauses"),
        ("atleast(3, a, b)", 8, "3 of 2"),
        ("atleast(2, a, (b, c))", 16, "comma"),
        ("atleast(2, a,", 13, "missing"),
        ("a /(b/", 2, "cannot be used: missing"),
        ("a /b*/", 2, "matches nothing"),
        (f"/{'a' * 1001}/", 0, "at most 1,000"),
        ("/(a{1000}){1000}/", 0, "cannot be used"),
        ("feed:/a/", 5, "whole names"),
        ("a ~(b)", 2, "`~` stands before"),
        ("tag:~a", 4, "no other forms"),
        ("feed:$a", 5, "words of a text"),
        ("a NEAR/1 b NOT NEAR/1 c", 11, "one chain"),
        ("a NOT NEAR/1 b NEAR/1 c", 15, "one chain"),
        ("a NOT NEAR/1", 6, "nothing on its right"),
        ("/a/ NEAR/2 b", 0, "each side of NEAR"),
    ],
)
def test_a_fault_is_pointed_at(query: str, position: int, says: str) -> None:
    with pytest.raises(RuleError) as caught:
        parse(query)

    assert says in str(caught.value)
    assert caught.value.query == query
    assert caught.value.position == (position if query.strip() else 0)


def test_positions_count_code_points_of_the_query_as_given() -> None:
    with pytest.raises(RuleError) as caught:
        parse("🚀 e\u0301 (x")

    assert caught.value.position == 5
    assert caught.value.pointed().splitlines()[2].index("^") == 2 + 5


def test_of_a_long_query_the_part_around_the_fault_is_shown() -> None:
    with pytest.raises(RuleError) as caught:
        parse("ferry\n" * 5_000 + "(tug " + "ferry " * 5_000)

    _, shown, caret, _ = caught.value.pointed().splitlines()
    assert len(shown) < 130
    assert shown[caret.index("^") :].startswith("(tug")


def test_clauses_know_where_they_stand() -> None:
    query = 'title:war ("red tape" OR x NEAR/2 y) -=Z'

    node = parse(query)

    assert isinstance(node, And)
    found = [query[part.start : part.end] for part in node.parts]
    assert found == ["war", '"red tape" OR x NEAR/2 y', "-=Z"]


def test_depth_and_length_are_bounded_with_a_clear_error() -> None:
    parse("(" * MAX_DEPTH + "a" + ")" * MAX_DEPTH)
    for query, says in [
        ("(" * 60_000 + "a", "brackets within"),
        ("title:" * 9_000 + "a", "fields within"),
        ("atleast(1," * 9_000, "within"),
        ("a " * MAX_LENGTH, "longer than"),
    ]:
        with pytest.raises(RuleError, match=says):
            parse(query)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                '"',
                "“",
                "(",
                ")",
                "NOT ",
                "-",
                "AND ",
                " OR ",
                "NEAR/2 ",
                "ONEAR/",
                "=",
                "title:",
                "feed:",
                "tag:",
                "atleast(",
                "1",
                ",",
                " ",
                "*",
                "?",
                "~",
                "/",
                "\\",
                "$a",
                "summary:",
                "a",
                "b ",
                "x-1",
                "北",
                "\u0301",
                "\x00",
                "\ud800",
            ]
        ),
        max_size=25,
    ).map("".join)
    | st.text(max_size=40)
)
def test_any_text_is_read_or_refused(query: str) -> None:
    try:
        parse(query)
    except RuleError as error:
        refused = error
    else:
        return
    assert 0 <= refused.position <= len(query)
    assert str(refused)


@pytest.mark.parametrize(
    "part",
    ["a ", "(a) ", "-", "NOT ", "a OR ", '"', '"a" ', "=", "title:", "a-", "a*", "a NEAR/3 ", "atleast(", ",", ")",
    "1-a", ".", "…", "'", "a\u0301", "\u0301\u0323", "北", "l'", "a.", "𝐀", "\u200d", "* ", "feed:\u0301\u0323",
    "/", "/a ", "/a/ ", "\\/", "/\\", "a?", "~", "~a ", "$a ", "a NOT NEAR/3 ", ".a "],
)  # fmt: skip
def test_no_query_takes_long(part: str) -> None:
    query = (part * 30_000)[:30_000]
    before = time.process_time()

    with suppress(RuleError):
        parse(query)

    assert time.process_time() - before < 5  # linear: tenths of a second alone


def test_reading_a_query_leaves_no_garbage_to_collect() -> None:
    gc.collect()
    gc.disable()
    try:
        parse('title:(a OR "b c") NEAR/3 d* atleast(2, a, =B, /e/) -f')

        assert gc.collect() == 0
    finally:
        gc.enable()
