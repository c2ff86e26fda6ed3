"""Fuzz the package with random input.

python -m tools.fuzz --minutes 60                  case after case, each with its own seed
python -m tools.fuzz --seed 1234 --cases 1         repeat one case
python -m tools.fuzz --kind checkpoints            cases of one kind only
python -m tools.fuzz --write FILE                  and the numbers of inputs, by kind, as JSON
python -m tools.fuzz --input crash-0a1b            the case of a file of bytes
python -m tools.fuzz --minutes 60 --coverage       guided by the coverage of the package (needs atheris)

Exit with 1 if a case ends neither in finite unit embeddings nor in an error of this package (prints a traceback, the
seed and the input), crashes, or takes longer than --hang-s (prints the tracebacks of all threads).
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import os
import pprint
import queue
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "src"))
QUIET = {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "TRANSFORMERS_VERBOSITY": "error", "TQDM_DISABLE": "1"}
KINDS = (
    "texts", "callers", "no_texts", "options", "ranges", "answers", "checkpoints", "cache",
    "encodings", "stored_configs", "files", "folders", "writes", "settings",
)  # fmt: skip
_N_BYTES = 1 << 16  # of a case
_LONGEST_SHOWN = 20_000


def data_of(seed: int) -> bytes:
    """Return the bytes of a seed's case."""
    return random.Random(seed).randbytes(_N_BYTES)  # noqa: S311 - reproducible, no secret


def watch(arguments: argparse.Namespace) -> int:
    """Run the cases in a child process, which may hang or crash; return the exit code."""
    command = [sys.executable, "-m", "tools.fuzz", "--worker", *sys.argv[1:]]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as worker:
        if worker.stdout is None:
            raise BrokenPipeError("the worker has no output")
        lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=_read, args=(worker.stdout, lines), daemon=True).start()
        last = "the start"
        try:
            while line := lines.get(timeout=arguments.hang_s):
                last = line.strip()
        except queue.Empty:
            print(f"A hang: {last} took longer than {arguments.hang_s:g} s.", flush=True)
            worker.send_signal(signal.SIGABRT)  # its faulthandler prints the stack of each thread
            worker.wait()
            return 1
    print(f"Last: {last}.", flush=True)
    return 1 if worker.returncode else 0


def _read(stream: IO[str], lines: queue.SimpleQueue[str]) -> None:
    for line in stream:
        lines.put(line)
    lines.put("")


def work(arguments: argparse.Namespace) -> int:
    """Run the cases and print each seed before its case starts; return the exit code."""
    from .cases import Cases

    end = time.monotonic() + arguments.minutes * 60
    kind = f" --kind {arguments.kind}" if arguments.kind else ""
    with tempfile.TemporaryDirectory() as folder, Cases(Path(folder), arguments.kind).running() as cases:
        seed = arguments.seed
        while time.monotonic() < end and seed < arguments.seed + arguments.cases:
            print(f"seed {seed}", flush=True)
            try:
                cases.run(data_of(seed))
            except BaseException:  # noqa: BLE001 - any exception is a fault
                _show(cases.shown, f"python -m tools.fuzz --seed {seed} --cases 1{kind}")
                return 1
            seed += 1
        if arguments.write:
            _write(arguments, cases.counts)
    return 0


def _write(arguments: argparse.Namespace, counts: Mapping[str, int]) -> None:
    """Write how many inputs of each kind were tried without a fault."""
    limits = f"--kind {arguments.kind} " if arguments.kind else ""
    found = {
        "command": f"python -m tools.fuzz {limits}--seed {arguments.seed} --cases {sum(counts.values())}",
        "inputs": sum(counts.values()),
        "faults": 0,  # the first one ends the run
        "kinds": dict(sorted(counts.items())),
    }
    arguments.write.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def replay(path: Path) -> int:
    """Run the case of a file; return the exit code."""
    from .cases import Cases

    with tempfile.TemporaryDirectory() as folder, Cases(Path(folder)).running() as cases:
        try:
            cases.run(path.read_bytes())
        except BaseException:  # noqa: BLE001 - any exception is a fault
            _show(cases.shown, f"python -m tools.fuzz --input {path}")
            return 1
    return 0


def guided(arguments: argparse.Namespace) -> None:
    """Let atheris choose the bytes; it ends the process itself and writes failing bytes to a file."""
    import atheris

    with atheris.instrument_imports(include=["qwen3_embed_integrations"]):
        from .cases import Cases
    with tempfile.TemporaryDirectory() as folder, Cases(Path(folder)).running() as cases:

        def run(data: bytes) -> None:
            try:
                cases.run(data)
            except BaseException:
                _show(cases.shown, "python -m tools.fuzz --input FILE, with the file named below")
                raise

        limits = [f"-max_total_time={int(arguments.minutes * 60)}", f"-timeout={int(arguments.hang_s)}"]
        atheris.Setup([sys.argv[0], f"-seed={arguments.seed}", f"-max_len={_N_BYTES}", "-len_control=0", *limits], run)
        atheris.Fuzz()


def _show(shown: dict[str, object], command: str) -> None:
    traceback.print_exc()
    print(pprint.pformat(shown, width=110)[:_LONGEST_SHOWN], file=sys.stderr)
    print(f"Again: {command}", file=sys.stderr, flush=True)


def main() -> int:
    """Run the command; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--cases", type=int, default=sys.maxsize, help="no more than that many")
    parser.add_argument("--seed", type=int, default=0, help="of the first case; the next has the next")
    parser.add_argument("--hang-s", type=float, default=120.0, help="no case takes longer")
    parser.add_argument("--kind", default="", choices=("", *KINDS), help="of all cases; default: any")
    parser.add_argument("--input", type=Path, help="file with the bytes of one case")
    parser.add_argument("--coverage", action="store_true", help="let atheris choose the bytes")
    parser.add_argument("--write", type=Path, help="file for the numbers of inputs, as JSON")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    os.environ.update(QUIET)
    warnings.simplefilter("ignore")
    faulthandler.enable()
    if arguments.input:
        return replay(arguments.input)
    if arguments.coverage:
        guided(arguments)
        return 0
    return work(arguments) if arguments.worker else watch(arguments)


if __name__ == "__main__":
    sys.exit(main())
