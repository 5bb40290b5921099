"""Which entry is which, and what counts as an edit."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.feeds import identity
from ingest.feeds.identity import USUAL, Habits, Traits

HOME = "https://example.org/"


def item(
    guid: str | None = None,
    link: str | None = None,
    title: str = "",
    text: str = "",
    published: str = "",
) -> Traits:
    return Traits(guid, link, title, text, published, identity.content_hash(title, text, link))


def key(one: Traits, habits: Habits = USUAL) -> str:
    return identity.keys([one], home=HOME, habits=habits)[0]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(item("7", "/a", "A"), item("7", "/b", "B", "x"), id="guid stays"),
        pytest.param(item("http://e.org/7"), item("https://www.e.org/7"), id="guid moves to https"),
        pytest.param(
            item(None, "http://e.org/a", "A"), item(None, "https://e.org/a?utm_source=x", "B"), id="link"
        ),
        pytest.param(item(None, HOME, "A", "x"), item(None, HOME, "A", "y"), id="home page: title"),
        pytest.param(item(None, "https://www.e.org/a/"), item(None, "https://m.e.org/a"), id="m. and slash"),
        pytest.param(item(None, "https://e.org/a/?x=1"), item(None, "https://e.org/a?x=1"), id="slash, query"),
        pytest.param(
            item(None, "https://e.org/a?sid=9f86d081884c7d65&p=2"),
            item(None, "https://e.org/a?sid=60303ae22b998861&p=2"),
            id="session number",
        ),
        pytest.param(
            item(None, "https://e.org/a;jsessionid=F1.node2?p=2"), item(None, "https://e.org/a?p=2"), id="java session"
        ),
        pytest.param(item("https://e.org/?p=7&PHPSESSID=x1"), item("https://e.org/?p=7"), id="guid with session"),
        pytest.param(item("https://e.org/?PHPSESSID=x1&p=7"), item("https://e.org/?p=7"), id="session first"),
        pytest.param(item(None, None, "A (3 comments)"), item(None, None, "A (14 comments)"), id="counted title"),
        pytest.param(item(None, None, "", "x. 3 comments"), item(None, None, "", "x. 4 comments"), id="counted text"),
        pytest.param(item(None, None, "A", "x"), item(None, None, "A", "y"), id="title alone"),
    ],
)  # fmt: skip
def test_an_item_keeps_its_key(before: Traits, after: Traits) -> None:
    assert key(before) == key(after)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(item("7"), item("8"), id="guids"),
        pytest.param(item("https://e.org/live#1"), item("https://e.org/live#2"), id="guid fragment"),
        pytest.param(item(None, "https://e.org/a"), item(None, "https://e.org/b"), id="links"),
        pytest.param(item(None, "https://e.org/live#1"), item(None, "https://e.org/live#2"), id="live"),
        pytest.param(item(None, HOME, "A"), item(None, HOME, "B"), id="home page"),
        pytest.param(item(None, None, "A"), item(None, None, "B"), id="titles"),
        pytest.param(item(None, "https://e.org/a?sid=12"), item(None, "https://e.org/a?sid=13"), id="short sid"),
        pytest.param(
            item(None, "https://e.org/a?sid=9f86d081884c7d65", "A"),
            item(None, "https://e.org/a?sid=60303ae22b998861", "B"),
            id="articles by sid",
        ),
        pytest.param(item(None, None, "", "3 comments"), item(None, None, "", "4 comments"), id="counts only"),
        pytest.param(item(None, None, "", "x"), item(None, None, "", "y"), id="texts"),
        pytest.param(item("x", "https://e.org/a"), item("x", "https://e.org/b"), id="one guid"),
        pytest.param(item("x", HOME, "A"), item("x", HOME, "B"), id="one guid and link"),
        pytest.param(item("x", HOME, "A", "", "1"), item("x", HOME, "A", "", "2"), id="one but for dates"),
        pytest.param(item(None, None, "Quake", "5"), item(None, None, "Quake", "6"), id="one title"),
        pytest.param(item(None, "https://e.org/a", "A"), item(None, "https://e.org/a", "B"), id="one link"),
    ],
)  # fmt: skip
def test_items_that_differ_never_share_a_key(one: Traits, other: Traits) -> None:
    first, second = identity.keys([one, other], home=HOME)

    assert first != second


def test_an_item_given_before_and_after_an_edit_is_one() -> None:
    old, new = item("7", "https://e.org/a", "A", "x"), item("7", "https://e.org/a", "A", "y")

    assert len(set(identity.keys([old, new]))) == 1


def test_a_feed_that_reuses_guids_has_the_same_keys_whatever_stands_beside_an_item() -> None:
    one, other = item("x", "https://e.org/a", "A"), item("x", "https://e.org/b", "B")
    bystander = item("y", "https://e.org/c", "C")
    together = identity.keys([one, other, bystander])
    habits = Habits(shared=identity.shared_guids(together))

    assert together == tuple(key(each, habits) for each in (one, other, bystander))
    assert key(bystander) == together[2]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("T", "A  story\nin lines", "https://e.org/a"), ("T", "A story in lines", "http://e.org/a")),
        (("T", "Story. 12 Comments", None), ("T", "Story. 1,345 comments", None)),
        (("T", "Story. Comments (3)", None), ("T", "Story. Comments (4)", None)),
        (("T", "Posted 3 hours ago: x", None), ("T", "Posted 5 hours ago: x", None)),
        (("T", "x", "https://e.org/a?fbclid=1"), ("T", "x", "https://e.org/a")),
        (("T", "x", "https://e.org/a;jsessionid=1"), ("T", "x", "http://www.e.org/a/")),
        (("T (3 comments)", "x", None), ("T (4 comments)", "x", None)),
        (("T", "Story\n12 comments\n3 shares\nMore", None), ("T", "Story\n1k comments\n4 shares\nMore", None)),
        (("T", "Story [12 comments, 3 shares]", None), ("T", "Story [13 comments, 4 shares]", None)),
        (("T", "Story | 12 views | 3 likes | x", None), ("T", "Story | 9 views | 1 like | x", None)),
        (("T", "Points: 3\n# Comments: 4", None), ("T", "Points: 5\n# Comments: 6", None)),
        (("T", "submitted 5 minutes ago by jo", None), ("T", "submitted 2 hours ago by jo", None)),
        (("T", "A story without full stop 3 comments", None), ("T", "A story without full stop 9 comments", None)),
    ],
)  # fmt: skip
def test_what_changes_by_itself_is_no_edit(
    before: tuple[str, str, str | None], after: tuple[str, str, str | None]
) -> None:
    assert identity.content_hash(*before) == identity.content_hash(*after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("passed by 3 votes", "passed by 212 votes"),
        ("It passed by 3 votes.", "It passed by 212 votes."),
        ("by 3 votes to 2", "by 4 votes to 2"),
        ("The index lost 3 points. More", "The index lost 90 points. More"),
        ("bought 5 shares of the firm", "bought 900 shares of the firm"),
        ("The result in votes: 5 for, 3 against", "The result in votes: 6 for, 3 against"),
        ("The rocket fell 3 days ago near Minsk", "The rocket fell 5 days ago near Minsk"),
    ],
)
def test_numbers_in_a_sentence_are_what_it_says(before: str, after: str) -> None:
    for link in (None, "https://e.org/a"):
        assert identity.content_hash("T", before, link) != identity.content_hash("T", after, link)
    assert identity.content_hash(before, "x", None) != identity.content_hash(after, "x", None)


@pytest.mark.parametrize(
    "after",
    [("T2", "12 dead", None), ("T", "15 dead", None), ("T", "12 dead", "https://e.org/a")],
)
def test_title_text_and_link_are_edits(after: tuple[str, str, str | None]) -> None:
    assert identity.content_hash("T", "12 dead", None) != identity.content_hash(*after)


def test_guids_of_a_feed_that_makes_them_anew_name_nothing() -> None:
    fickle = Habits(fickle=True)
    one, again = item("x1", "https://e.org/a", "A"), item("x2", "https://e.org/a", "A, edited")

    assert key(one) != key(again)
    assert key(one, fickle) == key(again, fickle)


SOME = st.sampled_from([None, "x", "https://e.org/a", "https://e.org/b", HOME])
ITEMS = st.builds(
    item, SOME, SOME, st.sampled_from(["", "A", "B"]), st.sampled_from(["", "p", "q"])
)


@settings(deadline=None)
@given(st.lists(ITEMS, max_size=12), st.booleans())
def test_equal_keys_mean_the_same_guid_link_and_title(items: list[Traits], again: bool) -> None:
    shared = identity.shared_guids(identity.keys(items, home=HOME)) if again else []
    found: dict[str, Traits] = {}
    for one, its_key in zip(
        items, identity.keys(items, home=HOME, habits=Habits(shared=shared)), strict=True
    ):
        same = found.setdefault(its_key, one)

        assert (one.guid, one.title) == (same.guid, same.title)
        assert one.link == same.link or one.guid is None
        assert one.text == same.text or one.guid or one.link


@settings(deadline=None)
@given(st.lists(ITEMS, max_size=8), st.data())
def test_the_key_beside_other_items_is_among_the_aliases(
    items: list[Traits], data: st.DataObject
) -> None:
    shared = identity.shared_guids(identity.keys(items, home=HOME))
    some = data.draw(st.lists(st.sampled_from(items), max_size=8)) if items else []
    for habits in (USUAL, Habits(shared=shared), Habits(fickle=True)):
        for one, its_key in zip(some, identity.keys(some, home=HOME, habits=habits), strict=True):
            assert its_key in identity.aliases(one, home=HOME, habits=habits)
