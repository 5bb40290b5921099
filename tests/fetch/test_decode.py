"""Content codings come out whole, or not at all."""

import gzip
import zlib
from collections.abc import Iterator

import brotli  # type: ignore[import-untyped]
import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.fetch.decode import TooMuch, Undecodable, unpack


def bare_deflate(body: bytes) -> bytes:
    engine = zlib.compressobj(wbits=-15)
    return engine.compress(body) + engine.flush()


PACKERS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}


def chunked(packed: bytes, size: int) -> Iterator[bytes]:
    return (packed[at : at + size] for at in range(0, len(packed), size))


def unpacked(packed: bytes, encoding: str, size: int = 1000, limit: int = 10_000_000) -> bytes:
    return b"".join(unpack(chunked(packed, size), encoding, limit))


@given(
    text=st.binary(max_size=2000).filter(lambda text: not text.startswith(b"\x1f\x8b\x08")),
    zeros=st.integers(0, 200_000),
    names=st.lists(st.sampled_from(sorted(PACKERS)), max_size=3),
    size=st.one_of(st.integers(1, 9), st.integers(1, 3000)),
)
@settings(max_examples=300, deadline=None)
def test_what_was_packed_comes_out_however_it_is_cut(
    text: bytes, zeros: int, names: list[str], size: int
) -> None:
    packed = body = text + bytes(zeros)
    for name in names:
        packed = PACKERS[name](packed)

    assert unpacked(packed, ", ".join(names), size) == body


@pytest.mark.parametrize("name", PACKERS)
@pytest.mark.parametrize("zeros", [65_535, 65_536, 65_537, 98_273, 131_072, 1_000_000])
@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_output_that_fills_a_piece_is_not_left_behind(name: str, zeros: int, size: int) -> None:
    assert unpacked(PACKERS[name](bytes(zeros)), name, size) == bytes(zeros)


@pytest.mark.parametrize("name", PACKERS)
@settings(deadline=None)
@given(data=st.data())
def test_a_body_cut_short_anywhere_is_noticed(name: str, data: st.DataObject) -> None:
    packed = PACKERS[name](bytes(range(256)) * 20)
    cut = data.draw(st.integers(1, len(packed) - 1))

    with pytest.raises(Undecodable):
        unpacked(packed[:cut], name)


@pytest.mark.parametrize("name", PACKERS)
@settings(deadline=None)
@given(junk=st.binary(max_size=300), at=st.integers(0, 50))
def test_junk_ends_in_a_named_error_or_in_bytes(name: str, junk: bytes, at: int) -> None:
    packed = PACKERS[name](b"The quick brown fox. " * 9)

    try:
        unpacked(packed[:at] + junk + packed[at:], name)
    except (Undecodable, TooMuch):
        return


@pytest.mark.parametrize(
    ("packed", "encoding"),
    [
        pytest.param(gzip.compress(b"abc"), "GZIP", id="capitals"),
        pytest.param(gzip.compress(b"abc"), "x-gzip", id="old name"),
        pytest.param(gzip.compress(b"a") + gzip.compress(b"bc"), "gzip", id="two members"),
        pytest.param(gzip.compress(b"abc") + bytes(2000), "gzip", id="zero padding"),
        pytest.param(gzip.compress(b"abc") + b"<!-- 0.1 s -->", "gzip", id="comment after gzip"),
        pytest.param(gzip.compress(b"abc") + b"\n", "gzip", id="line feed after gzip"),
        pytest.param(bare_deflate(b"abc"), "deflate", id="deflate without zlib"),
        pytest.param(zstd.compress(b"a") + zstd.compress(b"bc"), "zstd", id="two frames"),
        pytest.param(gzip.compress(b"abc"), "", id="a packed file"),
        pytest.param(gzip.compress(gzip.compress(b"abc")), "gzip", id="a packed file, packed"),
        pytest.param(zstd.compress(gzip.compress(b"abc")), "zstd", id="a packed file in zstd"),
        pytest.param(b"abc", "utf-8", id="a charset for a coding"),
        pytest.param(b"abc", "identity", id="identity"),
        pytest.param(b"abc", "", id="none"),
    ],
)
def test_what_servers_send_is_understood(packed: bytes, encoding: str) -> None:
    assert unpacked(packed, encoding) == b"abc"
    assert unpacked(packed, encoding, size=1) == b"abc"


@pytest.mark.parametrize("name", PACKERS)
def test_an_empty_body_is_empty_whatever_its_coding(name: str) -> None:
    assert unpacked(b"", name) == b""


def test_a_packed_file_has_the_same_limit() -> None:
    with pytest.raises(TooMuch):
        unpacked(gzip.compress(bytes(70_000)), "", limit=69_999)


@pytest.mark.parametrize("name", PACKERS)
def test_the_limit_is_exact(name: str) -> None:
    packed = PACKERS[name](bytes(70_000))

    assert len(unpacked(packed, name, limit=70_000)) == 70_000
    with pytest.raises(TooMuch):
        unpacked(packed, name, limit=69_999)
