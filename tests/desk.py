"""A desk to test at: a web of outlets, a mail server, a webhook receiver, and the installed program."""

import base64
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import yaml
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from standardwebhooks import Webhook

from tests.origin import Answer, Asked, Origin

KEY = base64.b64encode(b"a key of the tests, 24+ bytes").decode()


class Postbox:
    """Keeps every mail; as an aiosmtpd handler."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append(message_from_bytes(content, policy=policy.default))
        return "250 kept"


@dataclass
class Desk:
    """Everything around one configuration."""

    folder: Path
    origin: Origin
    postbox: Postbox
    smtp_port: int
    hooks: list[dict[str, Any]] = field(default_factory=list)
    hook_ids: list[str] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    running: "list[subprocess.Popen[str]]" = field(default_factory=list)

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.folder / "ingest.yaml"

    def configure(self, **changes: Any) -> None:
        """Change top-level keys and write the file."""
        self.settings |= changes
        self.config.write_text(yaml.safe_dump(self.settings, allow_unicode=True), encoding="utf-8")

    def watch(self, feeds: Iterable[str], rules: Mapping[str, str], **more: Any) -> None:
        """Watch these paths of the origin (a feed's name is its path) with rules to mail and webhook."""
        self.configure(
            feeds=[{"url": self.origin.url(path), "name": path.strip("/")} for path in feeds],
            rules=[
                {"name": name, "query": query, "notify": ["desk", "soc"]}
                for name, query in rules.items()
            ],
            **more,
        )

    def run(self, *words: str, code: int = 0, text: str = "") -> str:
        """Run the program to its end and return what it printed; fails on another exit code."""
        done = subprocess.run(
            self.command(*words),
            input=text,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout if code == 0 else done.stdout + done.stderr

    def rows(self, *words: str) -> list[dict[str, Any]]:
        """Run a listing with --json and return its rows."""
        return [json.loads(line) for line in self.run(*words, "--json").splitlines()]

    def poll(self, *words: str) -> dict[str, Any]:
        """One pass; return its summary."""
        (row,) = self.rows("poll", *words)
        return row

    def command(self, *words: str) -> Sequence[str]:
        """Return the command line of the program."""
        return [sys.executable, "-m", "ingest", "-c", str(self.config), *words]

    def start(self, *words: str, **environ: str) -> "subprocess.Popen[str]":
        """Start the program and leave it running, until `end` or the end of the test."""
        return self.start_command(self.command(*words), **environ)

    def start_command(self, command: Sequence[str], **environ: str) -> "subprocess.Popen[str]":
        """Start any command and leave it running, as `start` does."""
        process = subprocess.Popen(
            command,
            env={**os.environ, **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.running.append(process)
        return process

    def receive(self, asked: Asked) -> Answer:
        """Take a webhook whose signature holds."""
        Webhook(KEY).verify(asked.body, dict(asked.headers))
        self.hook_ids.append(asked.headers["webhook-id"])
        self.hooks.append(json.loads(asked.body))
        return 204, {}, b""


@contextmanager
def open_desk(folder: Path) -> Iterator[Desk]:
    """Set a desk up; private by its folder and its ports."""
    postbox = Postbox()
    port = free_port()
    mail = Controller(postbox, hostname="127.0.0.1", port=port)
    mail.start()
    try:
        with Origin() as origin:
            desk = Desk(folder, origin, postbox, port)
            origin.route("/hook", desk.receive)
            smtp = {"host": "127.0.0.1", "port": port, "security": "none"}
            desk.configure(
                database="sqlite:///ingest.db",
                metrics={"enabled": False},  # its port is everybody's
                fetch={"site_delay": "0s", "allow_networks": ["127.0.0.0/8"], "timeout": "5s"},
                channels={
                    "desk": {
                        "kind": "email",
                        "to": ["desk@example.org"],
                        "from": "ingest@example.org",
                        "smtp": smtp,
                    },
                    "soc": {
                        "kind": "webhook",
                        "url": origin.url("/hook"),
                        "secret": f"whsec_{KEY}",
                    },
                },
            )
            yield desk
            for process in desk.running:
                if process.poll() is None:
                    end(process, signal.SIGKILL)
    finally:
        mail.stop()


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def rss(title: str, items: Iterable[tuple[str, str, str]]) -> bytes:
    """Return an RSS feed of (path, headline, teaser) items."""
    body = "".join(
        f"<item><title>{headline}</title><link>{path}</link><guid isPermaLink='false'>{path}</guid>"
        f"<description>{teaser}</description></item>"
        for path, headline, teaser in items
    )
    return (
        f"<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel><title>{title}</title>"
        f"<link>/</link><description>d</description>{body}</channel></rss>"
    ).encode()


def page(headline: str, paragraphs: Iterable[str]) -> bytes:
    """Return a plain article page."""
    body = "".join(f"<p>{text}</p>" for text in paragraphs)
    return (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{headline}</title></head>"
        f"<body><nav><a href='/'>Home</a></nav><article><h1>{headline}</h1>{body}</article>"
        "<footer><p>All rights reserved.</p></footer></body></html>"
    ).encode()


def prose(seed: int, subject: str) -> list[str]:
    """Return three paragraphs about a subject whose other words no other seed has."""
    chance = random.Random(seed)
    letters = ("bdfgklmnprst", "aeiou", "lmnrst", "aeiou")
    words = ["".join(map(chance.choice, letters)) for _ in range(99)]
    return [f"The {subject} of {' '.join(words[at : at + 33])} was seen." for at in (0, 33, 66)]


def wait_for(truth: Any, timeout_s: float = 15.0) -> None:
    """Wait until `truth()` holds; fail when it does not in time."""
    until = monotonic() + timeout_s
    while not truth():
        assert monotonic() < until, "it did not happen in time"
        sleep(0.02)


def end(process: "subprocess.Popen[str]", number: signal.Signals = signal.SIGTERM) -> str:
    """End a process this test started and return what it printed."""
    process.send_signal(number)
    out, _ = process.communicate(timeout=15)
    return out


def in_thread(work: Any) -> threading.Thread:
    """Run something beside the test."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread
