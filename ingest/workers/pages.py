"""Pages are read in processes of their own: one that hangs or crashes the parser costs a process.

Each process is a Python started afresh (`page_process.py`), so threads here do no harm; it has a
limit of CPU time, of memory and of age, and knows nothing of the configuration and its secrets.
"""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import BoundedSemaphore, Lock, Timer
from typing import BinaryIO, cast

import ingest
from ingest.articles.sites import SiteRule
from ingest.errors import ExtractError
from ingest.model import Extraction, Hint
from ingest.workers import frames
from ingest.workers.frames import Question

WALL_S = 60.0
"""Seconds after which a process is given up even if it used no CPU time: six times its CPU limit,
for a machine that is busy with other things."""

MAX_PAGES = 1_000
"""Pages to one process; then a fresh one takes its place, so that no leak of a parser adds up."""

MAX_PROCESSES = 4
"""Processes at most: each holds about 60 MB, and four read some 500 median pages a second."""

DYING_S = 1.0
"""Seconds a process has to say why it ended, once its output has."""

MAX_REPLY = 100_000_000
"""Bytes of a reply; a text is at most as long as its page."""

_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH")
"""Of the environment only these: it may hold secrets, and the process reads hostile input."""


class _Process:
    """One process and the pipes to it; used by one thread at a time."""

    def __init__(self, limits: frames.Limits) -> None:
        # A group of its own: Ctrl-C on a terminal is for this program, which then ends its input.
        self._popen = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-P", "-m", "ingest.workers.page_process", *map(str, limits)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(),
            process_group=0,
        )
        self._in = cast(BinaryIO, self._popen.stdin)
        self._out = cast(BinaryIO, self._popen.stdout)
        self.pages = 0

    @property
    def pid(self) -> int:
        """The process id."""
        return self._popen.pid

    def is_alive(self) -> bool:
        """Return whether the process still runs."""
        return self._popen.poll() is None

    def ask(self, question: bytes, page: bytes, wall_s: float) -> bytes:
        """Return the reply; raises EOFError or OSError where the process ends before it."""
        self.pages += 1
        timer = Timer(wall_s, self._popen.kill)
        timer.start()
        try:
            frames.write_frame(self._in, question)
            frames.write_frame(self._in, page)
            self._in.flush()
            return frames.read_frame(self._out, MAX_REPLY)
        finally:
            timer.cancel()

    def end(self, grace_s: float = 0.0) -> int:
        """End the process, after this many seconds by force; return its exit code or -signal."""
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(grace_s)
        self._popen.kill()
        with suppress(BrokenPipeError):
            self._in.close()
        self._out.close()
        return self._popen.wait()


def _environment() -> dict[str, str]:
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return passed | {"PYTHONPATH": str(Path(ingest.__file__).parents[1])}


class Pages:
    """Processes that read pages, started when first needed; threads share it."""

    def __init__(
        self,
        processes: int | None = None,
        *,
        wall_s: float = WALL_S,
        limits: frames.Limits = frames.LIMITS,
    ) -> None:
        most = processes or min(os.cpu_count() or 1, MAX_PROCESSES)
        self._room = BoundedSemaphore(most)
        self._idle: list[_Process] = []
        self._lock = Lock()
        self._wall_s, self._limits = wall_s, limits
        self._closed = False

    def extract(
        self,
        html: bytes | str,
        *,
        url: str,
        content_type: str | None = None,
        rule: SiteRule | None = None,
        hint: Hint | None = None,
        display: bool = False,
    ) -> Extraction:
        """Return the article of a page as `articles.extract.extract` does, waiting for a process.

        Raises ExtractError, also for a page that broke the process that read it.
        """
        is_text = isinstance(html, str)
        question = Question(url, content_type, rule, hint, is_text, display)
        asked = frames.encode_question(question)
        page = html.encode("utf-8", "replace") if isinstance(html, str) else html
        with self._room:
            reply = frames.decode_reply(self._ask(asked, page))
        if reply.extraction is None:
            raise ExtractError(reply.error, outcome=reply.outcome, moved_to=reply.moved_to)
        return reply.extraction

    def _ask(self, question: bytes, page: bytes) -> bytes:
        process = self._take()
        try:
            reply = process.ask(question, page, self._wall_s)
        except (EOFError, OSError) as error:
            why = _why(process.end(DYING_S))
            raise ExtractError(why, outcome="hostile") from error
        self._give_back(process)
        return reply

    def _take(self) -> _Process:
        """Return an idle process that lives, or a new one."""
        with self._lock:
            while self._idle:
                process = self._idle.pop()
                if process.is_alive():
                    return process
                process.end()
        return _Process(self._limits)

    def _give_back(self, process: _Process) -> None:
        with self._lock:
            if process.pages < MAX_PAGES and not self._closed:
                self._idle.append(process)
                return
        process.end()

    def processes(self) -> list[int]:
        """Return the ids of the idle processes."""
        with self._lock:
            return [process.pid for process in self._idle]

    def close(self) -> None:
        """End the processes; one that is reading ends with its page."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for process in idle:
            process.end()


def _why(code: int) -> str:
    """Return what an exit code says of the page, as a sentence."""
    if code == -signal.SIGXCPU:
        return "reading the page took too long and was given up"
    if code == -signal.SIGKILL:
        return "reading the page hung, or was ended from outside"
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    return f"the page broke the parser ({how})"
