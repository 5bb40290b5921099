"""The process that reads pages for `workers.pages`: one page in, one article out, until its input ends.

A frame is its length (four bytes, big-endian) and its bytes. A question is a frame of JSON and a
frame with the page, an answer one frame of JSON. Nothing here is trusted by the other side: an
answer is JSON that is checked, never a pickle.
"""

import gc
import json
import os
import resource
import struct
import sys
from time import process_time
from typing import BinaryIO, NamedTuple

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from ingest.articles import extract
from ingest.articles.extract import Hint
from ingest.articles.sites import SiteRule
from ingest.errors import ExtractError
from ingest.model import Extraction


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


QUESTION: TypeAdapter[Question] = TypeAdapter(Question)
_REPLY: TypeAdapter[Reply] = TypeAdapter(Reply)


def encode_reply(reply: Reply) -> bytes:
    """Return a reply as JSON in ASCII, which also holds the lone surrogates that UTF-8 cannot."""
    return json.dumps(_REPLY.dump_python(reply, mode="json")).encode()


def decode_reply(data: bytes) -> Reply:
    """Return the reply that `encode_reply` wrote; raises ValueError for anything else."""
    return _REPLY.validate_python(json.loads(data))


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


def main(limits: Limits) -> None:
    """Answer questions on standard input; what is printed elsewhere goes to standard error."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    resource.setrlimit(resource.RLIMIT_DATA, (limits.memory, limits.memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    gc.freeze()  # the program stays: looking through it for garbage costs a page a seventh more
    while True:
        try:
            question = QUESTION.validate_json(read_frame(sys.stdin.buffer))
            page = read_frame(sys.stdin.buffer)
        except EOFError:
            return
        _limit_cpu(limits.cpu_s)
        write_frame(answers, _answer(question, page))
        answers.flush()


def _limit_cpu(seconds: int) -> None:
    """Let the kernel end this process when the page takes too long; loops in C end too."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(process_time()) + seconds, hard))


def _answer(question: Question, page: bytes) -> bytes:
    try:
        found = extract.extract(
            page.decode("utf-8", "replace") if question.is_text else page,
            url=question.url,
            content_type=question.content_type,
            rule=question.rule,
            hint=question.hint,
            display=question.display,
        )
    except ExtractError as error:
        return encode_reply(Reply(None, str(error), error.outcome, error.moved_to))
    except MemoryError:
        return encode_reply(Reply(None, "reading the page takes too much memory", "hostile"))
    return encode_reply(Reply(found))


if __name__ == "__main__":
    main(Limits(*map(int, sys.argv[1:])))
