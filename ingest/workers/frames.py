"""What passes between `workers.pages` and a process that reads pages.

A frame is its length (four bytes, big-endian) and its bytes. A question is a frame of JSON and a
frame with the page, an answer one frame of JSON. Nothing here is trusted by the other side: an
answer is JSON that is checked, never a pickle.
"""

import json
import struct
from dataclasses import dataclass
from functools import cache
from typing import BinaryIO, NamedTuple

from pydantic import TypeAdapter

from ingest.articles.sites import CHECKED, SiteRule
from ingest.model import Extraction, Hint


class Limits(NamedTuple):
    """What a process may use."""

    cpu_s: int
    """CPU seconds for one page."""
    memory: int
    """Bytes of data."""


LIMITS = Limits(cpu_s=10, memory=1_000_000_000)
"""The costliest page that the bounds of `articles.page` let pass took 3.9 s, the slowest of the
yardstick's 1,290 pages 0.1 s; pages of 10 MB took the process to 261 MB, 60 MB of them its own."""

_LENGTH = struct.Struct(">I")


@dataclass(frozen=True)
class Question:
    """What is asked of a page, but for its bytes."""

    url: str
    content_type: str | None = None
    rule: SiteRule | None = None
    hint: Hint | None = None
    is_text: bool = False
    """The page was text already and comes as UTF-8."""
    display: bool = False
    """HTML to be shown is wanted, too."""


@dataclass(frozen=True)
class Reply:
    """The article, or why there is none."""

    extraction: Extraction | None = None
    error: str = ""
    outcome: str = ""
    moved_to: str | None = None


@cache
def _questions() -> TypeAdapter[Question]:
    return TypeAdapter(Question)


@cache
def _replies() -> TypeAdapter[Reply]:
    return TypeAdapter(Reply)


def encode_question(question: Question) -> bytes:
    """Return a question as JSON."""
    return _questions().dump_json(question)


def decode_question(data: bytes) -> Question:
    """Return the question that `encode_question` wrote; raises ValueError for anything else.

    The selectors of its rule were checked when the rule was loaded, and are not for every page.
    """
    return _questions().validate_json(data, context=CHECKED)


def encode_reply(reply: Reply) -> bytes:
    """Return a reply as JSON in ASCII, which also holds the lone surrogates that UTF-8 cannot."""
    return json.dumps(_replies().dump_python(reply, mode="json")).encode()


def decode_reply(data: bytes) -> Reply:
    """Return the reply that `encode_reply` wrote; raises ValueError for anything else."""
    return _replies().validate_python(json.loads(data))


def write_frame(stream: BinaryIO, data: bytes) -> None:
    """Write one frame."""
    stream.write(_LENGTH.pack(len(data)))
    stream.write(data)


def read_frame(stream: BinaryIO, most: int = 0xFFFFFFFF) -> bytes:
    """Return the next frame; raises EOFError where the stream ends before it does, or is too long."""
    head = stream.read(_LENGTH.size)
    size = _LENGTH.unpack(head)[0] if len(head) == _LENGTH.size else most + 1
    data = stream.read(size) if size <= most else b""
    if size > most or len(data) < size:
        raise EOFError
    return data
