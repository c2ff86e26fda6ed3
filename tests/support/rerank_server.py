"""A strict HTTP server for each profile of a reranking engine; it refuses what the engine's documentation doesn't name.

No engine itself runs here: the protocols are those of the documentation that `rerank_engines` names. A document's logit
is given by the words that it shares with the query, or by a reranker that a test hands over.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from remote_server import Fault, Handler, Server, running

Score = Callable[[str, list[str], str], list[float]]
"""(query, documents, instruction) → logits."""

_WEB = "Given a web search query, retrieve relevant passages that answer the query"


@dataclass(frozen=True)
class Protocol:
    """What one engine's documentation says.

    Attributes:
        path: Of the endpoint.
        fields: Every field that a request may have beside model, query, documents and top_n.
        instruction: The field of the instruction.
        most: Documents of one request.
        logits_if: (field, value) that asks for logits.
        shape: What surrounds the results.
    """

    path: str
    fields: frozenset[str]
    instruction: str | None = None
    most: int | None = None
    logits_if: tuple[str, Any] | None = None
    shape: str = "results"


PROTOCOLS = {
    "vllm": Protocol(
        "/v1/rerank",
        frozenset(
            {"instruction", "use_activation", "truncate_prompt_tokens", "max_tokens_per_doc", "priority", "user"}
        ),
        instruction="instruction",
        logits_if=("use_activation", False),
    ),
    "llama.cpp": Protocol("/v1/rerank", frozenset()),
    "sglang": Protocol("/v1/rerank", frozenset({"instruct", "return_documents"}), instruction="instruct", shape="list"),
    "infinity": Protocol(
        "/rerank", frozenset({"return_documents", "raw_scores"}), most=2048, logits_if=("raw_scores", True)
    ),
    "jina": Protocol("/v1/rerank", frozenset({"return_documents"})),
    "cohere": Protocol("/v2/rerank", frozenset({"max_tokens_per_doc", "priority"}), most=10_000),
    "dashscope": Protocol("/v1/reranks", frozenset({"instruct"}), instruction="instruct", most=500),
    "siliconflow": Protocol("/v1/rerank", frozenset({"instruction", "return_documents"}), instruction="instruction"),
}


def words_in_common(query: str, documents: list[str], instruction: str) -> list[float]:
    """Return 8 times the share of the query's words that a document has, less 4; an own instruction adds a quarter."""
    asked = set(re.findall(r"\w+", query.lower())) or {""}
    shift = 0.0 if instruction == _WEB else 0.25
    return [8 * len(asked & set(re.findall(r"\w+", one.lower()))) / len(asked) - 4 + shift for one in documents]


class RerankServer(Server):
    """Serves one engine's protocol.

    Attributes:
        engine: Its name.
        score: What scores the pairs.
    """

    def __init__(self, engine: str, score: Score = words_in_common, **options: Any) -> None:
        super().__init__("tiny", RerankHandler, **{"is_sorted": True, "sends_logits": None, **options})
        self.engine = engine
        self.protocol = PROTOCOLS[engine]
        self.score = score

    @property
    def documents(self) -> list[list[str]]:
        """The documents of each request but the probe's."""
        return [body["documents"] for _, body in self.requests[1:]]


class RerankHandler(Handler):
    server: RerankServer

    def answer(self, body: dict[str, Any]) -> Any:
        """Return the right answer; None after a refusal was sent."""
        if self.path != self.server.protocol.path:
            return self.reply(404, b"no such path")
        if problem := self.problem(body):
            return self.reply(422, json.dumps({"error": problem}).encode())
        return self.results(body, body["documents"])

    def problem(self, body: dict[str, Any]) -> str:
        """Return what the engine would not accept of a request; "" for nothing."""
        protocol, documents, top_n = self.server.protocol, body.get("documents"), body.get("top_n")
        if unknown := body.keys() - {"model", "query", "documents", "top_n"} - protocol.fields:
            return f"unknown fields {sorted(unknown)}"
        if not documents or not all(isinstance(one, str) for one in documents):
            return "documents must be a list of strings"
        if not isinstance(body.get("query"), str) or not isinstance(body.get("model"), str):
            return "query and model must be strings"
        if type(top_n) is not int or not 1 <= top_n <= len(documents):
            return "top_n must be a positive number of documents"
        limit = self.server.options["max_texts"] or protocol.most
        return f"batch size {len(documents)} > maximum allowed {limit}" if limit and len(documents) > limit else ""

    def results(self, body: dict[str, Any], documents: list[str]) -> Any:
        protocol = self.server.protocol
        instruction = body.get(protocol.instruction, _WEB) if protocol.instruction else _WEB
        logits = self.server.score(body["query"], documents, instruction)
        asked = protocol.logits_if is not None and body.get(protocol.logits_if[0]) == protocol.logits_if[1]
        wanted = asked if self.server.options["sends_logits"] is None else self.server.options["sends_logits"]
        scores = logits if wanted else [1 / (1 + math.exp(-logit)) for logit in logits]
        order = sorted(range(len(documents)), key=lambda index: -scores[index])
        if not self.server.options["is_sorted"]:
            order = list(range(len(documents)))
        return _shaped(self.server.engine, [(index, scores[index], documents[index]) for index in order])


def _shaped(engine: str, found: list[tuple[int, float, str]]) -> Any:
    """Return the results as the engine wraps them."""
    if engine == "sglang":
        return [{"score": score, "document": None, "index": index, "meta_info": {}} for index, score, _ in found]
    results: list[dict[str, Any]] = [{"index": index, "relevance_score": score} for index, score, _ in found]
    if engine == "vllm":  # it always echoes
        for result, (_, _, document) in zip(results, found, strict=True):
            result["document"] = {"text": document, "multi_modal": None}
    around = {
        "vllm": {"id": "rerank-1", "model": "m", "usage": {"prompt_tokens": 9, "total_tokens": 9}},
        "llama.cpp": {"model": "m", "object": "list", "usage": {"prompt_tokens": 9, "total_tokens": 9}},
        "infinity": {"object": "rerank", "id": "1", "created": 1, "model": "m", "usage": {"prompt_tokens": 9}},
        "jina": {"model": "m", "usage": {"total_tokens": 9}},
        "cohere": {"id": "1", "meta": {"api_version": {"version": "2"}, "billed_units": {"search_units": 1}}},
        "dashscope": {"id": "1", "usage": {"total_tokens": 9}},
        "siliconflow": {"id": "1", "meta": {"tokens": {"input_tokens": 9, "output_tokens": 0}}},
    }
    return {**around[engine], "results": results}


def with_results(change: Callable[[list[dict[str, Any]]], Any]) -> Fault:
    """Change the list of results of a right answer."""

    def fault(handler: Handler, body: dict[str, Any]) -> Any:
        answer = handler.answer(body)
        results = answer["results"] if isinstance(answer, dict) else answer
        changed = change(results)
        if changed is not None:
            results[:] = changed
        return answer

    return fault


@contextmanager
def scoring(engine: str = "vllm", score: Score = words_in_common, **options: Any) -> Iterator[RerankServer]:
    """Run a server of an engine while the block runs."""
    with running(RerankServer(engine, score, **options)) as server:
        yield server
