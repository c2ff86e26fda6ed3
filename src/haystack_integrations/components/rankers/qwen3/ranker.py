"""Qwen3Ranker: documents and a query → the best documents, with their scores."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Self, Unpack

from haystack import Document, component, default_from_dict, default_to_dict
from haystack.utils import ComponentDevice, Secret
from haystack.utils.misc import _deduplicate_documents

from qwen3_embed_integrations import ConfigError, Qwen3Reranker, Ranked, RerankerConfig, load_reranker
from qwen3_embed_integrations.core.document_texts import checked_documents, checked_field_names, text_of
from qwen3_embed_integrations.core.hub_token import HubSecrets, name_hub_variables
from qwen3_embed_integrations.core.reranker_options import CommonRerankerOptions
from qwen3_embed_integrations.core.stock_options import StockRerankerOptions


class HaystackRerankerOptions(CommonRerankerOptions, StockRerankerOptions, total=False):
    """The reranker's options and stock keywords, with Haystack's own types of device and token."""

    device: str | ComponentDevice | None
    token: Secret | None


@component
class Qwen3Ranker(HubSecrets):
    """Ranks documents with Qwen3-Reranker.

    Every option of `RerankerConfig` is a keyword here. Making one is cheap: weights load at the first use and are
    shared by all rankers of the process.

    Example:
        >>> ranker = Qwen3Ranker(model="0.6B", top_k=5, meta_fields_to_embed=["title"])
        >>> ranker.top_k
        5

    Args:
        top_k: Documents to return.
        score_threshold: Return only documents whose score is at least this; a value given here can be replaced at
            run time, but not switched off. None: no threshold.
        scale_score: Return P(relevant), from 0 to 1; False for the logit.
        meta_fields_to_embed: Meta fields whose values go before the content, in this order.
        embedding_separator: What stands between them.
        **options: As in `RerankerConfig`. Keywords of Haystack's similarity rankers are understood.

    Raises:
        ConfigError: An unknown or unfit option; the message gives the nearest known name.
    """

    def __init__(
        self,
        *,
        top_k: int = 10,
        score_threshold: float | None = None,
        scale_score: bool = True,
        meta_fields_to_embed: list[str] | None = None,
        embedding_separator: str = "\n",
        **options: Unpack[HaystackRerankerOptions],
    ) -> None:
        given: dict[str, Any] = {**options}
        token = given.pop("token", None)
        if not isinstance(token, Secret | None):
            raise ConfigError(f'token is {type(token).__name__}, expected a Secret: token=Secret.from_env_var("…").')
        self.secrets = {"token": token} if token else {}
        name_hub_variables(self.secret_variables())
        device = given.get("device", "")
        if isinstance(device, ComponentDevice):
            if device.has_multiple_devices:
                raise ConfigError('device is a map of devices, expected one: ComponentDevice.from_str("cuda:0").')
            given["device"] = device.to_torch_str()
        self.config = RerankerConfig(**given)
        self.top_k = _checked_top_k(top_k)
        self.score_threshold = score_threshold
        self.scale_score = scale_score
        self.meta_fields_to_embed = checked_field_names(meta_fields_to_embed)
        self.embedding_separator = embedding_separator

    @property
    def reranker(self) -> Qwen3Reranker:
        """The shared reranker behind this component.

        Raises:
            ValueError: The token's environment variable is not set.
            HostNotAllowedError: A stored form names the variable, and nobody allowed the hub to get it.
        """
        return load_reranker(self.config, **self.resolved_secrets())

    def warm_up(self) -> None:
        """Load the weights, once per process; `run` does so itself when it must."""
        self.reranker.load()

    async def warm_up_async(self) -> None:
        """Load the weights off the event loop."""
        await asyncio.to_thread(self.warm_up)

    @component.output_types(documents=list[Document])
    def run(
        self,
        query: str,
        documents: list[Document],
        top_k: int | None = None,
        scale_score: bool | None = None,
        score_threshold: float | None = None,
    ) -> dict[str, list[Document]]:
        """Return copies of the best documents with their scores, best first.

        Documents of equal id are ranked once. An argument that is None is the component's own.

        Args:
            query: What a document should answer.
            documents: What to rank.
            top_k: Documents to return.
            scale_score: Return P(relevant), or the logit.
            score_threshold: Return only documents whose score is at least this.

        Returns:
            `documents`.

        Raises:
            InputTypeError: Not a list of `Document`, or the query is not a `str`.
            ConfigError: `top_k` is no positive number.
        """
        unique, limits = self._prepared(documents, top_k, scale_score, score_threshold)
        return _output(unique, self.reranker.rank(query, self._texts(unique), **limits))

    @component.output_types(documents=list[Document])
    async def run_async(
        self,
        query: str,
        documents: list[Document],
        top_k: int | None = None,
        scale_score: bool | None = None,
        score_threshold: float | None = None,
    ) -> dict[str, list[Document]]:
        """Async twin of `run`: concurrent runs share forward passes, the event loop stays free."""
        unique, limits = self._prepared(documents, top_k, scale_score, score_threshold)
        return _output(unique, await self.reranker.arank(query, self._texts(unique), **limits))

    def to_dict(self) -> dict[str, Any]:
        """Return the stored form: every option, the token as the name of its environment variable.

        Raises:
            ValueError: The token is written out; use `Secret.from_env_var`.
        """
        return default_to_dict(
            self,
            **{**self.config.model_dump(mode="json"), "token": self.secrets.get("token")},
            top_k=self.top_k,
            score_threshold=self.score_threshold,
            scale_score=self.scale_score,
            meta_fields_to_embed=self.meta_fields_to_embed,
            embedding_separator=self.embedding_separator,
        )

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Return the component that `to_dict` described."""
        return default_from_dict(cls, data)

    def _prepared(
        self, documents: Any, top_k: int | None, scale_score: bool | None, score_threshold: float | None
    ) -> tuple[list[Document], dict[str, Any]]:
        """Return the documents without repeats, and the limits of the ranking."""
        unique = _deduplicate_documents(checked_documents(documents, Document))
        scaled = self.scale_score if scale_score is None else scale_score
        return unique, {
            "top_k": self.top_k if top_k is None else _checked_top_k(top_k),
            "min_score": self.score_threshold if score_threshold is None else score_threshold,
            "scale": "probability" if scaled else "logit",
        }

    def _texts(self, documents: Sequence[Document]) -> list[str]:
        return [text_of(document, self.meta_fields_to_embed, self.embedding_separator) for document in documents]


def _output(documents: Sequence[Document], ranked: Sequence[Ranked]) -> dict[str, list[Document]]:
    return {"documents": [replace(documents[one.index], score=one.score) for one in ranked]}


def _checked_top_k(top_k: Any) -> int:
    if isinstance(top_k, bool) or not isinstance(top_k, int) or top_k < 1:
        raise ConfigError(f"top_k={top_k!r}: expected a positive number of documents.")
    return top_k
