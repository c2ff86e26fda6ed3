"""Shards on Ray Data: actors that hold the model, on one machine or a cluster with a shared disk.

Read in ray 2.60: a callable class without `compute` gets an autoscaling pool that loads the model once per CPU; Ray
sets OMP_NUM_THREADS to `num_cpus` of the actor, so torch has one thread unless it is asked for; a batch whose actor is
killed is retried for ever unless `max_task_retries` bounds it; and a raised error drops a whole block, so errors of
texts are a column.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import ray
import ray.data

from qwen3_embed_integrations import EncoderConfig

from .executors import Shard, ShardReport, ShardWorker
from .options import BulkOptions
from .shards import read_table

_RETRIES = 3
_IN_FLIGHT = 2
_STAGED = ".staged"


class _Actor:
    """Runs shards whose tables are on the shared disk."""

    def __init__(self, config: dict[str, Any], options: dict[str, Any]) -> None:
        self._options = BulkOptions(**options)
        self._config = EncoderConfig(**config)
        self._worker: ShardWorker | None = None

    def __call__(self, batch: pa.Table) -> pa.Table:
        reports = [self._run(name) for name in batch["name"].to_pylist()]
        return pa.Table.from_pylist([asdict(one) for one in reports])

    def _run(self, name: str) -> ShardReport:
        if self._worker is None:
            self._worker = ShardWorker(self._config, self._options)
        return self._worker.run(name, read_table(_staged(self._options, name)))


def run_on_ray(config: EncoderConfig, options: BulkOptions, shards: Iterable[Shard]) -> Iterator[ShardReport]:
    """Run shards on Ray Data; each shard's texts wait in the output folder until it is finished.

    Ray is started if it doesn't run, and left running if it does.
    """
    options = options.model_copy(update={"output": options.output.absolute()})
    names = _stage(options, shards)
    if not names:
        return
    started = not ray.is_initialized()
    if started:
        ray.init(address=options.ray_address, include_dashboard=False, log_to_driver=False)
    try:
        yield from _reports(config, options, names)
    finally:
        if started:
            ray.shutdown()
    for name in names:
        _staged(options, name).unlink(missing_ok=True)
    _staged(options, "").parent.rmdir()


def _reports(config: EncoderConfig, options: BulkOptions, names: list[str]) -> Iterator[ShardReport]:
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    n_actors, resources = _resources(config, options)
    dataset = ray.data.from_items([{"name": name} for name in names], override_num_blocks=len(names))
    found = dataset.map_batches(
        _Actor,
        fn_constructor_args=(config.to_options(), options.model_dump(mode="json")),
        batch_format="pyarrow",
        batch_size=1,  # one shard, whose table holds `shard_records` texts
        compute=ray.data.ActorPoolStrategy(size=n_actors, max_tasks_in_flight_per_actor=_IN_FLIGHT),
        max_task_retries=_RETRIES,
        **resources,
    )
    for record in found.iter_rows():
        yield ShardReport(**record)


def _resources(config: EncoderConfig, options: BulkOptions) -> tuple[int, dict[str, Any]]:
    """Return the number of actors and what each reserves: a GPU, or its share of the CPUs, one of them left free."""
    cluster = ray.cluster_resources()
    n_gpus, n_cpus = int(cluster.get("GPU", 0)), int(cluster.get("CPU", os.cpu_count() or 1))
    if n_gpus and config.device.startswith(("auto", "cuda")):
        return options.workers or n_gpus, {"num_gpus": 1}
    n_actors = options.workers or max(1, len([node for node in ray.nodes() if node["Alive"]]))
    share = max(1, (n_cpus - 1) // n_actors)
    return n_actors, {"num_cpus": share if n_cpus > n_actors else 0}


def _staged(options: BulkOptions, name: str) -> Path:
    return options.output / _STAGED / f"{name}.parquet"


def _stage(options: BulkOptions, shards: Iterable[Shard]) -> list[str]:
    """Write the texts of shards where every node can read them; return the shards' names."""
    names = []
    for name, table in shards:
        path = _staged(options, name)
        path.parent.mkdir(exist_ok=True)
        pq.write_table(table, path, compression="zstd")
        names.append(name)
    return names
