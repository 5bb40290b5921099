"""The process that reads pages for `workers.pages`: one page in, one article out, until its input ends."""

import os
import resource
import sys
from time import process_time

from ingest.articles import extract
from ingest.cores import use_all
from ingest.errors import ExtractError
from ingest.workers.frames import (
    Limits,
    Question,
    Reply,
    decode_question,
    encode_reply,
    read_frame,
    write_frame,
)


def main(limits: Limits) -> None:
    """Answer questions on standard input; what is printed elsewhere goes to standard error."""
    use_all(os.getppid())  # it was started by a thread that keeps to one core
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    resource.setrlimit(resource.RLIMIT_DATA, (limits.memory, limits.memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    extract.expect_many()
    while True:
        try:
            question = decode_question(read_frame(sys.stdin.buffer))
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
