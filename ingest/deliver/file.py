"""Channels for pipelines: a file, or standard output, that takes one JSON object a line."""

import json
import os
import sys
from pathlib import Path
from threading import Lock

from ingest.errors import DeliveryError
from ingest.model import Delivery


def json_line(delivery: Delivery) -> bytes:
    """Return a delivery as one line: its stable `id` and the message as a webhook has it."""
    text = json.dumps({"id": delivery.id, **delivery.payload}, ensure_ascii=False)
    return text.encode("utf-8", "replace") + b"\n"


class File:
    """A file of JSON lines; threads may share it.

    Opened anew for each line, so that it can be rotated at any time.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, Lock()

    def send(self, delivery: Delivery) -> None:
        """Append a delivery, on the disk when this returns; raises DeliveryError.

        A line that a crash cut short is ended first, so that no line is ever joined to another.
        """
        try:
            with self._lock, self._path.open("ab+") as file:
                end = file.seek(0, os.SEEK_END)
                if end:
                    file.seek(end - 1)
                    if file.read(1) != b"\n":
                        file.write(b"\n")
                file.write(json_line(delivery))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise DeliveryError(f"cannot write to {self._path}: {error.strerror}") from error


class Stdout:
    """Standard output; threads may share it."""

    def __init__(self) -> None:
        self._lock = Lock()

    def send(self, delivery: Delivery) -> None:
        """Write a delivery; raises DeliveryError where nobody reads any more."""
        try:
            with self._lock:
                sys.stdout.buffer.write(json_line(delivery))
                sys.stdout.buffer.flush()
        except (OSError, ValueError) as error:
            raise DeliveryError("standard output is closed") from error
