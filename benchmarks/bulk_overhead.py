"""What the command `embed` costs beside the bare encoder, and its memory over many texts.

python benchmarks/bulk_overhead.py                       3 rounds of 16,384 texts of the bundled model
python benchmarks/bulk_overhead.py --executor ray
python benchmarks/bulk_overhead.py --texts 1000000 --words 3 12 --rounds 1 --skip-bare
python benchmarks/bulk_overhead.py --texts 1000000 --words 3 12 --rounds 1 --skip-bare --output FOLDER    resumable

A round embeds the same texts by `encode_document` and by the run, one after the other, so that both meet the same load
of the machine. Print one line a figure:

- texts a second, and the run's share of the bare encoder's in the median of the rounds; a run on Ray counts from its
  first finished shard, without the start of Ray and its actors;
- processor time of both, which other programs hardly change (not on Ray, whose actors are other processes);
- the memory of this process while it runs: a row for each tenth of the texts.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from concurrency import WORDS, texts_of
from serving import memory_mb

from qwen3_embed_integrations import EncoderConfig, Qwen3Encoder
from qwen3_embed_integrations.bulk import BulkOptions, run_bulk

SHARD = 4096  # the command's default


class Timed:
    """Seconds and processor seconds of a `with` block."""

    def __enter__(self) -> Self:
        self._start, self._processor = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.perf_counter() - self._start
        self.processor_s = time.process_time() - self._processor


def bare(encoder: Qwen3Encoder, texts: list[str]) -> Timed:
    """Embed texts in calls of the size of a shard."""
    with Timed() as timed:
        for first in range(0, len(texts), SHARD):
            encoder.encode_document(texts[first : first + SHARD])
    return timed


def seconds_after_first_shard(folder: Path, n_texts: int) -> float:
    """Return the seconds that all texts would take at the rate after the first finished shard."""
    ends = sorted(path.stat().st_mtime for path in folder.glob("*.parquet"))
    n_shards = -(-n_texts // SHARD)
    return (ends[-1] - ends[0]) * n_shards / (n_shards - 1)


@contextmanager
def memory_rows(folder: Path, n_texts: int) -> Iterator[None]:
    """Print this process's memory at each tenth of the shards."""
    ended = threading.Event()

    def watch() -> None:
        shown, n_shards = 0, -(-n_texts // SHARD)
        while not ended.wait(0.5):
            tenth = 10 * len(list(folder.glob("*.parquet"))) // n_shards
            if tenth > shown:
                shown = tenth
                print(f"{tenth * 10} % of the shards: {memory_mb('self'):.0f} MB", flush=True)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def written(path: Path, arguments: argparse.Namespace) -> Path:
    """Write the input a thousand texts at a time: this process never holds all of them."""
    with path.open("w", encoding="utf-8") as file:
        for first in range(0, arguments.texts, 1000):
            for text in texts_of(min(1000, arguments.texts - first), tuple(arguments.words), seed=first):
                file.write(json.dumps({"text": f"{WORDS[first // 1000 % len(WORDS)]} {first} {text}"}) + "\n")
    return path


def one_round(encoder: Qwen3Encoder, path: Path, output: Path, arguments: argparse.Namespace) -> tuple[float, float]:
    """Embed the input in both ways; return the run's share of the bare rate, by time and by processor time."""
    options = BulkOptions(output=output, executor=arguments.executor, shard_records=SHARD, quiet=True)
    alone = None
    if not arguments.skip_bare:
        texts = [json.loads(line)["text"] for line in path.read_text(encoding="utf-8").splitlines()]
        alone = bare(encoder, texts)
        del texts
    with memory_rows(output, arguments.texts), Timed() as run:
        summary = run_bulk([str(path)], encoder.config, options)
    seconds = run.seconds if arguments.executor == "process" else seconds_after_first_shard(output, arguments.texts)
    print(
        f"run: {summary.n_embedded} texts in {run.seconds:.1f} s, {summary.n_embedded / seconds:.1f} texts/s",
        flush=True,
    )
    if alone is None:
        return 0.0, 0.0
    print(
        f"bare encoder: {arguments.texts / alone.seconds:.1f} texts/s; the run's share {alone.seconds / seconds:.3f}, "
        f"processor time {run.processor_s:.1f} s beside {alone.processor_s:.1f} s",
        flush=True,
    )
    return alone.seconds / seconds, alone.processor_s / max(run.processor_s, 1e-9)


def main() -> None:
    """Parse the arguments and take the measurements."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="tiny")
    parser.add_argument("--backend", default="torch", help='"fake" measures all but the model')
    parser.add_argument("--texts", type=int, default=16_384)
    parser.add_argument("--words", type=int, nargs=2, default=(40, 160))
    parser.add_argument("--executor", default="process")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--skip-bare", action="store_true")
    parser.add_argument("--output", type=Path, help="keep the shards here, so that a stopped run continues")
    arguments = parser.parse_args()
    encoder = Qwen3Encoder(EncoderConfig(model=arguments.model, backend=arguments.backend)).load()
    encoder.encode_document(texts_of(256, tuple(arguments.words), seed=1))
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder) / "in.jsonl", arguments)
        shares = [
            one_round(encoder, path, arguments.output or Path(folder) / str(number), arguments)
            for number in range(arguments.rounds)
        ]
    if not arguments.skip_bare:
        by_time, by_processor = (statistics.median(one) for one in zip(*shares, strict=True))
        print(f"median of {arguments.rounds} rounds: {by_time:.3f} of the bare rate", end="")
        print(f", {by_processor:.3f} by processor time" if arguments.executor == "process" else "")


if __name__ == "__main__":
    main()
