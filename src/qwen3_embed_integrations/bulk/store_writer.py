"""Finished shards → a collection of a vector database; what it lacks is added, so a killed run goes on here too."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from qwen3_embed_integrations import ConfigError, Qwen3Encoder
from qwen3_embed_integrations.stores.address import open_address
from qwen3_embed_integrations.stores.handle import CollectionHandle, StoredRecords, WritableHandle
from qwen3_embed_integrations.stores.opening import check_collection

from .options import BulkOptions
from .shards import read_table

_AT_ONCE = 1000


def check_options(options: BulkOptions) -> None:
    """Check that the shards hold what a store needs.

    Raises:
        ConfigError: They don't.
    """
    if not options.keep_text or options.output_format != "parquet" or options.role != "document":
        raise ConfigError(
            "A store holds documents with their texts: give --keep-text, and Parquet shards of documents."
        )


def write_to_store(encoder: Qwen3Encoder, options: BulkOptions, names: Sequence[str]) -> int:
    """Add the records of finished shards that the collection lacks; return how many were added.

    Args:
        encoder: Whose space the collection must hold.
        options: Names the collection and the shards' folder.
        names: The shards.

    Raises:
        ConfigError: No such form of an address, or a store that can't be written.
        SpaceMismatchError: The collection holds vectors of another space; nothing was written.
    """
    with open_address(options.to or "", make=True) as handle:
        writable = _writable(handle, encoder.dimension)
        check_collection(writable, encoder)
        return sum(_add(writable, read_table(options.output / f"{name}.parquet")) for name in names)


def _writable(handle: CollectionHandle, dimension: int) -> WritableHandle:
    if not isinstance(handle, WritableHandle) or handle.write_with:
        raise ConfigError(f"{handle.where} can't be written here. Write the shards with the engine's own client.")
    if not handle.exists() and (create := getattr(handle, "create", None)) is not None:
        create(dimension)
    return handle


def _add(handle: WritableHandle, table: pa.Table) -> int:
    good = table.filter(pc.is_null(table["error"]))
    names, texts = good["id"].to_pylist(), good["text"].to_pylist()
    stored = handle.stored_ids(names)
    known = handle.existing_ids(stored)
    missing = [index for index, one in enumerate(stored) if one not in known]
    for first in range(0, len(missing), _AT_ONCE):
        part = missing[first : first + _AT_ONCE]
        embeddings = np.stack(good["embedding"].take(pa.array(part)).to_numpy()).astype(np.float32)
        ids, given, documents = ([column[i] for i in part] for column in (stored, names, texts))
        handle.write(StoredRecords(ids, given, documents, embeddings, [{}] * len(part)))
    return len(missing)
