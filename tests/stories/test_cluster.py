"""Which texts tell the same story."""

from random import Random

import pytest

from ingest.model import Candidate, Fingerprint, Placement, PlacementWhy, Sketch
from ingest.stories import cluster, near
from tests.stories import texts

TITLE, OTHER_TITLE = texts.title(1), texts.title(2)
PARAGRAPHS = texts.paragraphs(1)
FULL = "\n\n".join(PARAGRAPHS)


def place(
    new: tuple[str, str], *stored: tuple[str, str], furniture: frozenset[Fingerprint] = frozenset()
) -> Placement:
    """Place a text beside stored ones, each in a story of its own number."""
    candidates = [
        Candidate(100 + number, number, near.sketch(*text), furniture=furniture)
        for number, text in enumerate(stored, 1)
    ]
    return cluster.place(near.sketch(*new), candidates)


def spoilt(text: str, every: int) -> str:
    """Change a letter in one of so many words."""
    words = text.split()
    return " ".join(
        word[:-1] + "x" if at % every == 0 and word.islower() else word
        for at, word in enumerate(words)
    )


def test_the_first_text_is_a_new_story_found_by_all_its_fingerprints() -> None:
    sketch = near.sketch(TITLE, FULL)

    placement = cluster.place(sketch, [])

    assert (placement.story_id, placement.why) == (None, PlacementWhy.NEW)
    assert placement.fingerprints == tuple(near.fingerprints(sketch))


def test_the_same_text_under_another_headline_is_the_same_text() -> None:
    placement = place((OTHER_TITLE, FULL), (TITLE, FULL))

    assert (placement.story_id, placement.peer_id) == (1, 101)
    assert placement.why is PlacementWhy.SAME_TEXT
    assert placement.distance == 0
    assert placement.fingerprints == ()


@pytest.mark.parametrize(
    ("title", "body"),
    [
        pytest.param(TITLE, "\n\n".join(PARAGRAPHS[:5]), id="cut tail"),
        pytest.param(OTHER_TITLE, "\n\n".join(PARAGRAPHS[:2]), id="brief under another headline"),
        pytest.param(OTHER_TITLE, PARAGRAPHS[0], id="first paragraph"),
        pytest.param(TITLE, "\n\n".join([texts.body(9, 1), *PARAGRAPHS]), id="paragraph before"),
        pytest.param(
            OTHER_TITLE,
            "\n\n".join([*PARAGRAPHS[:3], texts.body(9, 2), *PARAGRAPHS[3:]]),
            id="paragraphs inserted",
        ),
        pytest.param(TITLE, "\n\n".join(reversed(PARAGRAPHS)), id="other order"),
        pytest.param(TITLE, spoilt(FULL, 12), id="letter errors"),
        pytest.param(OTHER_TITLE, FULL + "\n\n" + texts.FOOTER, id="house footer"),
        pytest.param(
            TITLE, "\n\n".join([texts.body(9, 2), *PARAGRAPHS[2:]]), id="updated beginning"
        ),
    ],
)
def test_a_copy_joins_in_either_order(title: str, body: str) -> None:
    later = place((title, body), (TITLE, FULL))
    earlier = place((TITLE, FULL), (title, body))

    assert (later.story_id, later.why) == (1, PlacementWhy.NEAR_COPY)
    assert (earlier.story_id, earlier.why) == (1, PlacementWhy.NEAR_COPY)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(
            texts.weather("Alvik", "Monday", 18, 60, 40),
            texts.weather("Farrow", "Friday", 25, 90, 15),
            id="template",
        ),
        pytest.param(
            texts.body(21, 2) + "\n\n" + texts.FOOTER,
            texts.body(22, 2) + "\n\n" + texts.FOOTER,
            id="footer",
        ),
        pytest.param(
            "\n\n".join([texts.body(21, 2), PARAGRAPHS[0], texts.body(23, 1)]),
            "\n\n".join([texts.body(22, 2), PARAGRAPHS[0], texts.body(24, 1)]),
            id="long quotation",
        ),
        pytest.param(texts.body(21), texts.body(22), id="nothing in common"),
    ],
)
def test_texts_that_share_something_else_stay_apart(one: str, other: str) -> None:
    placement = place((OTHER_TITLE, other), (TITLE, one))

    assert placement.story_id is None


def test_a_template_stays_apart_even_under_the_same_headline() -> None:
    one = texts.weather("Alvik", "Monday", 18, 60, 40)
    other = texts.weather("Farrow", "Friday", 25, 90, 15)

    assert place((TITLE, other), (TITLE, one)).story_id is None


def test_stubs_with_the_same_text_stay_apart_under_different_headlines() -> None:
    stub = "This article is for subscribers only. Log in or take out a subscription to read on."

    assert place((OTHER_TITLE, stub), (TITLE, stub)).story_id is None


def test_a_teaser_joins_the_text_it_begins() -> None:
    teaser = " ".join(FULL.split()[:26])

    assert place((TITLE, FULL), (TITLE, teaser)).story_id == 1
    assert place((TITLE, teaser), (TITLE, FULL)).story_id == 1


def test_copies_in_a_script_without_spaces_join() -> None:
    random = Random(5)
    text = "".join(chr(random.randint(0x4E00, 0x6E00)) for _ in range(400))

    assert place(("", text[:300]), ("", text)).story_id == 1


def test_the_closest_of_several_stories_is_taken() -> None:
    loose = "\n\n".join([*PARAGRAPHS[:4], texts.body(9, 4)])

    placement = place((TITLE, "\n\n".join(PARAGRAPHS[:7])), (TITLE, loose), (TITLE, FULL))

    assert placement.story_id == 2


def test_passages_known_as_furniture_join_nothing() -> None:
    """Of two texts with the same long notice in front, only the notice is alike."""
    notice = near.sketch("", texts.FOOTER)
    furniture = frozenset(near.fingerprints(notice))
    one, other = (f"{texts.FOOTER}\n\n{texts.body(number, 1)}" for number in (31, 32))

    assert place((TITLE, one), (OTHER_TITLE, other), furniture=furniture).story_id is None


def test_a_text_that_became_furniture_still_finds_its_copies() -> None:
    furniture = frozenset(near.fingerprints(near.sketch(TITLE, FULL)))

    placement = place((TITLE, spoilt(FULL, 40)), (TITLE, FULL), furniture=furniture)

    assert placement.story_id == 1


def test_a_placement_says_in_words_how_close_the_texts_are() -> None:
    cut = "\n\n".join(PARAGRAPHS[:5])

    assert place((TITLE, cut), (TITLE, FULL)).detail.startswith("100 % of it stands in article 101")
    assert place((TITLE, FULL), (TITLE, cut)).detail.startswith("contains 100 % of article 101")


def test_a_copy_that_brings_nothing_new_is_not_stored() -> None:
    assert place((TITLE, "\n\n".join(PARAGRAPHS[:5])), (TITLE, FULL)).fingerprints == ()


def test_the_full_text_after_its_flash_is_stored_under_what_it_adds() -> None:
    flash = near.sketch(TITLE, PARAGRAPHS[0])
    known = frozenset(near.fingerprints(flash))

    placement = cluster.place(near.sketch(TITLE, FULL), [Candidate(7, 1, flash, shared=known)])

    assert placement.fingerprints
    assert not known & set(placement.fingerprints)


def test_a_chain_of_small_changes_comes_to_an_end() -> None:
    """Each version replaces a fifth of the one before; after a few nothing joins through them."""
    peer = near.sketch(TITLE, FULL)
    hops, version = 0, list(PARAGRAPHS)
    for step in range(1, cluster.MAX_HOPS + 2):
        version = version[2:] + texts.paragraphs(50 + step, 2)
        sketch: Sketch = near.sketch(TITLE, "\n\n".join(version))
        placement = cluster.place(sketch, [Candidate(step, 1, peer, hops=hops)])
        assert placement.story_id == 1
        peer, hops = sketch, placement.hops

    assert placement.fingerprints == ()


def test_texts_without_words_are_stories_of_their_own() -> None:
    assert place(("", ""), ("", "")).story_id is None
    assert place(("!!!", "..."), ("", "")).story_id is None
