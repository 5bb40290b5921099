"""Which text of a page is its headline."""

import pytest

from ingest.articles.titles import Names, Said, choose, spellings, tidy

NAMES = Names.of(["The Vellmar Post"], "https://www.vellmarpost.example/a", ["Oda Brandt"])
QUAY = "Harbour council closes the east quay"


@pytest.mark.parametrize(
    ("said", "title"),
    [
        (Said(h1=["Menu", QUAY], social=QUAY), QUAY),
        (Said(h1=["Menu"], h2=["News", QUAY], social=QUAY), QUAY),
        (Said(h1=["East quay closure: what we know"], h2=[QUAY], structured=QUAY), QUAY),
        (Said(h1=["East quay closure: all facts"], h2=[f"Port – {QUAY}"], social=QUAY), QUAY),
        (Said(h1=[QUAY], social=f"Port: {QUAY}"), f"Port: {QUAY}"),
        (Said(h1=[QUAY], social=f"Oda Brandt: {QUAY}"), QUAY),
        (Said(h1=[QUAY], window=f"Vellmarpost Blog: {QUAY}"), QUAY),
        (Said(h1=[f"Port: {QUAY}"], social=QUAY), QUAY),
        (Said(h1=[f"Port: {QUAY}"], structured=f"Port: {QUAY}", social=QUAY), f"Port: {QUAY}"),
        (Said(h1=['"A sad day": ferries are rerouted'], social="Ferries are rerouted"), '"A sad day": ferries are rerouted'),
        (Said(h1=["Ports and piers " + QUAY], social=QUAY), QUAY),
        (Said(h1=["Tsunami"], social="Tsunami: harbours are evacuated"), "Tsunami: harbours are evacuated"),
        (Said(h1=["The quay that nobody wanted", "More news"], structured="Port politics"), "The quay that nobody wanted"),
        (Said(h1=["Vellmar Post"], window=QUAY), QUAY),
        (Said(window=QUAY), QUAY),
        (Said(h1=["Home"], feed=QUAY), QUAY),
        (Said(), ""),
    ],
    ids=lambda value: "" if isinstance(value, str) else None,
)  # fmt: skip
def test_the_headline_is_the_heading_that_the_head_confirms(said: Said, title: str) -> None:
    assert choose(said, NAMES) == title


@pytest.mark.parametrize(
    "text",
    [
        f"{QUAY} | The Vellmar Post",
        f"{QUAY} – Vellmarpost.example",
        f"The Vellmar Post: {QUAY}".replace(": ", " : "),
        f"Opinion | {QUAY} | Editorial",
        f"{QUAY} ｜ Port",
        f"{QUAY} (video)",
        f"{QUAY} [Watch]",
    ],
)
def test_the_sites_name_sections_and_media_marks_are_no_headline(text: str) -> None:
    assert tidy(text, NAMES) == QUAY


def test_what_a_bracket_says_of_the_story_stays() -> None:
    assert tidy("Vellmar beats Ostheim (3-1)", NAMES) == "Vellmar beats Ostheim (3-1)"


def test_a_title_that_only_names_the_site_is_left_whole() -> None:
    assert tidy("The Vellmar Post", NAMES) == "The Vellmar Post"


def test_every_spelling_is_known_for_the_line_that_repeats_it() -> None:
    said = Said(structured="Quay to close", social=f"{QUAY} | The Vellmar Post")

    assert {"quay to close", QUAY.casefold()} <= spellings(said, QUAY, NAMES)


def test_an_address_that_cannot_be_read_names_no_site() -> None:
    assert Names.of(["Post"], "http://[").site == {"post"}
