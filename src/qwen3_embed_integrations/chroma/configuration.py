"""Write the description of a collection's embedding function while others write to the same database.

Chroma 1.5.9 reads the configuration and writes it in one transaction that begins as a reader. SQLite refuses such a
write at once, without waiting, as long as anybody else writes: another process, or Chroma's own background work. The
same call a moment later succeeds. A version of Chroma whose transaction begins as a writer makes this module needless.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from chromadb.errors import ChromaError

if TYPE_CHECKING:
    from chromadb.api.models.AsyncCollection import AsyncCollection
    from chromadb.api.models.Collection import Collection

    from .function import Qwen3EmbeddingFunction

_PAUSES_S = (*(0.01 * 2**i for i in range(6)), *[0.5] * 8)  # 4.6 s together
_LOCKED = "database is locked"


def write_configuration(collection: Collection, function: Qwen3EmbeddingFunction) -> None:
    """Make `function` the collection's embedding function; wait for other writers.

    Raises:
        SpaceMismatchError: Chroma asked the function of the stored configuration, and it refused.
        ChromaError: The database can't be written, or others have been writing for several seconds.
    """
    for pause in _PAUSES_S:
        try:
            return collection.modify(configuration={"embedding_function": function})
        except ChromaError as error:
            if _LOCKED not in str(error):
                raise
        time.sleep(pause)
    return collection.modify(configuration={"embedding_function": function})


async def awrite_configuration(collection: AsyncCollection, function: Qwen3EmbeddingFunction) -> None:
    """Async twin of `write_configuration`."""
    for pause in _PAUSES_S:
        try:
            return await collection.modify(configuration={"embedding_function": function})
        except ChromaError as error:
            if _LOCKED not in str(error):
                raise
        await asyncio.sleep(pause)
    return await collection.modify(configuration={"embedding_function": function})
