"""How the servers that score pairs differ: path, limits, the name of the instruction. A new engine is a new entry.

Sources: vLLM's frontend/entrypoints/pooling/scoring/protocol.py and llama.cpp's tools/server/server-common.cpp, read in
November 2026; SGLang's pull request 16403; infinity 0.0.78's pymodels.py; cohere 7.3.1's v2/client.py; the API
references of Jina, DashScope and SiliconFlow. docs/rerankers.md shows the table and says what was tested.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from qwen3_embed_integrations.core.config import EncoderConfig
from qwen3_embed_integrations.core.options import RerankEngine

from .engines import request_url

_VLLM_HINT = (
    "start vLLM with --hf_overrides "
    '\'{"architectures":["Qwen3ForSequenceClassification"],"classifier_from_token":["no","yes"],'
    '"is_original_qwen3_reranker":true}\' and --chat-template qwen3_reranker.jinja of its examples'
)
_LLAMA_CPP_HINT = (
    "use a GGUF that the current convert_hf_to_gguf.py made, with cls.output.weight and the template 'rerank', and "
    "start the server with --rerank"
)
_SGLANG_HINT = "start SGLang with the chat template qwen3_reranker.jinja of its examples"
_INFINITY_HINT = "infinity puts no template around a pair and scores Qwen3-Reranker wrong: use another server"
_HOSTED_HINT = "check the name of the model"


@dataclass(frozen=True)
class RerankProfile:
    """The properties of one engine.

    Attributes:
        path: Path of the endpoint.
        max_texts: Documents of one request.
        max_tokens: Tokens of one request, counted as query and document of each pair.
        instruction: The field that carries the instruction; None: the server has its own.
        fields: Further fields of every request. They ask for logits, which never saturate, where the engine can send
            them, and for no echo of the documents.
        template_hint: What to do when the scores tell that the template is missing.
    """

    path: str = "/v1/rerank"
    max_texts: int = 64
    max_tokens: int = 65_536
    instruction: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    template_hint: str = _HOSTED_HINT


RERANK_PROFILES: Mapping[RerankEngine, RerankProfile] = MappingProxyType(
    {
        "vllm": RerankProfile(
            instruction="instruction", fields={"use_activation": False}, template_hint=_VLLM_HINT
        ),  # it always echoes the documents
        "llama.cpp": RerankProfile(template_hint=_LLAMA_CPP_HINT),  # the instruction is in the GGUF's template
        "sglang": RerankProfile(instruction="instruct", fields={"return_documents": False}, template_hint=_SGLANG_HINT),
        "infinity": RerankProfile(
            path="/rerank",
            max_texts=2048,
            fields={"return_documents": False, "raw_scores": True},
            template_hint=_INFINITY_HINT,
        ),
        "jina": RerankProfile(max_texts=1000, max_tokens=120_000, fields={"return_documents": False}),
        "cohere": RerankProfile(path="/v2/rerank", max_texts=1000, max_tokens=1_000_000),
        "dashscope": RerankProfile(path="/v1/reranks", max_texts=500, max_tokens=120_000, instruction="instruct"),
        "siliconflow": RerankProfile(max_tokens=120_000, instruction="instruction", fields={"return_documents": False}),
    }
)
"""The profile of each engine."""


@dataclass(frozen=True)
class RerankTarget:
    """One server and how to talk to it under one config.

    Attributes:
        url: Full address of the endpoint.
        model: The model's name on the server.
        profile: Properties of its engine.
    """

    url: str
    model: str
    profile: RerankProfile


def rerank_target_of(config: EncoderConfig, engine: RerankEngine) -> RerankTarget:
    """Return the reranking server of `config`."""
    profile = RERANK_PROFILES[engine]
    return RerankTarget(request_url(config.base_url or "", profile.path), config.served_model or config.model, profile)
