"""Who runs the shards: this process, or one process per device. The same shards whichever it is."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from qwen3_embed_integrations import ConfigError, DataFileError, EncoderConfig

from .options import BulkOptions, TableOptions
from .shards import OutputFolder
from .table import TableEmbedder

if TYPE_CHECKING:
    from multiprocessing.queues import Queue

Shard = tuple[str, pa.Table]
"""The name of a shard and its table of ids, texts and errors."""


@dataclass(frozen=True)
class ShardReport:
    """What a finished shard holds: records, those cut, those without an embedding, tokens."""

    n_records: int
    n_cut: int
    n_broken: int
    n_tokens: int


class ShardWorker:
    """Embeds and writes shards in its process.

    Args:
        config: The encoder's options.
        options: The run's options.
    """

    def __init__(self, config: EncoderConfig, options: BulkOptions) -> None:
        own = {name: getattr(options, name) for name in TableOptions.model_fields} | {"text_column": "text"}
        self._embedder = TableEmbedder(config, TableOptions(**own))
        encoder = self._embedder.encoder
        self._output = OutputFolder(options, encoder.space, encoder.prompt(options.role))

    def run(self, name: str, table: pa.Table) -> ShardReport:
        """Embed and write one shard, unless it is there."""
        found = self._embedder.embed(table)
        self._output.write(name, found)
        n_tokens, n_cut = (int(pc.sum(found[one]).as_py() or 0) for one in ("n_tokens", "truncated"))
        return ShardReport(len(found), n_cut, len(found) - found["error"].null_count, n_tokens)


def run_here(config: EncoderConfig, options: BulkOptions, shards: Iterable[Shard]) -> Iterator[ShardReport]:
    """Run shards in this process; the next is read and the last is written while one computes."""
    worker = ShardWorker(config, options)
    at_once = 1 if config.cache_path else 2  # with a cache, a text that two shards share is computed by the first
    with ThreadPoolExecutor(at_once, thread_name_prefix="qwen3-embed-shard") as pool:
        yield from _bounded(pool, worker.run, shards, at_once)


def run_in_processes(config: EncoderConfig, options: BulkOptions, shards: Iterable[Shard]) -> Iterator[ShardReport]:
    """Run shards in processes, each with a model of its own; two shards wait for each.

    Raises:
        DataFileError: A process died. Finished shards stay.
    """
    configs = worker_configs(config, options)
    context = multiprocessing.get_context("spawn")
    queue: Queue[EncoderConfig] = context.Queue()
    for one in configs:
        queue.put(one)
    with ProcessPoolExecutor(len(configs), context, _start_worker, (queue, options)) as pool:
        try:
            yield from _bounded(pool, _run_shard, shards, 2 * len(configs))
        except BrokenProcessPool as error:
            raise DataFileError(
                "A worker process died, perhaps for lack of memory. Finished shards are kept: run the same command "
                "again, with fewer --workers."
            ) from error


def worker_configs(config: EncoderConfig, options: BulkOptions) -> list[EncoderConfig]:
    """Return the options of each worker.

    Raises:
        ConfigError: There are more workers than devices.
    """
    devices = options.devices or (config.device,) * (options.workers or 1)
    if options.workers is not None and options.workers != len(devices):
        raise ConfigError(f"workers={options.workers}, but {len(devices)} devices are named. Leave workers out.")
    return [config.replace(device=device) for device in devices]


def _bounded(
    pool: Executor, work: Callable[[str, pa.Table], ShardReport], shards: Iterable[Shard], at_once: int
) -> Iterator[ShardReport]:
    """Yield reports in the order of the shards; no more than `at_once` are read ahead."""
    waiting: deque[Future[ShardReport]] = deque()
    for name, table in shards:
        waiting.append(pool.submit(work, name, table))
        if len(waiting) > at_once:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


_worker: ShardWorker | None = None


def _start_worker(queue: Queue[EncoderConfig], options: BulkOptions) -> None:
    global _worker  # noqa: PLW0603 - one worker a process
    _worker = ShardWorker(queue.get(), options)


def _run_shard(name: str, table: pa.Table) -> ShardReport:
    if _worker is None:
        raise RuntimeError("this process has no worker")
    return _worker.run(name, table)
