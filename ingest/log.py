"""Logs for a terminal or for a machine: one line an event, with the ids that its `extra` carries."""

import json
import logging
import sys
import time
from typing import Literal, TextIO

_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def _context(record: logging.LogRecord) -> dict[str, object]:
    """Return what `extra` added to a record: feed, entry, delivery, job and so on."""
    return {key: value for key, value in vars(record).items() if key not in _PLAIN}


class JsonFormatter(logging.Formatter):
    """One JSON object a line: `at` (ISO 8601 UTC), `level`, `logger`, `event` and the context."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON; what JSON does not know is written as text."""
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line = {
            "at": f"{at}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **_context(record),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class ConsoleFormatter(logging.Formatter):
    """Time, level, event and `key=value` context, for people."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line, and its traceback below."""
        at = time.strftime("%H:%M:%S", time.localtime(record.created))
        context = " ".join(f"{key}={value}" for key, value in _context(record).items())
        line = f"{at} {record.levelname.lower():<7} {record.getMessage()}"
        if context:
            line = f"{line}  [{context}]"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def setup(kind: Literal["console", "json"], level: str, stream: TextIO | None = None) -> None:
    """Send the program's logs to `stream` (standard error); other libraries speak from warnings up."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter() if kind == "json" else ConsoleFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("ingest").setLevel(level.upper())
