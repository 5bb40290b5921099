"""What asking the past costs: `search` and `rules test` over a large store, beside the matcher.

    python -m benchmarks.search build DATABASE [ARTICLES]     a new store, a million by default
    python -m benchmarks.search index DATABASE                its text index made anew
    python -m benchmarks.search ask DATABASE                  percentiles for kinds of queries

The articles are made up, over one year: words as frequent as in a language (Zipf's law, twice as
steep for rare words), the commonest of them function words, a topic to each article whose words and
names come together, sentences and commas. The queries are made of the same words, from the
commonest to the rarest.
"""

import random
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import accumulate, islice
from statistics import median

from sqlalchemy import Connection, create_engine, insert, select, text

from ingest.cli.past import hits
from ingest.model import Rule
from ingest.store import Store, search
from ingest.store.engine import open_engine, parse
from ingest.store.tables import articles, entries, feeds, texts
from ingest.text import FUNCTION_WORDS

NOW = datetime(2026, 11, 1, tzinfo=UTC)
YEAR = timedelta(days=365)
WORDS = 200_000
FUNCTION = 120
"""Of them, the commonest: a third of a text, as in English."""
STEEPER = 7_873
"""The rank from which on frequencies fall with the power 1.77 (Gerlach and Altmann, 2013)."""
TOPICS = 400
TOPIC_WORDS = 300
AT_ONCE = 1_000
PAGE = 20
"""Hits of a search: a page of them."""
ROUNDS = 20
"""Queries of each kind."""


class Language:
    """A made-up language and what is talked about in it."""

    def __init__(self, seed: int = 1) -> None:
        self.chance = random.Random(seed)
        self.words = self._vocabulary()
        self.weights = list(accumulate(map(_frequency, range(WORDS))))
        self.topic_weights = list(accumulate(1 / (rank + 3) for rank in range(TOPIC_WORDS)))
        self.topics = [self._topic() for _ in range(TOPICS)]
        self.said: list[str] = []
        """Sentences of stored articles."""
        self.busy = list(accumulate(1 / (rank + 5) for rank in range(TOPICS)))

    def _vocabulary(self) -> list[str]:
        """Return function words, then others, the shortest ones first."""
        pick = self.chance.choice
        words = dict.fromkeys(sorted(FUNCTION_WORDS)[:FUNCTION])
        while (count := len(words) - FUNCTION) < WORDS - FUNCTION:
            syllables = 1 + count // 30 if count < 120 else self.chance.randint(2, 5)
            word = "".join(pick("bcdfghklmnprstvw") + pick("aeiou") for _ in range(syllables))
            if word not in FUNCTION_WORDS:
                words[word] = None
        return list(words)

    def _topic(self) -> list[str]:
        """Return the words of a topic, the commonest first; every tenth is a name of two words."""
        places = (int(300 * 400 ** self.chance.random()) for _ in range(TOPIC_WORDS))
        words = [self.words[place] for place in places]
        for number in range(0, TOPIC_WORDS, 10):
            words[number] = f"{words[number].title()} {self.chance.choice(words).title()}"
        return words

    def article(self) -> tuple[str, str, str]:
        """Return a title, a summary and a text of some 400 words."""
        chance = self.chance
        (topic,) = chance.choices(self.topics, cum_weights=self.busy)
        length = min(int(chance.lognormvariate(5.85, 0.5)), 3_000)
        words = chance.choices(self.words, cum_weights=self.weights, k=length)
        named = chance.choices(topic, cum_weights=self.topic_weights, k=length // 4)
        for place, name in zip(chance.sample(range(length), len(named)), named, strict=True):
            words[place] = name
        sentences = list(self._sentences(words))
        body = "\n\n".join(" ".join(sentences[at : at + 3]) for at in range(0, len(sentences), 3))
        return " ".join(named[:7]).capitalize(), sentences[0] if sentences else "", body

    def _sentences(self, words: list[str]) -> Iterator[str]:
        rest = iter(words)
        while sentence := list(islice(rest, self.chance.randint(8, 28))):
            sentence[len(sentence) // 2] += ","
            sentence[0] = sentence[0].capitalize()
            yield " ".join(sentence) + "."


def _frequency(rank: int) -> float:
    flat = 1 / (rank + 2.7)
    return flat if rank < STEEPER else flat * (STEEPER / rank) ** 0.77


def build(url: str, count: int) -> None:
    """Make a store of so many articles of the past year, each from one of 200 feeds."""
    with Store.open(url):
        pass
    language = Language()
    engine = open_engine(parse(url), writes=True)
    with engine.begin() as connection:
        rows = [
            {
                **{"id": number, "name": f"feed{number}", "url": f"https://f{number}.org/"},
                **{"current_url": f"https://f{number}.org/", "site": f"f{number}.org"},
                **{"tags": [f"tag{number % 7}"], "state": "ok", "memory": {}, "paused": False},
            }
            for number in range(1, 201)
        ]
        connection.execute(insert(feeds), rows)
    for first in range(1, count + 1, AT_ONCE):
        with engine.begin() as connection:
            _fill(connection, language, range(first, min(first + AT_ONCE, count + 1)), count)
        if first % 50_000 == 1:
            print(f"{first - 1:>9} articles", flush=True)


def _fill(connection: Connection, language: Language, numbers: range, count: int) -> None:
    told = [(number, *language.article()) for number in numbers]
    bodies, read, led = [], [], []
    for number, title, summary, body in told:
        at = NOW - YEAR * (1 - number / count)
        url = f"https://f{number % 200 + 1}.org/{number}"
        digest = blake2b(b"%d " % number + body.encode(), digest_size=16).digest()
        bodies.append({"id": number, "hash": digest, "body": body})
        shared = {"feed_id": number % 200 + 1, "key": url, "title": title, "summary": summary}
        shared |= {"authors": [], "published_at": at, "first_seen_at": at}
        read.append(
            {
                **shared,
                **{"id": number, "url": url, "language": "en", "text_id": number, "words": 400},
                **{"method": "page", "warnings": [], "revision": 1, "fetched_at": at},
            }
        )
        led.append(
            {
                **shared,
                **{"link": url, "content": "", "tags": [], "enclosures": [], "hash": "x"},
                **{"state": "read", "why": "new", "silent": False, "site": "x"},
                "article_id": number,
            }
        )
    connection.execute(insert(texts), bodies)
    connection.execute(insert(articles), read)
    connection.execute(insert(entries), led)
    for number, title, summary, body in told:
        search.add(connection, number, title, summary, body)


def index(url: str) -> None:
    """Make the text index of a store anew, as after a change of how words are cut."""
    engine = open_engine(parse(url), writes=True)
    of = articles.c
    query = select(of.id, of.title, of.summary, texts.c.body).join(texts).order_by(of.id)
    last = 0
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO article_words (article_words) VALUES ('delete-all')"))
    while True:
        with engine.begin() as connection:
            some = connection.execute(query.where(of.id > last).limit(5 * AT_ONCE)).all()
            for row in some:
                search.add(connection, row.id, row.title, row.summary, row.body)
        if not some:
            break
        last = some[-1].id
        if last % 50_000 == 0:
            print(f"{last:>9} articles", flush=True)


Kind = Callable[[Language, random.Random], str]


def _word(language: Language, chance: random.Random, low: int, high: int) -> str:
    """Return a word with a rank between these, evenly by its logarithm."""
    return language.words[int(low * (high / low) ** chance.random())]


def _name(language: Language, chance: random.Random) -> str:
    topic = chance.choice(language.topics)
    return topic[10 * chance.randrange(TOPIC_WORDS // 10)]


def _passage(language: Language, chance: random.Random) -> str:
    """Return three words with a function word in the middle, as in Bank of England."""
    while True:
        words = chance.choice(language.said).lower().split()
        at = chance.randrange(1, max(2, len(words) - 1))
        some = words[at - 1 : at + 2]
        if [word in FUNCTION_WORDS for word in some] == [False, True, False]:
            return " ".join(some)


KINDS: dict[str, Kind] = {
    "a common word": lambda of, r: _word(of, r, 200, 2_000),
    "a rare word": lambda of, r: _word(of, r, 20_000, 150_000),
    "a name of two words": lambda of, r: f'"{_name(of, r)}"',
    "a phrase of common words": lambda of, r: (
        f'"{_word(of, r, 120, 400)} {_word(of, r, 120, 400)}"'
    ),
    "a phrase that is not there": lambda of, r: (
        f'"{_word(of, r, 400, 3_000)} {_word(of, r, 400, 3_000)}"'
    ),
    "a phrase as it was written": lambda of, r: f'"{_passage(of, r)}"',
    "two words": lambda of, r: f"{_word(of, r, 200, 9_000)} {_word(of, r, 200, 9_000)}",
    "near": lambda of, r: f"{_word(of, r, 300, 9_000)} NEAR/5 {_word(of, r, 300, 9_000)}",
    "a group and a NOT": lambda of, r: (
        f'("{_name(of, r)}" OR {_word(of, r, 1_000, 9_000)}) {_word(of, r, 300, 9_000)} '
        f"NOT {_word(of, r, 200, 900)}"
    ),
    "an open ending": lambda of, r: f"{_word(of, r, 2_000, 99_000)[:6]}*",
    "a headline": lambda of, r: f"title:{_word(of, r, 300, 9_000)}",
}


MONTHS = (
    *("{1500}", "{600}", "{140}", "{80}", '"{name}"', '"{130} {200}"', "{300} NEAR/5 {500}"),
    *("-{3000}", "-{600}", "-{140}", "-{80}", "/{5000}/"),
)
"""Queries by the ranks of their words, which are in 3, 5, 20 and 30 % of articles."""


def ask(url: str) -> None:
    """Time each kind of query, a page of the newest hits; then whole months."""
    language, chance = Language(), random.Random(7)
    engine = create_engine(parse(url))
    with engine.connect() as connection:
        newest = connection.execute(
            select(articles.c.first_seen_at).order_by(articles.c.id.desc()).limit(1)
        ).scalar_one()
        bodies = connection.scalars(select(texts.c.body).order_by(texts.c.id.desc()).limit(50))
        language.said = [said for body in bodies for said in re.split(r"[.,]\s+", body) if said]
    with Store.open(url) as store:
        taken: list[float] = []
        for name, make in KINDS.items():
            some = [_timed(store, make(language, chance)) for _ in range(ROUNDS)]
            taken += some
            print(f"{name:<32}{_percentiles(some)}")
        print(f"{'all of these':<32}{_percentiles(taken)}")
        for query in MONTHS:
            asked = query.format(*language.words[:6_000], name=_name(language, chance))
            began = time.perf_counter()
            since = newest - timedelta(days=30)
            found = sum(1 for _ in hits(store, Rule("r", asked), since=since))
            took = time.perf_counter() - began
            print(f"30 days of {asked:<40} {found:>7} hits {took:6.2f} s")


def _timed(store: Store, query: str) -> float:
    began = time.perf_counter()
    for _ in islice(hits(store, Rule("r", query)), PAGE):
        pass
    return (time.perf_counter() - began) * 1e3


def _percentiles(times: list[float]) -> str:
    at = sorted(times)
    high = at[min(len(at) - 1, int(0.95 * len(at)))]
    return f"median {median(at):7.1f} ms   p95 {high:7.1f} ms   worst {at[-1]:7.1f} ms"


def main(arguments: Sequence[str]) -> None:
    """Build a store, its index, or ask it."""
    match arguments:
        case ["build", url, *count]:
            build(url, int(count[0]) if count else 1_000_000)
        case ["index", url]:
            index(url)
        case ["ask", url]:
            ask(url)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
