"""What a site repeats is learned and left out; what it says once never is."""

import random
from collections.abc import Iterator

from ingest.articles import learned
from ingest.articles.learned import Habits, Mark
from ingest.model import Extraction
from tests.desk import prose

BOX = "Our readers in the valley get the letter every Friday with the best of the week."
HISTORY = "The quarrel over the quay began nine years ago, when the first plans became known."


class Site:
    """A site whose habits are kept in a table."""

    def __init__(self) -> None:
        self.articles, self.marks = 0, dict[int, Mark]()

    def read(self, *paragraphs: str) -> Extraction:
        """Read one article as the program does: leave out what is known, then learn."""
        body = "\n\n".join(paragraphs)
        asked = learned.digests(body)
        marks = {digest: self.marks[digest] for digest in asked if digest in self.marks}
        found = learned.without(Extraction("", body), Habits(self.articles, marks))
        self.articles += 1
        for digest in asked:
            self.marks[digest] = learned.seen_again(self.marks.get(digest), self.articles)
        return found


def test_a_box_under_every_article_is_left_out_from_the_eighth_on_and_named() -> None:
    site = Site()
    found = [site.read(*prose(n, "quay"), BOX) for n in range(10)]

    assert [BOX in each.body for each in found] == [True] * 7 + [False] * 3
    assert found[7].warnings == (f"left out, the site repeats it: {BOX}",)
    assert found[7].body == "\n\n".join(prose(7, "quay"))


def test_background_that_a_newsroom_repeats_now_and_then_stays() -> None:
    site = Site()
    found = [
        site.read(*prose(n, "quay"), *([HISTORY] if n % 7 == 0 else []), BOX) for n in range(100)
    ]

    assert all(HISTORY in found[n].body for n in range(0, 100, 7))


def test_a_copy_of_an_article_loses_nothing() -> None:
    site = Site()
    copies = [site.read(*prose(1, "quay")) for _ in range(10)]

    assert {each.body for each in copies} == {"\n\n".join(prose(1, "quay"))}


def test_a_box_that_a_redesign_took_away_is_forgotten() -> None:
    site = Site()
    for n in range(50):
        site.read(*prose(n, "quay"), BOX)
    for n in range(50, 150):
        site.read(*prose(n, "quay"))

    assert BOX in site.read(*prose(200, "quay"), BOX).body


def test_what_stood_in_an_earlier_reading_stays() -> None:
    """Learning must not look like an edit of the page."""
    body = "\n\n".join([*prose(1, "quay"), BOX])
    (box,) = learned.digests(BOX)
    habits = Habits(20, {box: Mark(15.0, 20)})

    assert learned.without(Extraction("", body), habits, standing=body).body == body
    assert BOX not in learned.without(Extraction("", body), habits).body


def test_short_labels_are_never_learned() -> None:
    assert learned.digests("Background\n\nWhat we know") == ()


def _replay(chance: random.Random, articles: int) -> Iterator[tuple[list[str], list[str]]]:
    """Yield (text, furniture) of articles of one made-up site.

    Boxes come in variants, an appeal stands in half of them, background in one of eight, and one
    article in twenty is a copy of the last.
    """
    boxes = [" ".join(prose(900 + n, "letter")[:1]) for n in range(3)]
    appeal, background = prose(910, "appeal")[0], prose(911, "history")[0]
    text: list[str] = []
    for n in range(articles):
        if chance.random() > 0.05:
            text = [
                line
                for part in range(chance.randint(1, 4))
                for line in prose(1000 * part + n, "news")
            ]
            text += [background] if chance.random() < 0.125 else []
        below = [chance.choice(boxes)] + ([appeal] if chance.random() < 0.5 else [])
        yield text, below


def test_over_a_replay_of_many_sites_most_furniture_goes_and_no_text_does() -> None:
    shown = left = lost = 0
    for seed in range(5):
        site = Site()
        for n, (text, furniture) in enumerate(_replay(random.Random(seed), 200)):
            body = site.read(*text, *furniture).body.split("\n\n")
            lost += sum(line not in body for line in text)
            if n >= 20:
                shown += len(furniture)
                left += sum(line in body for line in furniture)

    assert lost == 0
    assert left / shown < 0.05
