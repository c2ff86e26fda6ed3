"""Times this package beside its peers on one machine: same checkpoint, same texts, interleaved rounds.

    python benchmarks/race --rounds 3 --json docs/performance.json --plots docs

Each engine runs in a process of its own, one after another, round after round, so that a slow minute of the machine
hits them all. Peers get environments of their own below the cache folder (see peers.py); one that can't run is listed
with its reason. The model has the exact shape of Qwen3-Embedding-0.6B and random weights: they don't change the speed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parents[1] / "src")]

from checkpoint import build_model  # noqa: E402 - needs the path above
from environments import PeerError, last_line, python_with  # noqa: E402 - same
from machine import measure_machine  # noqa: E402 - same
from peers import ENGINES, NOT_RUN, Engine  # noqa: E402 - same
from report import as_markdown, draw_plots, summarise  # noqa: E402 - same
from workloads import build_workloads  # noqa: E402 - same

TIMEOUT_S = 1800
QUIET = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "TOKENIZERS_PARALLELISM": "true",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
}


def main() -> None:
    """Runs the rounds and writes the results."""
    arguments = _parse()
    os.environ.update(QUIET)
    cache: Path = arguments.cache
    model = build_model(cache, "0.6B")
    texts = build_workloads(model, cache, quick=arguments.quick)
    chosen = [engine for engine in ENGINES if not arguments.only or engine.key in arguments.only]
    missing = dict(NOT_RUN)
    machine = measure_machine()
    runs: list[dict[str, Any]] = []
    result: dict[str, Any] = {}
    for number, engine in ((number, engine) for number in range(arguments.rounds) for engine in chosen):
        run = _try(engine, model, texts, cache, missing) if number < engine.most_rounds else None
        if run:
            runs.append({"round": number, **run})
            result = summarise(runs, missing, machine, command=_shown(arguments))
            _save(result, arguments.json)  # an interrupted race keeps what it has
    if arguments.plots:
        draw_plots(result, arguments.plots)
    print(as_markdown(result))


def _shown(arguments: argparse.Namespace) -> str:
    """Gives the part of the command that decides the figures."""
    only = f" --only {' '.join(arguments.only)}" if arguments.only else ""
    return f"--rounds {arguments.rounds}{' --quick' if arguments.quick else ''}{only}"


def _save(result: dict[str, Any], path: Path | None) -> None:
    if path:
        path.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _try(engine: Engine, model: Path, texts: Path, cache: Path, missing: dict[str, str]) -> dict[str, Any] | None:
    """Runs one engine; None where it can't run, with the reason in `missing`."""
    if engine.name in missing:
        return None
    try:
        return _run(engine, python_with(engine.requirement, cache / "environments"), model, texts, cache)
    except (PeerError, subprocess.TimeoutExpired) as error:
        missing[engine.name] = str(error)
        return None


def _run(engine: Engine, python: Path, model: Path, texts: Path, cache: Path) -> dict[str, Any]:
    """Runs one engine through all workloads; gives what its process reported."""
    began = time.monotonic()
    out = cache / f"rows-{engine.key}.npz"
    ran = subprocess.run(
        [str(python), str(HERE / "runner.py"), engine.key, str(model), str(texts), str(out)],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    lines = [line for line in ran.stdout.splitlines() if line.startswith("RESULT ")]
    if not lines:
        raise PeerError(f"did not run: {last_line(ran.stderr)}")
    print(f"{engine.name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return {
        "engine": engine.key,
        "name": engine.name,
        "rows": str(out),
        **json.loads(lines[-1].removeprefix("RESULT ")),
    }


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="a quarter of the texts, no texts over 2,000 tokens")
    parser.add_argument("--only", nargs="*", metavar="ENGINE", help=", ".join(engine.key for engine in ENGINES))
    parser.add_argument("--json", type=Path, help="where the results go")
    parser.add_argument("--plots", type=Path, help="folder of the plots")
    cache = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "qwen3-embed-integrations" / "race"
    parser.add_argument("--cache", type=Path, default=cache, help="checkpoint, texts and environments")
    return parser.parse_args()


if __name__ == "__main__":
    main()
