"""The guard that Chroma lacks: a collection of another vector space is refused when it is opened.

Chroma compares the names of embedding functions and nothing else, so another model, dimension, pooling or
document instruction opens without a word and mixes vectors that can't be compared.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Unpack

from chromadb.api import AsyncClientAPI, ClientAPI
from chromadb.api.models.AsyncCollection import AsyncCollection
from chromadb.api.models.Collection import Collection
from chromadb.api.types import GetResult
from chromadb.errors import NotFoundError

from qwen3_embed_integrations import ConfigError, EncoderConfig, Qwen3Encoder, SpaceMismatchError
from qwen3_embed_integrations.core.encoder_options import EncoderKeywords
from qwen3_embed_integrations.core.stored_sample import SAMPLE_SIZE, check_sample

from .configuration import awrite_configuration, write_configuration
from .function import Qwen3EmbeddingFunction
from .hnsw import with_hnsw

_WITNESS = "qwen3_embed_space"  # a metadata key: chromadb 1.5.9 writes a refused modify(configuration=…), metadata stay


def open_collection(  # noqa: PLR0913 - what Chroma takes for a collection, and what makes it ours
    client: ClientAPI,
    name: str,
    encoder: Any = None,
    *,
    metadata: Mapping[str, Any] | None = None,
    configuration: Mapping[str, Any] | None = None,
    remedy: str | None = None,
    **options: Unpack[EncoderKeywords],
) -> Collection:
    """Return the collection called `name`, made if there is none, and refuses one of another vector space.

    The description of the space is stored in the collection's configuration. A collection that has none
    (made by LangChain, say) is checked by embedding some of its documents again, and gets it then.

    Args:
        client: Any client of Chroma's.
        name: Of the collection.
        encoder: What embeds: an EncoderConfig, a Qwen3Encoder, a Qwen3EmbeddingFunction, or any integration of this
            package. With neither encoder nor options, a collection opens as it was stored.
        metadata: For a new collection.
        configuration: For a new collection, such as `{"hnsw": {"ef_search": 200}}`; `HNSW` where it says nothing.
        remedy: What to do about another space, as the end of the message; None: how to re-index by hand.
        **options: As in `EncoderConfig`, instead of `encoder`.

    Raises:
        SpaceMismatchError: It holds vectors of another space; the message names what differs and the remedy.
        ConfigError: An unknown or unfit option, or no encoder.
    """
    function = _function(encoder, options) or _stored_function(client, name)
    advice = _remedy(name) if remedy is None else remedy
    _ = function.space  # refuse what the model can't serve before anything is made
    with _foreign(name, advice):
        collection = client.get_or_create_collection(name, **_new(function, metadata, configuration))
    if _is_overwritten(function, collection, advice):
        with suppress(SpaceMismatchError):  # Chroma compares with what it holds, and writes all the same
            write_configuration(collection, function)
        return client.get_collection(name)
    if not _is_known(function, collection, advice):
        sample = collection.get(limit=SAMPLE_SIZE, include=["documents", "embeddings"])
        _check_sample(function, sample, name, advice)
        write_configuration(collection, function)
    return collection


async def aopen_collection(  # noqa: PLR0913 - as its sync twin
    client: AsyncClientAPI,
    name: str,
    encoder: Any = None,
    *,
    metadata: Mapping[str, Any] | None = None,
    configuration: Mapping[str, Any] | None = None,
    remedy: str | None = None,
    **options: Unpack[EncoderKeywords],
) -> AsyncCollection:
    """Async twin of `open_collection`, for `AsyncHttpClient`; what computes leaves the event loop."""
    function = _function(encoder, options) or await _astored_function(client, name)
    advice = _remedy(name) if remedy is None else remedy
    _ = await asyncio.to_thread(lambda: function.space)
    with _foreign(name, advice):
        collection = await client.get_or_create_collection(name, **_new(function, metadata, configuration))
    if _is_overwritten(function, collection, advice):
        with suppress(SpaceMismatchError):  # as in the sync twin
            await awrite_configuration(collection, function)
        return await client.get_collection(name)
    if not _is_known(function, collection, advice):
        sample = await collection.get(limit=SAMPLE_SIZE, include=["documents", "embeddings"])
        await asyncio.to_thread(_check_sample, function, sample, name, advice)
        await awrite_configuration(collection, function)
    return collection


def _function(encoder: Any, options: Mapping[str, Any]) -> Qwen3EmbeddingFunction | None:
    if isinstance(encoder, Qwen3EmbeddingFunction) and not options:
        return encoder
    if encoder is None:
        return Qwen3EmbeddingFunction(**options) if options else None
    inner = getattr(encoder, "encoder", encoder)  # every integration has its encoder under this name
    config = inner.config if isinstance(inner, Qwen3Encoder) else inner
    if not isinstance(config, EncoderConfig):
        raise ConfigError(
            f"Can't embed with {type(encoder).__name__}. Give an EncoderConfig, a Qwen3Encoder, "
            'an integration of this package, or options such as model="0.6B".'
        )
    return Qwen3EmbeddingFunction(config, **options)


def _stored_function(client: ClientAPI, name: str) -> Qwen3EmbeddingFunction:
    try:
        return _from(client.get_collection(name, embedding_function=None))
    except NotFoundError:
        return Qwen3EmbeddingFunction()


async def _astored_function(client: AsyncClientAPI, name: str) -> Qwen3EmbeddingFunction:
    try:
        return _from(await client.get_collection(name, embedding_function=None))
    except NotFoundError:
        return Qwen3EmbeddingFunction()


def _from(collection: Collection | AsyncCollection) -> Qwen3EmbeddingFunction:
    return Qwen3EmbeddingFunction.build_from_config(_stored_config(collection))


def _stored_config(collection: Collection | AsyncCollection) -> dict[str, Any]:
    """Return the config of a Qwen3EmbeddingFunction that the collection keeps; {} when it keeps none."""
    stored = collection.configuration_json.get("embedding_function") or {}
    config: dict[str, Any] = stored["config"] if stored.get("name") == Qwen3EmbeddingFunction.name() else {}
    return config


def _new(
    function: Qwen3EmbeddingFunction,
    metadata: Mapping[str, Any] | None,
    configuration: Mapping[str, Any] | None,
) -> dict[str, Any]:
    return {
        "embedding_function": function,
        "metadata": {**(metadata or {}), _WITNESS: function.space.fingerprint},
        "configuration": with_hnsw(configuration, metadata),
    }


@contextmanager
def _foreign(name: str, advice: str) -> Iterator[None]:
    """Says what to do about a collection that another embedding function made."""
    try:
        yield
    except ValueError as error:
        if "Embedding function conflict" not in str(error):
            raise
        raise SpaceMismatchError(
            f"Collection {name!r} holds vectors of another embedding function ({error}). {advice}"
        ) from error


def _is_overwritten(function: Qwen3EmbeddingFunction, collection: Collection | AsyncCollection, advice: str) -> bool:
    """Tell whether a refused `modify` of Chroma's left the description of another space, and ours is the right one.

    Raises:
        SpaceMismatchError: It did, and ours isn't.
    """
    made = (collection.metadata or {}).get(_WITNESS)
    claimed = (_stored_config(collection).get("space") or {}).get("fingerprint")
    if made is None or claimed is None or made == claimed:
        return False
    if made != function.space.fingerprint:
        raise SpaceMismatchError(
            f"Collection {collection.name!r} holds vectors of another space: its description was overwritten by "
            f"collection.modify. Open it with the options that made it, which sets that right. {advice}"
        )
    return True


def _is_known(function: Qwen3EmbeddingFunction, collection: Collection | AsyncCollection, advice: str) -> bool:
    """Tells whether the collection says that it is of this space; raises when it says another."""
    stored = _stored_config(collection).get("space")
    if not stored:
        return False
    function.space.check(stored, where=f"Collection {collection.name!r}", remedy=advice)
    return True


def _check_sample(function: Qwen3EmbeddingFunction, sample: GetResult, name: str, advice: str) -> None:
    """Embeds some documents again and compares; raises unless the stored vectors are of this space."""
    pairs = list(zip(sample["documents"] or [], _listed(sample["embeddings"]), strict=False))
    missing: list[Any] = [(None, None)] if sample["ids"] and not pairs else []
    check_sample(pairs or missing, function, where=f"Collection {name!r}", remedy=advice)


def _listed(embeddings: Any) -> list[Any]:
    return [] if embeddings is None else list(embeddings)


def _remedy(name: str) -> str:
    return (
        f"To re-index: client.delete_collection({name!r}), open it again, add the documents anew. "
        f"To go on with what is stored: open_collection(client, {name!r}), with its own options or none."
    )
