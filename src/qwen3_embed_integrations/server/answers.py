"""Embeddings → the bytes of an answer; long ones in pieces, so that no piece holds the interpreter for long."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from qwen3_embed_integrations.core.types import FloatArray

Encoding = str
"""How an embedding is written: "float" or "base64", which is float32, little-endian."""


def openai_answer(embeddings: FloatArray, encoding: Encoding, model: str, n_tokens: int) -> bytes:
    """Return the body of /v1/embeddings.

    Args:
        embeddings: `[n, dimension]` float32.
        encoding: How to write them.
        model: The model's name.
        n_tokens: Tokens of the request, prompts and end tokens included.
    """
    items = (
        b'{"object":"embedding","index":%d,"embedding":%b}' % (index, written)
        for index, written in enumerate(_written(embeddings, encoding))
    )
    usage = {"prompt_tokens": n_tokens, "total_tokens": n_tokens}
    rest = orjson.dumps({"model": model, "usage": usage})[1:]
    return b'{"object":"list","data":[' + b",".join(items) + b"]," + rest


def cohere_answer(
    embeddings: FloatArray, encodings: Sequence[Encoding], texts: list[str], n_tokens: int, answer_id: str
) -> bytes:
    """Return the body of /v2/embed; the arguments are those of `openai_answer`."""
    written = b",".join(b'"%b":%b' % (name.encode(), _list(_written(embeddings, name))) for name in encodings)
    meta = {"api_version": {"version": "2"}, "billed_units": {"input_tokens": n_tokens}}
    rest = orjson.dumps({"id": answer_id, "texts": texts, "meta": meta, "response_type": "embeddings_by_type"})[1:]
    return b'{"embeddings":{' + written + b"}," + rest


def tei_answer(embeddings: FloatArray) -> bytes:
    """Return the body of /embed: a bare list of embeddings."""
    return _list(_written(embeddings, "float"))


def json_bytes(value: Any) -> bytes:
    """Return a small answer as JSON."""
    return orjson.dumps(value)


def _list(written: Iterable[bytes]) -> bytes:
    return b"[" + b",".join(written) + b"]"


def _written(embeddings: FloatArray, encoding: Encoding) -> Iterable[bytes]:
    """Yield each embedding as JSON: numbers that read back as the same float32, or base64 of it."""
    little = embeddings.astype("<f4", copy=False)
    if encoding == "base64":
        return (b'"%b"' % base64.b64encode(embedding.tobytes()) for embedding in little)
    return (orjson.dumps(embedding, option=orjson.OPT_SERIALIZE_NUMPY) for embedding in little)
