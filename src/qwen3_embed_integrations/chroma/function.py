"""Qwen3EmbeddingFunction: the encoder as Chroma's EmbeddingFunction."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Unpack

import numpy as np
from chromadb.api.types import Documents, EmbeddingFunction, Embeddings, Space
from chromadb.utils.embedding_functions import register_embedding_function
from numpy.typing import NDArray

from qwen3_embed_integrations import (
    ConfigError,
    EncoderConfig,
    Qwen3EmbedError,
    Qwen3Encoder,
    SpaceMismatchError,
    VectorSpace,
    load_encoder,
)
from qwen3_embed_integrations.core.catalog import TINY
from qwen3_embed_integrations.core.encoder_options import EncoderKeywords
from qwen3_embed_integrations.core.errors import EmptyInputError
from qwen3_embed_integrations.core.inputs import checked_storable
from qwen3_embed_integrations.core.options import declared

_NAME = "qwen3_embed"
_USE_ADD = "Nothing was written. qwen3_embed_integrations.chroma.add_documents writes U+FFFD in its place."


@register_embedding_function
class Qwen3EmbeddingFunction(EmbeddingFunction[Documents]):
    """Qwen3-Embedding as Chroma's `EmbeddingFunction`: documents raw, queries with their instruction.

    Light to make: weights load at the first use and are shared by all integrations of the process. A collection
    keeps the options that decide its vectors and the description of its vector space, so another process
    reopens it after `import qwen3_embed_integrations.chroma`; if the weights have changed since, the first
    use raises SpaceMismatchError. Chroma itself compares only names: open with `open_collection`.

    Example:
        >>> function = Qwen3EmbeddingFunction(model="tiny", dimension=128)
        >>> function.embed_query(["How do I sort a list?"])[0].shape
        (128,)

    Args:
        config: A model's name, or all options; or give everything as keywords.
        **options: As in `EncoderConfig`; they override `config`. Keywords of Chroma's
            `SentenceTransformerEmbeddingFunction` are understood.

    Raises:
        ConfigError: An unknown or unfit option; the message gives the nearest known name.
    """

    def __init__(self, config: EncoderConfig | str | None = None, /, **options: Unpack[EncoderKeywords]) -> None:
        self.encoder: Qwen3Encoder = load_encoder(config, **options)
        self._stored: Mapping[str, Any] | None = None  # the space of a reopened collection
        self._agrees = False

    def __repr__(self) -> str:
        return f"Qwen3EmbeddingFunction({self.encoder!r})"

    def __call__(self, input: Documents) -> Embeddings:  # noqa: A002 - Chroma checks this very signature
        """Return one float32 unit embedding a document.

        Raises:
            InputTypeError: Not a list of `str`; the message names the index.
            InputEncodingError: A document holds a lone surrogate, which Chroma can't keep.
            EmptyInputError: No documents.
            SpaceMismatchError: The collection holds vectors of another space.
        """
        self._check()
        return _embeddings(self.encoder.encode_document(checked_storable(input, "document", _USE_ADD)))

    def embed_query(self, input: Documents) -> Embeddings:  # noqa: A002 - Chroma's name
        """Return one float32 unit embedding a query, instruction in front; raises as for documents."""
        self._check()
        return _embeddings(self.encoder.encode_query(input))

    async def aembed_documents(self, input: Documents) -> Embeddings:  # noqa: A002 - as in the sync methods
        """Async twin of calling this function: `AsyncCollection` would embed on the event loop."""
        await asyncio.to_thread(self._check)
        return _embeddings(await self.encoder.aencode_document(checked_storable(input, "document", _USE_ADD)))

    async def aembed_query(self, input: Documents) -> Embeddings:  # noqa: A002 - as in the sync methods
        """Async twin of `embed_query`, for `AsyncCollection.query(query_embeddings=…)`."""
        await asyncio.to_thread(self._check)
        return _embeddings(await self.encoder.aencode_query(input))

    @property
    def space(self) -> VectorSpace:
        """The vector space of the documents; finds the model, loads no weights.

        Raises:
            SpaceMismatchError: The collection that this function was reopened from holds another space.
        """
        self._check()
        return self.encoder.space

    @staticmethod
    def name() -> str:
        """Return the name under which Chroma stores and finds this function."""
        return _NAME

    def default_space(self) -> Space:
        """Return "cosine"; unit embeddings rank alike under all three."""
        return "cosine"

    def supported_spaces(self) -> list[Space]:
        """Return every distance of Chroma's."""
        return ["cosine", "l2", "ip"]

    def get_config(self) -> dict[str, Any]:
        """Return what decides the vectors, as JSON types; no device, dtype, cache folder or secret.

        "space" describes the vector space, where the model is on this machine. A local model's path is
        absolute, because reopening needs it; elsewhere, open the collection with the model's path there.
        """
        config = self.encoder.config.portable()
        if _is_folder(config["model"]):
            config["model"] = str(Path(config["model"]).expanduser().resolve())
        space = self._stored or self._known_space()
        return {**config, "space": dict(space)} if space else config

    @staticmethod
    def build_from_config(config: dict[str, Any]) -> Qwen3EmbeddingFunction:
        """Return the function that `get_config` described; load nothing.

        What is stored decides nothing about this machine: options of another scope are refused, and a server is used
        only if this process allows it (`allow_host`).

        Raises:
            ConfigError: An option that no collection stores, or an unfit one.
        """
        options = {name: value for name, value in config.items() if name != "space"}
        foreign = [name for name, extra in declared(EncoderConfig).items() if name in options and not extra["portable"]]
        if foreign:
            raise ConfigError(
                f"The stored config holds {', '.join(foreign)}. Such an option is a machine's own and is never stored."
            )
        function = Qwen3EmbeddingFunction(EncoderConfig.from_options(options))
        function._stored = config.get("space")
        return function

    @staticmethod
    def validate_config(config: dict[str, Any]) -> None:
        """Raises ConfigError unless `config` is one that this version can build."""
        Qwen3EmbeddingFunction.build_from_config(config)

    def validate_config_update(self, old_config: dict[str, Any], new_config: dict[str, Any]) -> None:
        """Refuses a config that would put other vectors into the collection; the query task may change.

        Raises:
            SpaceMismatchError: The message names what differs.
        """
        remedy = "Make a new collection and add the documents there."
        if "space" in old_config and "space" in new_config:
            fields = {name: value for name, value in new_config["space"].items() if name != "fingerprint"}
            VectorSpace(**fields).check(old_config["space"], where="The collection", remedy=remedy)
            return
        old, new = (
            Qwen3EmbeddingFunction.build_from_config(config).encoder.config.portable("model", "space")
            for config in (old_config, new_config)
        )
        changed = [name for name in {**old, **new} if old.get(name) != new.get(name)]
        if changed:
            shown = "; ".join(f"{n}: stored {old.get(n)!r}, now {new.get(n)!r}" for n in changed)
            raise SpaceMismatchError(f"The collection holds vectors of another space ({shown}). {remedy}")

    def _check(self) -> None:
        """Refuses, at the first use, weights other than those which the collection was made with."""
        if self._stored and not self._agrees:
            self.encoder.space.check(
                self._stored,
                where="The collection",
                remedy="Bring back the model that made it, or add the documents to a new collection.",
            )
            self._agrees = True

    def _known_space(self) -> dict[str, Any] | None:
        """Return the space where that needs no download; a broken model speaks up at its first use."""
        encoder = self.encoder
        model = encoder.config.model
        if not (encoder.is_loaded or model == TINY or _is_folder(model)):
            encoder = Qwen3Encoder(encoder.config, local_files_only=True)
        try:
            return encoder.space.to_dict()
        except Qwen3EmbedError:
            return None


def _is_folder(model: str) -> bool:
    return model != TINY and Path(model).expanduser().is_dir()


def _embeddings(embeddings: NDArray[np.float32]) -> Embeddings:
    """Return a list of embeddings: Chroma's search asks a 2-D array for its truth, which has none."""
    if not len(embeddings):
        raise EmptyInputError("The list of texts is empty, and Chroma takes no empty list. Give at least one.")
    return list(embeddings)
