"""Index a folder of many files: time and memory, kills at random moments, a second run.

    python benchmarks/index_folder.py [--files 10000] [--kills 20] [--kill-files 10000]
                                      [--write benchmarks/results/index_folder.json]

The folder is made anew, a tenth of the files longer than one chunk. First the index is made without a break, and the
memory of the process is sampled. Then further indexes of the same folder are made by processes that are killed
(SIGKILL) at moments drawn between their start and the time that the first took. Each run goes on where the last was, so
an index takes a few kills until a run ends by itself; fresh indexes follow until there were `--kills`. After each kill
a copy of the index is read: it may hold none of the chunks twice and no other. In the end it must hold exactly the
chunks of the folder, and one more run must embed nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import chromadb
import psutil
from chromadb.config import Settings
from chromadb.errors import NotFoundError

from qwen3_embed_integrations import Qwen3Encoder
from qwen3_embed_integrations.rag.corpora.corpus import chunks_by_id
from qwen3_embed_integrations.rag.corpora.folder import folder_corpus
from qwen3_embed_integrations.rag.index import COLLECTION

SEED = 18
LONG = 10  # every tenth file
SAMPLE_S = 0.5
EMBEDDED = " embedded in "  # in what a run prints, if it embedded anything


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


def killed_runs(docs: Path, index: Path, draws: Iterator[float]) -> Iterator[float]:
    """Start a run for each drawn moment and kill it then; yield the moments, in seconds, until a run ended first."""
    for moment in draws:
        process = start(docs, index)
        try:
            process.communicate(timeout=moment)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            yield moment
        else:
            return


def stored_after_kill(index: Path, wanted: set[str]) -> int:
    """Return how many chunks a killed run left, read from a copy; end the program if one is doubled or foreign."""
    if not index.exists():
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(shutil.copytree(index, Path(scratch, index.name)))
        try:
            found = stored(copy)
        except NotFoundError:
            return 0
    if len(found) != len(set(found)) or not wanted.issuperset(found):
        sys.exit(f"{index.name}: {len(found)} chunks after a kill, some of them doubled or foreign.")
    return len(found)


def check(index: Path, wanted: set[str]) -> None:
    """End the program unless the index holds exactly the wanted ids, each once."""
    found = stored(index)
    if len(found) != len(set(found)) or set(found) != wanted:
        sys.exit(f"{index.name}: {len(found)} chunks, {len(set(found) ^ wanted)} of them lost, doubled or foreign.")


def check_another_run(docs: Path, index: Path) -> None:
    """End the program if one more run embeds anything."""
    printed, _ = finish(start(docs, index))
    if EMBEDDED in printed:
        sys.exit(f"{index.name}: another run embedded again:\n{printed}")


def broken_indexes(docs: Path, wanted: set[str], seconds: float, n_kills: int) -> Iterator[dict[str, Any]]:
    """Make indexes by runs that are killed, until there were `n_kills`; yield the kills of each index."""
    random_values = random.Random(SEED)  # noqa: S311 - seeded, no secret
    draws = (random_values.uniform(0, seconds) for _ in iter(int, 1))
    for number in count(1):
        if n_kills <= 0:
            return
        index, kills = docs.with_name(f"index {number}"), []
        for moment in killed_runs(docs, index, draws):
            kills.append({"at_s": round(moment, 1), "chunks_stored": stored_after_kill(index, wanted)})
            print(f"{index.name}: killed after {moment:.1f} s, {kills[-1]['chunks_stored']:,} chunks", flush=True)
            if len(kills) == n_kills:
                finish(start(docs, index))
                break
        check(index, wanted)
        check_another_run(docs, index)
        shutil.rmtree(index)
        n_kills -= len(kills)
        yield {"kills": kills, "lost": 0, "doubled": 0, "embedded_by_another_run": 0}
        print(f"{index.name}: all {len(wanted):,} chunks, each once; another run embeds nothing", flush=True)


def whole_index(docs: Path) -> tuple[set[str], float, list[float]]:
    """Index the folder without a break; return the ids it must hold, the seconds, and the memory in MB."""
    index, wanted = docs.with_name(f"{docs.name} index"), expected(docs)
    started = time.perf_counter()
    printed, samples = finish(start(docs, index))
    seconds = time.perf_counter() - started
    if EMBEDDED not in printed:
        sys.exit(f"The first run does not say that it embedded:\n{printed}")
    check(index, wanted)
    check_another_run(docs, index)
    print(f"{len(wanted):,} chunks in {seconds:.1f} s", flush=True)
    return wanted, seconds, samples


def main() -> None:
    """Run both parts and print their figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=10_000, help="files of the unbroken index; 0: none")
    parser.add_argument("--kills", type=int, default=20, help="0: no run is killed")
    parser.add_argument("--kill-files", type=int, default=10_000, help="files of the indexes whose runs are killed")
    parser.add_argument("--write", type=Path, help="JSON file of the figures; those not measured stay")
    args = parser.parse_args()
    os.environ.setdefault("XDG_CACHE_HOME", tempfile.mkdtemp())
    figures = json.loads(args.write.read_text()) if args.write and args.write.exists() else {}
    with tempfile.TemporaryDirectory() as scratch:
        docs, kill_docs = Path(scratch, "docs"), Path(scratch, "kill docs")
        if args.files:
            write_folder(docs, args.files)
            wanted, seconds, samples = whole_index(docs)
            third = len(samples) // 3
            figures |= {
                "files": args.files,
                "chunks": len(wanted),
                "seconds": round(seconds, 1),
                "memory_mb": {"at a third": round(samples[third]), "at two thirds": round(samples[2 * third])},
                "peak_mb": round(max(samples)),
                "embedded_by_another_run": 0,
            }
        if args.kills:
            write_folder(kill_docs, args.kill_files)
            wanted, seconds, _ = whole_index(kill_docs)
            indexes = list(broken_indexes(kill_docs, wanted, seconds, args.kills))
            figures["killed"] = {
                "files": args.kill_files,
                "chunks": len(wanted),
                "seconds": round(seconds, 1),
                "kills": sum(len(index["kills"]) for index in indexes),
                "indexes": indexes,
            }
    print(json.dumps(figures, indent=1))
    if args.write:
        args.write.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
