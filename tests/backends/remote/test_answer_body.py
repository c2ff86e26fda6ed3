"""No answer is held in memory beyond its limit, however it is compressed; the work is bounded with it."""

import gzip
import zlib

import httpx
import pytest

from qwen3_embed_integrations.backends.remote.answer_body import read_body
from qwen3_embed_integrations.backends.remote.protocol import BadAnswerError


def response(pieces, **headers):
    async def stream():
        for piece in pieces:
            yield piece

    return httpx.Response(200, headers={k.replace("_", "-"): v for k, v in headers.items()}, content=stream())


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", " GZIP "])
@pytest.mark.parametrize("size", [1, 7, 10_000])
async def test_a_gzip_body_is_its_content(encoding, size):
    content = b'{"data": [0.25, 0.5]}' * 40
    packed = gzip.compress(content, mtime=0)
    pieces = [packed[i : i + size] for i in range(0, len(packed), size)]
    assert await read_body(response(pieces, content_encoding=encoding), len(content)) == content


async def test_a_plain_body_is_itself_up_to_the_limit():
    assert await read_body(response([b"ab", b"c"]), 3) == b"abc"
    assert await read_body(response([b"abc"], content_encoding="identity"), 3) == b"abc"
    with pytest.raises(BadAnswerError, match="longer than 2 bytes"):
        await read_body(response([b"ab", b"c"]), 2)


async def test_a_gzip_bomb_is_unpacked_no_further_than_the_limit(monkeypatch):
    n_unpacked = 0
    make = zlib.decompressobj

    class Counting:
        def __init__(self, *arguments):
            self._inner = make(*arguments)

        def decompress(self, piece, room):
            nonlocal n_unpacked
            unpacked = self._inner.decompress(piece, room)
            n_unpacked += len(unpacked)
            return unpacked

        def __getattr__(self, name):
            return getattr(self._inner, name)

    monkeypatch.setattr(zlib, "decompressobj", Counting)
    bomb = gzip.compress(bytes(50_000_000))
    with pytest.raises(BadAnswerError, match="longer than 1000 bytes"):
        await read_body(response([bomb], content_encoding="gzip"), 1000)
    assert n_unpacked == 1001


async def test_much_packed_data_that_unpacks_to_nothing_is_refused():
    header, empty_block = gzip.compress(b"", mtime=0)[:10], b"\x00\x00\x00\xff\xff"
    with pytest.raises(BadAnswerError, match="longer than 500 bytes"):
        await read_body(response([header, *[empty_block] * 1000], content_encoding="gzip"), 500)


@pytest.mark.parametrize("encoding", ["gzip, gzip", "deflate", "br", "zstd", "compress", "gzip;q=1", "\u202eevil"])
async def test_another_encoding_is_refused_unread(encoding):
    async def stream():
        raise AssertionError("read")
        yield b""

    answer = httpx.Response(200, headers=[(b"content-encoding", encoding.encode())], content=stream())
    with pytest.raises(BadAnswerError, match="none of those that were asked for") as caught:
        await read_body(answer, 1000)
    is_known = ";" not in encoding and "evil" not in encoding
    assert (f'"{encoding}"' in str(caught.value), encoding in str(caught.value)) == (is_known, is_known)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (gzip.compress(b"a text", mtime=0)[:-3], "truncated"),
        (b"no gzip at all", "damaged"),
        (gzip.compress(b"a", mtime=0) + gzip.compress(b"b", mtime=0), "goes on after its end"),
        (gzip.compress(b"a" * 100, mtime=0)[:12] + b"\xff" * 20, "damaged|truncated"),
    ],
)
async def test_damaged_gzip_is_refused(content, problem):
    with pytest.raises(BadAnswerError, match=problem):
        await read_body(response([content], content_encoding="gzip"), 1000)


async def test_an_empty_body_is_empty_whatever_its_encoding():
    assert await read_body(response([], content_encoding="gzip"), 10) == b""
