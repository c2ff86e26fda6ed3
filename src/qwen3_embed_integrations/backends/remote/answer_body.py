"""The body of an answer, read and decompressed within a limit."""

from __future__ import annotations

import zlib

import httpx

from .protocol import BadAnswerError

ACCEPTED_ENCODING = "gzip"
"""The one encoding that requests ask for: others pack even more zeros into a byte, and JSON needs no better."""
_GZIP = 16 + zlib.MAX_WBITS
_KNOWN = frozenset({"gzip", "x-gzip", "deflate", "br", "zstd", "compress", "identity"})


async def read_body(response: httpx.Response, limit: int) -> bytes:
    """Return the body of an answer, decompressed; stop as soon as either form is longer than `limit` bytes.

    Raises:
        BadAnswerError: It is too long, truncated, or in another encoding than gzip.
    """
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding in ("gzip", "x-gzip"):
        return await _read_gzip(response, limit)
    if encoding not in ("", "identity"):
        raise BadAnswerError(
            f"its Content-Encoding{_named(encoding)} is none of those that were asked for, gzip or none"
        )
    content = bytearray()
    async for piece in response.aiter_raw():
        content += piece
        _check(len(content), limit)
    return bytes(content)


async def _read_gzip(response: httpx.Response, limit: int) -> bytes:
    unpacked, n_packed = bytearray(), 0
    gzip = zlib.decompressobj(_GZIP)
    async for piece in response.aiter_raw():
        n_packed += len(piece)
        unpacked += _unpack(gzip, piece, limit + 1 - len(unpacked))
        _check(max(n_packed, len(unpacked)), limit)
    if n_packed and not gzip.eof:
        raise BadAnswerError("its gzip data is truncated")
    return bytes(unpacked)


def _named(encoding: str) -> str:
    """Return the encodings between quotes if all are known; a header may hold anything, our own key too."""
    names = [name.strip() for name in encoding.split(",")]
    return f' "{", ".join(names)}"' if len(names) <= len(_KNOWN) and _KNOWN.issuperset(names) else ""


def _unpack(gzip: zlib._Decompress, piece: bytes, room: int) -> bytes:
    try:
        unpacked = gzip.decompress(piece, room)
    except zlib.error as error:
        raise BadAnswerError("its gzip data is damaged") from error
    if gzip.unused_data:
        raise BadAnswerError("its gzip data goes on after its end")
    return unpacked


def _check(n_bytes: int, limit: int) -> None:
    if n_bytes > limit:
        raise BadAnswerError(f"it is longer than {limit} bytes")
