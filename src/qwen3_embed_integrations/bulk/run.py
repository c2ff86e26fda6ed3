"""The whole run: scan, leave out what is finished, embed, summarise."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from qwen3_embed_integrations import EncoderConfig, Qwen3Encoder
from qwen3_embed_integrations.progress import progress_bar

from .executors import Shard, ShardReport, run_here, run_in_processes
from .inputs import Source, find_sources
from .options import BulkOptions
from .scan import Scan, scan
from .shards import OutputFolder


@dataclass(frozen=True)
class BulkSummary:
    """What a run did.

    Attributes:
        output: The folder.
        fingerprint: The space of the embeddings.
        n_records: Records of all inputs.
        n_shards: Their shards.
        n_done_before: Shards that an earlier run had finished.
        n_embedded: Records of the shards that this run computed.
        n_cut: Texts among these that were cut.
        n_broken: Records of all inputs that hold no text; their `error` says why.
        n_failed: Records of this run's shards without an embedding, broken ones included.
        n_tokens: Tokens of the texts that this run computed.
        n_stored: Records added to the collection that `to` names.
        seconds: Time of the run.
    """

    output: str
    fingerprint: str
    n_records: int
    n_shards: int
    n_done_before: int
    n_embedded: int
    n_cut: int
    n_broken: int
    n_failed: int
    n_tokens: int
    n_stored: int
    seconds: float


class _Plan:
    """The shards of a run, named as they are read; those that are finished are left out."""

    def __init__(self, sources: list[Source], options: BulkOptions, output: OutputFolder) -> None:
        self._sources, self._options, self._output = sources, options, output
        self.names: list[str] = []
        self.n_done_before = self.n_left_out = 0

    def shards(self) -> Iterator[Shard]:
        for source in self._sources:
            for table in source.tables(self._options):
                name = self._output.name_of(table)
                self.names.append(name)
                if self._output.has(name):
                    self.n_done_before += 1
                    self.n_left_out += len(table)
                else:
                    yield name, table


def run(inputs: tuple[str, ...], config: EncoderConfig, options: BulkOptions) -> BulkSummary:
    """Embed the texts of inputs; raise as `run_bulk`."""
    start = time.monotonic()
    if options.to is not None:
        from .store_writer import check_options

        check_options(options)
    with tempfile.TemporaryDirectory() as spool:
        sources = find_sources(inputs, Path(spool))
        scanned = scan(sources, options)
        encoder = Qwen3Encoder(config)
        output = OutputFolder(options, encoder.space, encoder.prompt(options.role))
        output.clean()
        plan = _Plan(sources, options, output)
        reports = _run(plan, scanned, config, options)
    n_stored = _stored(encoder, options, plan.names)
    return BulkSummary(
        output=str(options.output),
        fingerprint=encoder.space.fingerprint,
        n_records=scanned.n_records,
        n_shards=len(plan.names),
        n_done_before=plan.n_done_before,
        n_embedded=sum(one.n_records for one in reports),
        n_cut=sum(one.n_cut for one in reports),
        n_broken=scanned.n_broken,
        n_failed=sum(one.n_broken for one in reports),
        n_tokens=sum(one.n_tokens for one in reports),
        n_stored=n_stored,
        seconds=time.monotonic() - start,
    )


def _stored(encoder: Qwen3Encoder, options: BulkOptions, names: list[str]) -> int:
    if options.to is None:
        return 0
    from .store_writer import write_to_store

    return write_to_store(encoder, options, names)


def _run(plan: _Plan, scanned: Scan, config: EncoderConfig, options: BulkOptions) -> list[ShardReport]:
    reports: list[ShardReport] = []
    with progress_bar(scanned.n_records, unit="text", description="Embedding", shown=not options.quiet) as on_progress:
        n_done = 0
        for report in _executed(plan, config, options):
            reports.append(report)
            n_done += report.n_records
            if on_progress is not None:
                on_progress(n_done + plan.n_left_out)
    return reports


def _executed(plan: _Plan, config: EncoderConfig, options: BulkOptions) -> Iterator[ShardReport]:
    if options.executor == "ray":
        from .ray_executor import run_on_ray

        return run_on_ray(config, options, plan.shards())
    if options.executor == "processes":
        return run_in_processes(config, options, plan.shards())
    return run_here(config, options, plan.shards())
