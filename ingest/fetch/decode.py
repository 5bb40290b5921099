"""Content codings undone piece by piece: gzip, deflate, br, zstd, alone or stacked.

Why not urllib3's decoders: they take a gzip body cut short for a whole one, and let a zstd frame
ask for a window of 128 MB.
"""

import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

import brotli  # type: ignore[import-untyped]

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PIECE = 65_536
"""Most bytes that one step unpacks, so that a bomb is noticed before it has gone off."""

MAX_CODINGS = 3
"""Codings on top of each other; nobody sends more than one."""

MAX_MEMBERS = 1_000
"""gzip members or zstd frames in a body; a 20 MB body in BGZF blocks of 64 kB has 300."""

_GZIP_FILE = b"\x1f\x8b\x08"
_ZSTD_WINDOW_LOG = 23  # 8 MB, the most that HTTP allows (RFC 9659)

Chunks = Iterable[bytes]


class Undecodable(ValueError):
    """The body is not what its Content-Encoding says, or ends too early."""


class TooMuch(ValueError):
    """The body unpacks to more than allowed."""


def unpack(chunks: Chunks, encoding: str, limit: int) -> Iterator[bytes]:
    """Yield the decoded body in pieces, at most `limit` bytes in all.

    `encoding` is the Content-Encoding header; a name that is no coding (`utf-8`, `none`) is
    passed over, as browsers do. A body that is a packed file itself (`news.xml.gz`) is unpacked too.
    Raises Undecodable and TooMuch; every layer of a stack is held to the limit.
    """
    names = [name.strip().lower() for name in encoding.split(",")]
    codings = [_CODINGS[name] for name in names if name in _CODINGS]
    if len(codings) > MAX_CODINGS:
        raise Undecodable(f"{len(codings)} content codings on top of each other")
    pieces: Chunks = chunks
    for coding in reversed(codings):
        pieces = _capped(coding(pieces), limit)
    return _capped(_file(pieces), limit)


def _file(pieces: Chunks) -> Iterator[bytes]:
    """Undo gzip where a body starts as nothing but a gzip file does (RFC 1952 §2.3.1)."""
    rest, head = iter(pieces), b""
    while len(head) < len(_GZIP_FILE) and (piece := next(rest, None)) is not None:
        head += piece
    body = chain([head], rest)
    return _gzip(body) if head.startswith(_GZIP_FILE) else body


def _capped(pieces: Chunks, limit: int) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > limit:
            raise TooMuch
        yield piece


def _gzip(chunks: Chunks) -> Iterator[bytes]:
    """Undo gzip, member after member; junk after the last whole one is padding (RFC 1952 §2.2)."""
    members, engine, fed, produced = 0, zlib.decompressobj(31), 0, False
    for chunk in chunks:
        rest = chunk
        while rest:
            if engine.eof:
                members, engine, fed, produced = members + 1, zlib.decompressobj(31), 0, False
            if members > MAX_MEMBERS:
                raise TooMuch
            try:
                piece = engine.decompress(rest, PIECE)
            except zlib.error as error:
                if members and not produced:
                    return
                raise Undecodable("the body is not gzip") from error
            yield piece
            produced = produced or bool(piece)
            fed += len(rest)
            rest = engine.unused_data if engine.eof else engine.unconsumed_tail
    yield engine.flush()
    # Two bytes are the signature: a single one after a whole member may be a line feed.
    _whole(engine.eof or fed < (2 if members else 1))


def _deflate(chunks: Chunks) -> Iterator[bytes]:
    """Undo zlib (RFC 1950), or bare deflate (RFC 1951), which some servers send by that name."""
    engine: zlib._Decompress | None = None
    for chunk in chunks:
        if engine is None:
            if not chunk:
                continue
            # Compression method 8: read as bare deflate, a stored block with unclean padding.
            wrapped = chunk[0] & 0x0F == 8
            engine = zlib.decompressobj(15 if wrapped else -15)
        rest = chunk
        while rest and not engine.eof:
            try:
                yield engine.decompress(rest, PIECE)
            except zlib.error as error:
                raise Undecodable("the body is not deflate") from error
            rest = engine.unconsumed_tail
    if engine is not None:
        yield engine.flush()
        _whole(engine.eof)


def _brotli(chunks: Chunks) -> Iterator[bytes]:
    engine, begun = brotli.Decompressor(), False
    for chunk in chunks:
        rest, more, begun = chunk, bool(chunk), begun or bool(chunk)
        while more and not engine.is_finished():
            try:
                piece = engine.process(rest, output_buffer_limit=PIECE)
            except brotli.error as error:
                raise Undecodable("the body is not br") from error
            yield piece
            # Output may be left behind when all input was taken, and the other way round.
            rest, more = b"", len(piece) >= PIECE or not engine.can_accept_more_data()
    _whole(engine.is_finished() or not begun)


def _zstd(chunks: Chunks) -> Iterator[bytes]:
    options: dict[int, int] = {zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW_LOG}
    frames, engine, begun = 0, zstd.ZstdDecompressor(options=options), False
    for chunk in chunks:
        rest, begun = chunk, begun or bool(chunk)
        while rest or not (engine.needs_input or engine.eof):
            if engine.eof:
                frames, engine = frames + 1, zstd.ZstdDecompressor(options=options)
            if frames > MAX_MEMBERS:
                raise TooMuch
            try:
                yield engine.decompress(rest, PIECE)
            except zstd.ZstdError as error:
                raise Undecodable("the body is not zstd") from error
            rest = engine.unused_data if engine.eof else b""
    _whole(engine.eof or not begun)


def _whole(finished: bool) -> None:
    if not finished:
        raise Undecodable("the packed body ends too early")


_CODINGS: dict[str, Callable[[Chunks], Iterator[bytes]]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
