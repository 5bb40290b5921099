"""News texts made up for the tests: the same number gives the same text, no two share a phrase."""

from random import Random

_SYLLABLES = [
    "ba",
    "de",
    "fi",
    "go",
    "hu",
    "ka",
    "le",
    "mi",
    "no",
    "pu",
    "ra",
    "se",
    "ti",
    "vo",
    "wu",
    "za",
    "lor",
    "min",
    "tes",
    "gan",
]
_NAMES = [
    "Alvik",
    "Bremen",
    "Corda",
    "Dunmore",
    "Eskil",
    "Farrow",
    "Gadim",
    "Holt",
    "Imber",
    "Jorun",
    "Kestle",
    "Lund",
]


def sentence(random: Random, words: int = 16) -> str:
    """A sentence of made-up words with a name and a number in it."""
    said = ["".join(random.choices(_SYLLABLES, k=random.randint(1, 3))) for _ in range(words)]
    said[words // 3] = random.choice(_NAMES) + random.choice(_SYLLABLES)
    said[words // 2] = str(random.randint(2, 9999))
    return " ".join(said).capitalize() + "."


def paragraphs(number: int, count: int = 8) -> list[str]:
    """The paragraphs of a text, three sentences each."""
    random = Random(number)
    return [" ".join(sentence(random) for _ in range(3)) for _ in range(count)]


def title(number: int) -> str:
    """A headline of seven words."""
    return sentence(Random(-1 - number), 7).rstrip(".")


def body(number: int, count: int = 8) -> str:
    """A whole text of about fifty words a paragraph."""
    return "\n\n".join(paragraphs(number, count))


FOOTER = (
    "Sign up for our daily letter and never miss a story from the harbour desk. All rights "
    "reserved by the publisher; no part of this page may be copied, stored or sent on without "
    "written leave. Our reporters follow the code of the press council. Corrections are listed on "
    "a page of their own, and complaints are answered by the readers' editor within ten days."
)


def weather(place: str, day: str, degrees: int, wind: int, rain: int) -> str:
    """A bulletin from a template: only names and numbers differ."""
    return (
        f"People in {place} should expect a windy {day}, the weather office said in its bulletin. "
        f"Temperatures will reach {degrees} degrees in the afternoon, with gusts of up to {wind} "
        f"kilometres an hour along the coast near {place}. The chance of rain is put at {rain} per "
        f"cent. Drivers were asked to take care on open roads, and ferries from {place} may be "
        f"late. The outlook for the rest of the week remains unsettled. The next bulletin is due "
        f"at {6 + wind % 12} o'clock."
    )
