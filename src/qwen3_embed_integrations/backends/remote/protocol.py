"""Texts → request body; the bytes of an answer → validated embeddings. Pure: no network."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from qwen3_embed_integrations.core.safe_text import safe_line
from qwen3_embed_integrations.core.types import FloatArray

from .engines import Target

Input = str | list[int]
"""One text as it is sent: the text itself, or its token ids."""

Quote = Callable[[str, int], str]
"""(text of the server, number of characters) → what a message may show of it."""

_SHOWN = 80  # characters of an answer in a message
FREE_BRACKETS, BRACKETS_AN_INPUT = 1000, 16
"""Lists and objects of an answer: 9 MB of empty lists take the parser 7 s, in which no other call proceeds."""
_MOST_DIGITS = 18  # of a number of tokens


class BadAnswerError(Exception):
    """The answer is not the embeddings that were requested; the message says why."""


def request_body(
    target: Target, inputs: Sequence[Input], *, dimension: int | None = None, cut_at: int | None = None
) -> dict[str, Any]:
    """Return the JSON body that requests the embeddings of `inputs`.

    Args:
        target: The server.
        inputs: Texts or token ids.
        dimension: Length that the server is to truncate embeddings to; None: full embeddings.
        cut_at: Tokens to which the server is to truncate a text; None: it must not truncate, where the engine
            lets a request say so.
    """
    if target.profile.dialect == "tei":
        body: dict[str, Any] = {"inputs": list(inputs), "normalize": True, "truncate": cut_at is not None}
    else:
        body = {"model": target.model, "input": list(inputs)}
        body |= (
            _openai_fields(target, inputs, cut_at) if target.profile.dialect == "openai" else {"truncate": bool(cut_at)}
        )
    return body if dimension is None else {**body, "dimensions": dimension}


def _openai_fields(target: Target, inputs: Sequence[Input], cut_at: int | None) -> dict[str, Any]:
    fields: dict[str, Any] = {"encoding_format": "base64" if target.profile.base64 else "float"}
    # vLLM refuses a limit above its own, so send it only if a text may exceed it: a token is at least a byte.
    if target.profile.cuts and cut_at and any(len(one.encode()) >= cut_at for one in inputs if isinstance(one, str)):
        fields |= {"truncate_prompt_tokens": cut_at, "truncation_side": "right"}
    return fields


def read_embeddings(
    target: Target, content: bytes, n_inputs: int, width: int | None, quote: Quote = safe_line
) -> FloatArray:
    """Return the embeddings of an answer in the order of the request, `[n_inputs, width]` float32.

    Embeddings that come in another order are sorted by their indices.

    Args:
        target: The server.
        content: Body of the answer.
        n_inputs: Number of embeddings that were requested.
        width: Expected length of an embedding; None: any, the same for all.
        quote: Makes parts of the answer fit for the message of an error.

    Raises:
        BadAnswerError: The answer is not JSON of this dialect, or embeddings are missing, repeated, of another length
            or not finite.
    """
    raise_for_brackets(content, FREE_BRACKETS + BRACKETS_AN_INPUT * n_inputs)
    found = _in_order(_entries(target, parse_json(content), quote), n_inputs)
    embeddings = [_embedding(entry, index, quote) for index, entry in enumerate(found)]
    expected = width or (len(embeddings[0]) if embeddings else 0)
    for index, embedding in enumerate(embeddings):
        if len(embedding) != expected or not expected:
            raise BadAnswerError(f"embedding {index} has {len(embedding)} numbers, expected {expected}")
        if not np.isfinite(embedding).all() or not embedding.any():
            raise BadAnswerError(f"embedding {index} holds NaN or infinity, or only zeros")
    return np.stack(embeddings) if embeddings else np.empty((0, expected), dtype=np.float32)


def raise_for_brackets(content: bytes, limit: int) -> None:
    """Raise BadAnswerError if an answer has more lists and objects than `limit`, before they are parsed."""
    if content.count(b"[") + content.count(b"{") > limit:
        raise BadAnswerError("it holds too many lists and objects")


def read_n_tokens(content: bytes, headers: Mapping[str, str]) -> int | None:
    """Return the number of tokens that the server reports for the whole request, or None."""
    answer = parse_json(content)
    if isinstance(answer, dict):
        usage = answer.get("usage")
        counts = (usage.get("prompt_tokens") if isinstance(usage, dict) else None, answer.get("prompt_eval_count"))
        return next((count for count in counts if type(count) is int and 0 <= count < 10**_MOST_DIGITS), None)
    header = headers.get("x-compute-tokens", "")
    is_number = header.isascii() and header.isdecimal() and len(header) <= _MOST_DIGITS
    return int(header) if is_number else None


def parse_json(content: bytes) -> Any:
    """Return the parsed answer; raise BadAnswerError, which quotes nothing of it, for invalid JSON."""
    try:
        return json.loads(content, parse_constant=_refused_constant)
    except json.JSONDecodeError as error:
        problem = f"{error.msg}: character {error.pos}"
    except UnicodeDecodeError:
        problem = "it is not UTF-8"
    except ValueError:
        problem = "a number has too many digits"
    except RecursionError:
        problem = "it is nested too deeply"
    raise BadAnswerError(f"it is not valid JSON ({problem})")  # out here: those errors hold the whole answer


def _refused_constant(name: str) -> Any:
    raise BadAnswerError(f"it holds {name}, which is not a JSON number")


def _entries(target: Target, answer: Any, quote: Quote) -> list[tuple[int | None, Any]]:
    """Return (index, embedding) pairs; the index is None if the dialect has none."""
    if target.profile.dialect == "tei":
        embeddings = answer
    elif target.profile.dialect == "ollama":
        embeddings = answer.get("embeddings") if isinstance(answer, dict) else None
    else:
        return _indexed(answer, quote)
    if not isinstance(embeddings, list):
        raise BadAnswerError(f"expected a list of embeddings, found {shown(answer, quote)}")
    return [(None, embedding) for embedding in embeddings]


def _indexed(answer: Any, quote: Quote) -> list[tuple[int | None, Any]]:
    data = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(data, list) or not all(isinstance(entry, dict) for entry in data):
        raise BadAnswerError(f'expected a list "data" of objects, found {shown(answer, quote)}')
    return [(entry.get("index"), entry.get("embedding")) for entry in data]


def _in_order(entries: list[tuple[int | None, Any]], n_inputs: int) -> list[Any]:
    if len(entries) != n_inputs:
        raise BadAnswerError(f"found {len(entries)} embeddings for {n_inputs} texts")
    if all(index is None for index, _ in entries):
        return [embedding for _, embedding in entries]
    return by_index(entries, n_inputs)


def by_index(entries: Sequence[tuple[Any, Any]], n_inputs: int) -> list[Any]:
    """Return the values of (index, value) pairs in the order of their indices.

    Raises:
        BadAnswerError: The indices are not a permutation of 0 to `n_inputs` - 1.
    """
    found = {index: value for index, value in entries if isinstance(index, int) and not isinstance(index, bool)}
    if len(entries) != n_inputs or sorted(found) != list(range(n_inputs)):
        raise BadAnswerError(f"the indices are not 0 to {n_inputs - 1}, each once")
    return [found[index] for index in range(n_inputs)]


def _embedding(entry: Any, index: int, quote: Quote) -> FloatArray:
    if isinstance(entry, str):
        try:
            return np.frombuffer(base64.b64decode(entry, validate=True), dtype="<f4").astype(np.float32)
        except (ValueError, binascii.Error) as error:
            raise BadAnswerError(f"embedding {index} is not base64 of 32-bit numbers ({error})") from error
    if not isinstance(entry, list) or not {*map(type, entry)} <= {int, float}:  # a bool is no number here
        raise BadAnswerError(f"embedding {index} is not a list of numbers but {shown(entry, quote)}")
    try:
        with np.errstate(over="ignore"):  # it becomes infinite, which is refused later
            return np.asarray(entry, dtype=np.float32)
    except OverflowError as error:
        raise BadAnswerError(f"embedding {index} holds a number out of range") from error


def shown(value: Any, quote: Quote) -> str:
    """Return a part of an answer for the message of an error."""
    return quote(json.dumps(value), _SHOWN)
