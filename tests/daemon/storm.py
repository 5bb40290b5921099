"""A storm: numbered entries are published while the receivers misbehave and the program is killed.

The receivers refuse, stall, reset and answer 429 at random; what they said yes to is written down,
so that in the end every expected alert can be asked for.
"""

import json
import random
import re
import signal
import sqlite3
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from time import monotonic, sleep
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session
from standardwebhooks import Webhook

from tests.desk import KEY, Desk, end, in_thread, page, prose, rss
from tests.origin import Answer, Asked

OUTLETS = 3
SHOWN = 30
"""Entries that a feed shows at a time; more are never published between two checks of it."""

_NUMBER = re.compile(r"Report (\d+) ")


class Reset(OSError):
    """The receiver ends the connection without an answer."""


@dataclass
class Receivers:
    """A webhook receiver and a mail server, in a mood that changes with each message."""

    chance: random.Random
    calm: bool = False
    hooked: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    """The delivery ids under which each number was taken."""
    mailed: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    repeats: int = 0
    """Messages that were taken again, under an id known already."""
    moods: Counter[str] = field(default_factory=Counter)

    def _mood(self) -> str:
        moods = ("take", "take", "refuse", "stall", "reset", "later", "take and reset")
        mood = "take" if self.calm else self.chance.choice(moods)
        self.moods[mood] += 1
        return mood

    def _take(self, taken: dict[int, set[str]], headline: str, id: str) -> None:
        found = _NUMBER.search(headline)
        assert found, headline
        ids = taken[int(found[1])]
        self.repeats += id in ids
        ids.add(id)

    def receive(self, asked: Asked) -> Answer:
        """Answer a webhook whose signature holds."""
        Webhook(KEY).verify(asked.body, dict(asked.headers))
        mood = self._mood()
        if mood == "refuse":
            return 503, {}, b"no"
        if mood == "later":
            return 429, {"Retry-After": "1"}, b"slowly"
        if mood == "stall":
            sleep(2)
        if mood in ("reset", "stall"):
            raise Reset
        title = json.loads(asked.body)["data"]["article"]["title"]
        self._take(self.hooked, title, asked.headers["webhook-id"])
        if mood == "take and reset":
            raise Reset
        return 204, {}, b""

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Answer to one recipient."""
        if not self.calm and self.chance.random() < 0.2:
            return "451 not now"
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Answer to a whole mail."""
        content = envelope.content
        assert isinstance(content, bytes)
        mail = message_from_bytes(content, policy=policy.default)
        mood = self._mood()
        if mood in ("refuse", "later"):
            return "451 not now"
        if mood.startswith("take"):
            self._take(self.mailed, mail["Subject"], mail["Message-ID"])
        if mood in ("stall", "reset", "take and reset"):
            assert server.transport is not None
            server.transport.abort()  # type: ignore[attr-defined]
        return "250 kept"


@dataclass
class Storm:
    """Entries published so far, and the daemon that is killed meanwhile."""

    desk: Desk
    seed: int
    published: int = 0
    kills: int = 0

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.receivers = Receivers(random.Random(self.seed + 1))
        desk = self.desk
        desk.postbox.handle_RCPT = self.receivers.handle_RCPT  # type: ignore[attr-defined]
        desk.postbox.handle_DATA = self.receivers.handle_DATA  # type: ignore[method-assign]
        desk.origin.route("/hook", self.receivers.receive)
        channels: dict[str, dict[str, Any]] = desk.settings["channels"]
        channels["desk"]["smtp"]["timeout"] = channels["soc"]["timeout"] = "1s"
        self._feeds()
        desk.watch(
            [f"/{outlet}.xml" for outlet in range(OUTLETS)],
            {"walruses": "walrus"},
            channels=channels,
            polling={"interval": "1s", "min": "1s", "adaptive": False},
        )

    @property
    def expected(self) -> set[int]:
        """The numbers that must be told: every third report tells of a walrus."""
        return set(range(0, self.published, 3))

    def publish(self, count: int) -> None:
        """Publish further numbered entries, each a story of its own."""
        for number in range(self.published, self.published + count):
            headline = f"Report {number} of the coast"
            texts = prose(1000 + number, "gull" if number % 3 else "walrus")
            self.desk.origin.publish(f"/{number}.html", page(headline, texts), "text/html")
        self.published += count
        self._feeds()

    def _feeds(self) -> None:
        for outlet in range(OUTLETS):
            numbers = [n for n in range(self.published) if n % OUTLETS == outlet][::-1][:SHOWN]
            items = [(f"/{n}.html", f"Report {n} of the coast", "In short.") for n in numbers]
            self.desk.origin.publish(f"/{outlet}.xml", rss(f"Outlet {outlet}", items))

    def kill_once(self, lowest_s: float, highest_s: float) -> None:
        """Let the daemon run for a random time, publishing meanwhile, and kill it.

        Most times it is at work by then; now and then it is killed while it starts.
        """
        process = self.start()
        if self.chance.random() < 0.8:
            process.stdout.readline()
        lives_s = self.chance.uniform(lowest_s, highest_s)
        for _ in range(3):
            sleep(lives_s / 4)
            self.publish(self.chance.randint(0, 3))
        sleep(lives_s / 4)
        end(process, signal.SIGKILL)
        self.kills += 1

    def start(self) -> Any:
        """Start the daemon with short waits between attempts."""
        words = [sys.executable, "-m", "tests.daemon.hasty", "-c", str(self.desk.config), "run"]
        return self.desk.start_command(words)

    def settle(self, timeout_s: float) -> None:
        """Let the receivers take everything and the daemon finish; ends early once all is told."""
        self.receivers.calm = True
        process = self.start()
        reader = in_thread(process.stdout.read)
        until = monotonic() + timeout_s
        while monotonic() < until and not self._all_told():
            sleep(0.2)
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=15)
        reader.join()
        process.stdout.close()

    def _all_told(self) -> bool:
        told = (self.receivers.hooked, self.receivers.mailed)
        return all(set(taken) >= self.expected for taken in told) and not self._open()

    def _open(self) -> int:
        database = sqlite3.connect(f"file:{self.desk.folder / 'ingest.db'}?mode=ro", uri=True)
        try:
            query = "SELECT count(*) FROM deliveries WHERE state != 'delivered'"
            return int(database.execute(query).fetchone()[0])
        finally:
            database.close()

    def faults(self) -> list[str]:
        """Return what is wrong in the end: empty where nothing was lost, doubled or renamed."""
        desk = self.desk
        entries = Counter(row["link"] for row in desk.rows("entries", "list"))
        urls = [desk.origin.url(f"/{number}.html") for number in range(self.published)]
        wrong = [f"{url} stored {entries[url]} times" for url in urls if entries[url] != 1]
        for row in desk.rows("deliveries", "list"):
            if row["state"] != "delivered":
                wrong.append(f"delivery {row['id']} is {row['state']}: {row['last_error']}")
        alerts = desk.rows("alerts", "list")
        if len(alerts) != len(self.expected):
            wrong.append(f"{len(alerts)} alerts where {len(self.expected)} were due")
        for name, taken in (("hook", self.receivers.hooked), ("mail", self.receivers.mailed)):
            wrong += _differences(name, taken, self.expected)
        return wrong


def _differences(name: str, taken: dict[int, set[str]], expected: set[int]) -> Sequence[str]:
    return [
        *(f"{name} {number} was lost" for number in sorted(expected - set(taken))),
        *(f"{name} {number} was not asked for" for number in sorted(set(taken) - expected)),
        *(
            f"{name} {number} came under {len(ids)} ids"
            for number, ids in sorted(taken.items())
            if len(ids) > 1
        ),
    ]
