"""/v1/embeddings of OpenAI, /v2/embed of Cohere, /embed of text-embeddings-inference."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from qwen3_embed_integrations import Encoded
from qwen3_embed_integrations.core.types import FloatArray

from .answers import cohere_answer, openai_answer, tei_answer
from .errors import bad_request
from .models import ServedEncoder
from .request_body import read_fields
from .roles import Prompting, prompting_of
from .running import run_for_client
from .schemas import CohereFields, EmbedFields, OpenAIFields, TeiFields, listed_input
from .service import Service, new_id
from .token_ids import texts_of

FINGERPRINT_HEADER = "X-Embedding-Fingerprint"
TRUNCATED_HEADER = "X-Truncated"
_INLINE_NUMBERS = 1 << 16  # an answer of more is written off the event loop: so many take about a millisecond
_Fields = TypeVar("_Fields", bound=EmbedFields)


@dataclass(frozen=True)
class EmbedCall:
    """One request, checked.

    Attributes:
        service: The server.
        served: The model.
        name: The model's name as the client wrote it.
        texts: What to embed.
        prompting: Role and task.
        dimension: Length of an embedding.
        cuts: Whether a text that is too long is cut.
    """

    service: Service
    served: ServedEncoder
    name: str
    texts: list[str]
    prompting: Prompting
    dimension: int
    cuts: bool


@dataclass(frozen=True)
class Embedded:
    """What was computed for a request: `[n, dimension]` float32, and the number of tokens and of cut texts."""

    embeddings: FloatArray
    n_tokens: int
    n_cut: int


async def openai_embeddings(request: Request) -> Response:
    """Answer POST /v1/embeddings."""
    fields = await _fields(request, OpenAIFields)
    call = await _call(request, fields, fields.input, "input", cuts=False)
    encoding = fields.encoding_format or "float"
    return await _answer(
        request, call, lambda found: openai_answer(found.embeddings, encoding, call.name, found.n_tokens)
    )


async def cohere_embed(request: Request) -> Response:
    """Answer POST /v2/embed."""
    fields = await _fields(request, CohereFields)
    call = await _call(request, fields, fields.texts, "texts", cuts=True)
    encodings = fields.embedding_types or ["float"]
    answer_id = new_id("embed")
    return await _answer(
        request,
        call,
        lambda found: cohere_answer(found.embeddings, encodings, call.texts, found.n_tokens, answer_id),
    )


async def tei_embed(request: Request) -> Response:
    """Answer POST /embed."""
    fields = await _fields(request, TeiFields)
    call = await _call(request, fields, fields.inputs, "inputs", cuts=True)
    return await _answer(request, call, lambda found: tei_answer(found.embeddings))


async def _fields(request: Request, fields: type[_Fields]) -> _Fields:
    service: Service = request.app.state.service
    service.require_ready()
    return await read_fields(
        request, fields, max_bytes=service.max_body_bytes, timeout_s=service.options.read_timeout_s
    )


async def _call(request: Request, fields: EmbedFields, value: object, param: str, *, cuts: bool) -> EmbedCall:
    service: Service = request.app.state.service
    served, suffix = service.models.encoder(fields.model)
    prompting = prompting_of(
        suffix=suffix,
        input_type=fields.input_type,
        prompt_name=fields.prompt_name,
        task=fields.task,
        instruction=fields.instruction,
    )
    inputs = listed_input(value, param, service.options.max_request_texts, empty=param == "inputs")  # as TEI does
    texts = texts_of(inputs, served, allowed=service.options.allow_token_ids)
    await _check_tokens(texts, served, service.options.max_request_tokens, param)
    dimension = served.checked_dimension(fields.dimensions)
    return EmbedCall(
        service, served, fields.model or served.name, texts, prompting, dimension, fields.cuts(default=cuts)
    )


async def _check_tokens(texts: list[str], served: ServedEncoder, most: int, param: str) -> None:
    """Count tokens only where there may be too many: a token is at least a byte, a character at most four."""
    if 4 * sum(map(len, texts)) + len(texts) <= most:
        return
    n_tokens = await asyncio.to_thread(served.count_tokens, texts)
    if n_tokens > most:
        raise bad_request(
            f"{param} has {n_tokens} tokens, expected at most {most}. Send several requests.",
            param,
            "max_tokens_per_request",
        )


async def _answer(request: Request, call: EmbedCall, write: Callable[[Embedded], bytes]) -> Response:
    size = sum(map(len, call.texts))
    with call.service.queue.place(size):
        body, found = await run_for_client(request, _written(call, write), call.service.options.answer_timeout_s)
    call.service.metrics.computed(call.prompting.role, len(call.texts), found.n_tokens, found.n_cut)
    return Response(body, media_type="application/json", headers=_headers(call, found))


async def _written(call: EmbedCall, write: Callable[[Embedded], bytes]) -> tuple[bytes, Embedded]:
    encoded = await call.served.embed(call.texts, call.prompting, cuts=call.cuts)
    if encoded.full_embeddings.size <= _INLINE_NUMBERS:
        found = _embedded(encoded, call.dimension)
        return write(found), found
    found = await asyncio.to_thread(_embedded, encoded, call.dimension)
    return await asyncio.to_thread(write, found), found


def _embedded(encoded: Encoded, dimension: int) -> Embedded:
    embeddings = encoded.embeddings
    if embeddings.shape[1] != dimension:
        embeddings = encoded.at(dimension)
    return Embedded(embeddings, int(np.maximum(encoded.n_tokens, 0).sum()), len(encoded.truncations))


def _headers(call: EmbedCall, found: Embedded) -> Mapping[str, str]:
    headers = {FINGERPRINT_HEADER: call.served.fingerprint(call.dimension)}
    return {**headers, TRUNCATED_HEADER: str(found.n_cut)} if found.n_cut else headers
