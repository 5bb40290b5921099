"""The demo itself: the outlets publish, the real daemon's parts do their work, the terminal tells."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Event as Signal
from time import monotonic
from typing import Any

import yaml
from rich.console import Console, Group
from rich.markup import escape
from rich.panel import Panel
from rich.syntax import Syntax
from rich.table import Table

from ingest.app import App, Event, now
from ingest.config.load import load
from ingest.daemon import clock
from ingest.demo.news import LATER, OUTLETS, PROGRAMME, Piece
from ingest.demo.press import Press, open_presses
from ingest.demo.sinks import HookSink, MailSink
from ingest.jobs.read import Read
from ingest.model import AlertWhy, Delivery, DeliveryState, PlacementWhy
from ingest.store import Store

SECRET = "demo-secret"  # noqa: S105  of a receiver that ends with the demo

STEP_S = 1.2
"""Time between two publications: long enough to be read on the terminal as it happens."""

PATIENCE_S = 30.0
"""How long the first round may take before the demo says that something is wrong."""

NAMES = {outlet.slug: outlet.name for outlet in OUTLETS}

RULES = [
    {
        "name": "strike",
        "query": '"Norhaven shipyard" AND (strike OR "stopped work")',
        "notify": ["desk", "soc"],
    },
    {
        "name": "router-flaws",
        "query": "CVE-2026-31337 OR (router* AND firmware)",
        "notify": ["desk"],
    },
    {"name": "ferries-sunk", "query": "ferry AND (sank OR sunk)", "notify": ["desk"]},
]


def write_configuration(folder: Path, presses: dict[str, Press], mail: int, hook: str) -> Path:
    """Write the configuration that the demo runs on, an ordinary one, and return its path."""
    settings = {
        "database": f"sqlite:///{folder / 'demo.db'}",
        "contact": "mailto:desk@example.org",
        "fetch": {"site_delay": "0s", "allow_networks": ["127.0.0.0/8"]},
        "polling": {"interval": "1s", "min": "1s", "adaptive": False},
        "channels": {
            "desk": {
                "kind": "email",
                "to": ["desk@example.org"],
                "from": "ingest@example.org",
                "smtp": {"host": "127.0.0.1", "port": mail, "security": "none"},
            },
            "soc": {"kind": "webhook", "url": hook, "secret": SECRET},
        },
        "feeds": [{"url": press.feed_url, "name": press.outlet.name} for press in presses.values()],
        "rules": RULES,
    }
    path = folder / "ingest.yaml"
    path.write_text(yaml.safe_dump(settings, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return path


class Demo:
    """One run of the demo."""

    def __init__(self, folder: Path, console: Console) -> None:
        self._console = console
        self._presses = open_presses()
        self._mail, self._hook = MailSink(), HookSink(SECRET.encode())
        path = write_configuration(folder, self._presses, self._mail.port, self._hook.url)
        self._store = Store.open((settings := load(path, os.environ)).database)
        self._app = App(settings, self._store)
        self._app.sync_feeds()
        self._app.listeners.append(self._tell)
        self._path = path
        self._read = 0
        self._sent = 0
        self._owed = 0
        self._moved = Signal()

    def run(self, *, once: bool, received: bool = True) -> bool:
        """Play the first round, and the later one until interrupted; False when it got stuck."""
        scheduler = clock(self._app)
        self._greet()
        self._app.start()
        scheduler.start()
        try:
            done = self._play(PROGRAMME)
            self._sum_up()
            if received:
                self._show_received()
            if not once:
                self._play(LATER)
                self._console.print(
                    "\nThe outlets are silent now; the daemon watches on. Ctrl-C ends it."
                )
                Signal().wait()
        except KeyboardInterrupt:
            self._console.print()
        finally:
            scheduler.shutdown(wait=False)
            self._app.close()
        return done

    def _play(self, programme: Sequence[tuple[str, Piece]]) -> bool:
        """Publish piece by piece, then wait until all is read and all alerts are out."""
        target = self._read + len(programme)
        for slug, piece in programme:
            self._presses[slug].publish(piece)
            self._app.store.request_check(None, all=True, force=False, now=now())
            self._app.web.look()
            self._moved.wait(STEP_S)
            self._moved.clear()
        return self._wait(lambda: self._read >= target and self._sent >= self._owed)

    def _wait(self, done: Callable[[], bool]) -> bool:
        until = monotonic() + PATIENCE_S
        while not done() and monotonic() < until:
            self._moved.wait(0.2)
            self._moved.clear()
        return done()

    # --- telling --------------------------------------------------------------------------------

    def _greet(self) -> None:
        outlets = ", ".join(NAMES.values())
        self._console.print(f"[bold]Five outlets on loopback:[/] {outlets}.")
        self._console.print("[bold]Three rules:[/]")
        for rule in RULES:
            self._console.print(f"  {rule['name']:<13} [cyan]{escape(str(rule['query']))}[/]")
        self._console.print(f"[dim]An ordinary configuration: {self._path}[/]\n")

    def _tell(self, event: Event) -> None:
        """Say in one line what happened."""
        if isinstance(event, Read) and event.kept:
            self._read += 1
            self._tell_read(event)
            self._moved.set()
        elif isinstance(event, Delivery):
            self._sent += event.state is DeliveryState.DELIVERED
            kind = "mail" if event.channel == "desk" else "webhook"
            self._console.print(f"    [green]{event.state.value}[/] to {event.channel} ({kind})")
            self._moved.set()

    def _tell_read(self, event: Read) -> None:
        kept = event.kept
        assert kept is not None
        article, placement = kept.article, kept.placement
        if placement is None or placement.why is PlacementWhy.NEW:
            where = f"[bold]new story {article.story_id}[/]"
        else:
            where = f"story {article.story_id}, {placement.why.value.replace('_', ' ')}"
        name = f"{event.entry.feed:<20}"
        self._console.print(f"{name} {escape(article.title)}  [dim]{where}[/]")
        for match in self._store.matches_for(article.id):
            self._tell_match(article.id, match)

    def _tell_match(self, article: int, match: Mapping[str, Any]) -> None:
        """Say what became of a rule that is true of an article, and why it is."""
        if match["why"] == AlertWhy.ALERTED:
            terms = ", ".join(f"“{term}”" for term in self._terms(article, match["rule"]))
            self._console.print(f"    [bold red]alert[/] {match['rule']}: {escape(terms)}")
            self._owed += len(list(self._store.list_deliveries(alert=match["alert"])))
        else:
            why = match["why"].replace("_", " ")
            self._console.print(f"    [dim]{match['rule']}: {why}, nobody is told again[/]")

    def _sum_up(self) -> None:
        self._console.print()
        self._console.print(self._outlets(), "", self._stories(), "", self._alerts(), sep="\n")

    def _show_received(self) -> None:
        for mail in self._mail.mails[:1]:
            head = "\n".join(
                f"{name}: {mail[name]}"
                for name in ("From", "To", "Subject", "Date", "Message-ID", "List-ID")
            )
            body = mail.get_body(("plain",))
            text = body.get_content() if body else ""
            self._console.print()
            self._console.print(
                Panel(escape(f"{head}\n\n{text}".strip()), title="the mail as received")
            )
        for hook in self._hook.hooks[:1]:
            self._console.print(self._received(hook.headers, hook.body, signed=hook.signed))

    def _received(self, headers: dict[str, str], body: dict[str, object], *, signed: bool) -> Panel:
        names = ("webhook-id", "webhook-timestamp", "webhook-signature", "content-type")
        lines = "\n".join(f"{name}: {headers.get(name)}" for name in names)
        verdict = "signature verified" if signed else "[red]signature wrong[/]"
        text = yaml.safe_dump(body, sort_keys=False, allow_unicode=True, width=100)
        return Panel(
            Group(
                escape(lines), "", Syntax(text, "yaml", background_color="default", word_wrap=True)
            ),
            title=f"the webhook as received: {verdict}",
            subtitle="sent as JSON, shown as YAML",
        )

    def _outlets(self) -> Table:
        table = _table("outlets", "outlet", "articles", "requests answered 304")
        articles = list(self._store.list_articles())
        for press in self._presses.values():
            name = press.outlet.name
            count = sum(row["feed"] == name for row in articles)
            table.add_row(name, str(count), str(press.not_modified))
        return table

    def _stories(self) -> Table:
        table = _table("stories", "story", "articles", "told by", "title")
        for row in sorted(self._store.list_stories(), key=lambda row: row["id"]):
            story = self._store.story(row["id"]) or {}
            feeds = ", ".join(source["feed"] for source in story["sources"])
            table.add_row(str(row["id"]), str(row["articles"]), feeds, escape(row["title"]))
        return table

    def _alerts(self) -> Table:
        table = _table("alerts", "rule", "story", "sources", "because of", "sent to")
        for row in sorted(self._store.list_alerts(), key=lambda row: row["id"]):
            sent = ", ".join(
                f"{each['channel']} ({each['state']})"
                for each in self._store.list_deliveries(alert=row["id"])
            )
            because = escape(", ".join(self._terms(row["article"], row["rule"])))
            table.add_row(row["rule"], str(row["story"]), str(row["articles"]), because, sent)
        return table

    def _terms(self, article: int, rule: str) -> list[str]:
        """Return the passages that made a rule true of an article, each once."""
        stored = self._store.article(article)
        assert stored is not None
        texts = {"title": stored["title"], "text": stored["body"]}
        spans = [
            span
            for match in self._store.matches_for(article)
            for span in match["spans"]
            if match["rule"] == rule
        ]
        terms = (texts[field][start:end] for field, start, end in spans)
        return list({term.lower(): term for term in terms}.values())


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, header_style="dim", overflow="fold")
    return table
