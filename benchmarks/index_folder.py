"""Index a folder of many files: time and memory, kills at random moments, a second run.

    python benchmarks/index_folder.py [--files 10000] [--kills 20] [--write benchmarks/results/index_folder.json]

The folder is made anew, a tenth of the files longer than one chunk. First the index is made without a break, and the
memory of the process is sampled; then a second index is made by processes that are killed (SIGKILL) at moments drawn
between their start and the time that the first took, until one ends by itself. Both must hold exactly the chunks of the
folder, none lost and none twice, and one more run must embed nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import chromadb
import psutil
from chromadb.config import Settings

from qwen3_embed_integrations import Qwen3Encoder
from qwen3_embed_integrations.rag.corpora.corpus import chunks_by_id
from qwen3_embed_integrations.rag.corpora.folder import folder_corpus
from qwen3_embed_integrations.rag.index import COLLECTION

SEED = 18
LONG = 10  # every tenth file
SAMPLE_S = 0.5


def write_folder(folder: Path, n_files: int) -> None:
    """Write files of one to five chunks, a hundred in each subfolder."""
    for number in range(n_files):
        path = folder / f"{number // 100:03}" / f"note-{number:05}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        sentences = [f"Part {number}-{i} was mended in workshop {(number * 7 + i) % 97}." for i in range(200)]
        path.write_text(f"# Note {number}\n\n{' '.join(sentences[: 120 if number % LONG == 0 else 9])}\n")


def start(docs: Path, index: Path) -> subprocess.Popen[str]:
    """Start a run that indexes the folder and asks one question."""
    command = [sys.executable, "-m", "qwen3_embed_integrations", "rag", "--docs", str(docs), "--index", str(index)]
    return subprocess.Popen(
        [*command, "--ask", "Which workshop mended part 7-3?", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[str, list[float]]:
    """Return what a run printed, and the memory of its process in MB, sampled until it ended."""
    watched, samples = psutil.Process(process.pid), []
    while process.poll() is None:
        try:
            samples.append(watched.memory_info().rss / 1e6)
        except psutil.NoSuchProcess:
            break
        time.sleep(SAMPLE_S)
    printed = process.communicate()[0]
    if process.returncode:
        sys.exit(f"The run failed with {process.returncode}:\n{printed}")
    return printed, samples


def stored(index: Path) -> list[str]:
    """Return the ids in the index, read from Chroma itself."""
    with chromadb.PersistentClient(index, settings=Settings(anonymized_telemetry=False)) as client:
        return client.get_collection(COLLECTION, embedding_function=None).get(include=[])["ids"]


def expected(docs: Path) -> set[str]:
    """Return the ids of the folder's chunks."""
    encoder = Qwen3Encoder(model="tiny")
    return set(
        chunks_by_id(folder_corpus(docs).documents, lambda texts: [int(n) - 1 for n in encoder.count_tokens(texts)])
    )


def killed_at(docs: Path, index: Path, seconds: float, n_kills: int) -> list[float]:
    """Kill runs at random moments until there were `n_kills` or one ended; return the moments in seconds."""
    random_values, moments = random.Random(SEED), []  # noqa: S311 - seeded, no secret
    for _ in range(n_kills):
        process, moment = start(docs, index), random_values.uniform(0, seconds)
        try:
            process.communicate(timeout=moment)
            break
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            moments.append(round(moment, 1))
    return moments


def check(index: Path, wanted: set[str]) -> None:
    """End the program unless the index holds exactly the wanted ids, each once."""
    found = stored(index)
    if len(found) != len(set(found)) or set(found) != wanted:
        sys.exit(f"{index.name}: {len(found)} chunks, {len(set(found) ^ wanted)} of them lost, doubled or foreign.")


def main() -> None:
    """Run the three parts and print their figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--write", type=Path, help="JSON file to write the figures to")
    args = parser.parse_args()
    os.environ.setdefault("XDG_CACHE_HOME", tempfile.mkdtemp())
    with tempfile.TemporaryDirectory() as scratch:
        docs, whole, broken = (Path(scratch, name) for name in ("docs", "whole", "broken"))
        write_folder(docs, args.files)
        wanted = expected(docs)
        started = time.perf_counter()
        _, samples = finish(start(docs, whole))
        seconds = time.perf_counter() - started
        check(whole, wanted)
        moments = killed_at(docs, broken, seconds, args.kills)
        finish(start(docs, broken))
        check(broken, wanted)
        again, _ = finish(start(docs, broken))
        third = len(samples) // 3
        figures: dict[str, Any] = {
            "files": args.files,
            "chunks": len(wanted),
            "seconds": round(seconds, 1),
            "memory_mb": {"at a third": round(samples[third]), "at two thirds": round(samples[2 * third])},
            "peak_mb": round(max(samples)),
            "killed_at_s": moments,
            "embedded_by_another_run": 0 if " embedded in " not in again else again,
        }
    print(json.dumps(figures, indent=1))
    if args.write:
        args.write.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
