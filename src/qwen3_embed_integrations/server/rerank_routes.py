"""/v1/rerank, /rerank and /v2/rerank: one answer that the clients of Cohere, Jina and vLLM read; TEI's for `texts`."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from qwen3_embed_integrations import Ranked

from .answers import json_bytes
from .errors import bad_request
from .models import ServedReranker
from .request_body import read_fields
from .running import run_for_client
from .schemas import RerankFields
from .service import Service, new_id


async def rerank(request: Request) -> Response:
    """Answer a request for the scores of documents, best first."""
    service: Service = request.app.state.service
    service.require_ready()
    fields = await read_fields(
        request, RerankFields, max_bytes=service.max_body_bytes, timeout_s=service.options.read_timeout_s
    )
    served, documents = service.models.reranker_of(fields.model), fields.listed()
    most = service.options.max_request_texts
    if len(documents) > most:
        raise bad_request(
            f"documents has {len(documents)} texts, expected at most {most}. Send several requests.",
            "documents",
            "too_many_inputs",
        )
    size = sum(map(len, documents)) + len(documents) * len(fields.query)
    with service.queue.place(size):
        ranked, n_tokens = await run_for_client(
            request, _ranked(served, fields, documents), service.options.answer_timeout_s
        )
    service.metrics.computed("pair", len(documents), n_tokens)
    answer = (
        _tei(ranked, fields, documents)
        if fields.texts is not None
        else _cohere(served, ranked, fields, documents, n_tokens)
    )
    return Response(json_bytes(answer), media_type="application/json")


async def _ranked(served: ServedReranker, fields: RerankFields, documents: list[str]) -> tuple[list[Ranked], int]:
    reranker = served.reranker
    if fields.max_tokens_per_doc is not None:
        documents = await asyncio.to_thread(served.shortened, documents, fields.max_tokens_per_doc)
    ranked = await reranker.arank(
        fields.query,
        documents,
        top_k=fields.top_n or None,
        instruction=fields.instruction,
        scale="logit" if fields.raw_scores or not fields.use_activation else "probability",
    )
    return ranked, await asyncio.to_thread(served.n_tokens, fields.query, documents, fields.instruction)


def _cohere(
    served: ServedReranker, ranked: list[Ranked], fields: RerankFields, documents: list[str], n_tokens: int
) -> dict[str, Any]:
    results: list[dict[str, Any]] = [{"index": one.index, "relevance_score": one.score} for one in ranked]
    if fields.return_documents:
        for result in results:
            result["document"] = {"text": documents[result["index"]]}
    return {
        "id": new_id("rerank"),
        "object": "rerank",
        "model": fields.model or served.name,
        "results": results,
        "usage": {"prompt_tokens": n_tokens, "total_tokens": n_tokens},
        "meta": {"api_version": {"version": "2"}, "billed_units": {"search_units": 1}},  # npm's Cohere client needs it
    }


def _tei(ranked: list[Ranked], fields: RerankFields, documents: list[str]) -> list[dict[str, Any]]:
    return [
        {"index": one.index, "score": one.score, **({"text": documents[one.index]} if fields.return_text else {})}
        for one in ranked
    ]
