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
import ray.exceptions

from qwen3_embed_integrations import DataFileError, EncoderConfig, Qwen3EmbedError
from qwen3_embed_integrations.core.safe_text import safe_line

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
        names = batch["name"].to_pylist()
        return pa.Table.from_pylist([{"name": name, **asdict(self._run(name))} for name in names])

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
        yield from _retried(config, options, names)
    finally:
        if started:
            ray.shutdown()
    for name in names:
        _staged(options, name).unlink(missing_ok=True)
    _staged(options, "").parent.rmdir()


def _retried(config: EncoderConfig, options: BulkOptions, names: list[str]) -> Iterator[ShardReport]:
    """Run shards; those that a lost node or actor had are run again, on what is left of the cluster.

    Raises:
        DataFileError: Ray failed three times in a row without any shard between.
    """
    left, faults = dict.fromkeys(names), 0
    while left:
        try:
            for name, report in _reports(config, options, list(left)):
                del left[name]
                faults = 0
                yield report
        except ray.exceptions.RayError as error:
            if (own := _own_error(error)) is not None:
                raise own from error
            faults += 1
            if faults > _RETRIES:
                raise DataFileError(
                    f"Ray failed {faults} times in a row: {safe_line(str(error), 300)}. Finished shards are kept: "
                    "run the same command again when the cluster is well."
                ) from error


def _own_error(error: BaseException | None) -> Qwen3EmbedError | None:
    """Return the error of this package that made Ray fail; None: Ray itself failed."""
    while error is not None:
        if isinstance(error, Qwen3EmbedError):
            return error
        error = getattr(error, "cause", None) or error.__cause__
    return None


def _reports(config: EncoderConfig, options: BulkOptions, names: list[str]) -> Iterator[tuple[str, ShardReport]]:
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
        yield record.pop("name"), ShardReport(**record)


def _resources(config: EncoderConfig, options: BulkOptions) -> tuple[int, dict[str, Any]]:
    """Return the number of actors and what each reserves: a GPU, or its share of the CPUs, one of them left free."""
    untyped: Any = ray  # whether Ray, which leaves them untyped, is installed or not
    cluster, nodes = untyped.cluster_resources(), untyped.nodes()
    n_gpus, n_cpus = int(cluster.get("GPU", 0)), int(cluster.get("CPU", os.cpu_count() or 1))
    if n_gpus and config.device.startswith(("auto", "cuda")):
        return options.workers or n_gpus, {"num_gpus": 1}
    n_actors = options.workers or sum(node["Alive"] for node in nodes)
    # none on a small machine: reading waits for a CPU, and actors that hold all of them would let it wait for ever
    share = max(0, (n_cpus - 1) // n_actors - 1)
    threads = os.environ.get("OMP_NUM_THREADS") or str(share or max(1, n_cpus // n_actors))
    return n_actors, {"num_cpus": share, "runtime_env": {"env_vars": {"OMP_NUM_THREADS": threads}}}


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
