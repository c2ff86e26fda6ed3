"""Time this package beside its peers on one machine: same checkpoint, same texts, interleaved rounds.

    python benchmarks/race --rounds 2 --quick --pages    # measure; write the results and the pages
    python benchmarks/race --render --pages              # write them again from the stored results

The results go to benchmarks/results/performance.json and, as tables, to performance.md beside it. --pages puts one
table and one chart into docs/performance.md, and a short table into README.md.

Each engine runs in its own process, one after another, round after round, so that a slow minute of the machine affects
all of them. Peers get their own environments below the cache folder (see peers.py); a peer that can't run is listed
with the reason; --prepare builds environments and exports beforehand. The model has the exact shape of
Qwen3-Embedding-0.6B and random weights, which don't change the speed. Without --only, the integrations and the 100,000
texts are measured as well.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parents[1] / "src")]

from checkpoint import CACHE, SHAPES, build_model, flop_of  # noqa: E402 - needs the path above
from environments import PeerError, last_line, python_with  # noqa: E402 - same
from machine import faster_of, measure_machine  # noqa: E402 - same
from pages import replace_block, require_block  # noqa: E402 - same
from peers import ENGINES, NOT_RUN, Engine  # noqa: E402 - same
from report import summarise  # noqa: E402 - same
from tables import as_markdown, draw_plots, page_table  # noqa: E402 - same
from workloads import build_workloads  # noqa: E402 - same

ROOT = HERE.parents[1]
PAGES = {ROOT / "docs" / "performance.md": 1, ROOT / "README.md": 2}  # page → fewest rounds of the engines shown
BLOCK = "race"
TIMEOUT_S = 1800
N_LOADS = 3
QUIET = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "TOKENIZERS_PARALLELISM": "true",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
}


def main() -> None:
    """Run the rounds, or read the stored results, and write tables and pages."""
    arguments = _parse()
    if arguments.pages:
        for page in PAGES:
            require_block(page, BLOCK)
    if arguments.render:
        _write(json.loads(arguments.json.read_text(encoding="utf-8")), arguments)
    elif result := _measure(arguments):
        _write(result, arguments)


def _measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Run the rounds; return the results, {} after --prepare."""
    os.environ.update(QUIET)
    cache: Path = arguments.cache
    model = build_model(cache, arguments.shape)
    texts = build_workloads(model, cache, quick=arguments.quick)
    chosen = [engine for engine in ENGINES if not arguments.only or engine.key in arguments.only]
    missing = dict(NOT_RUN)
    race = Race(model, texts, cache, missing)
    if arguments.prepare:
        for engine in chosen:
            race.try_engine(engine, load_only=True)
        print("\n".join([f"Ready: {model}", *(f"{name}: {why}." for name, why in missing.items())]))
        return {}
    extras = {"machine": {**measure_machine(), "flop": flop_of(arguments.shape)}, "command": _shown(arguments)}
    if not arguments.only:
        extras |= {"integrations": race.script("integrations.py", texts), "bulk": race.script("bulk.py", "20")}
    runs: list[dict[str, Any]] = []
    result: dict[str, Any] = {}
    for number in range(arguments.rounds):
        if number:
            extras["machine"] = faster_of(extras["machine"], measure_machine())
        for engine in (engine for engine in chosen if number < engine.most_rounds):
            if run := race.try_engine(engine):
                n_extra = _n_extra_loads(engine, arguments.rounds)
                loads = [race.try_engine(engine, load_only=True) for _ in range(n_extra)]
                runs.append({"round": number, **run, "loads": [run["first_vector_s"], *_first_vectors(loads)]})
                result = summarise(runs, missing, extras)
                _save(result, arguments.json)  # an interrupted race keeps what it has
    return result


def _write(result: dict[str, Any], arguments: argparse.Namespace) -> None:
    """Write the tables beside the results, the plot and the pages where asked; print the tables."""
    tables = as_markdown(result)
    arguments.json.with_suffix(".md").write_text(f"# The race's tables\n\n{tables}\n", encoding="utf-8")
    if arguments.pages:
        for page, fewest_rounds in PAGES.items():
            replace_block(page, BLOCK, f"{page_table(result, fewest_rounds)}\n")
    if arguments.pages or arguments.plots:
        draw_plots(result, arguments.plots or ROOT / "docs")
    print(tables)


def _n_extra_loads(engine: Engine, rounds: int) -> int:
    """Return how many extra loads in a fresh process to time, so that the main engines have enough samples."""
    return 0 if engine.most_rounds == 1 else -(-N_LOADS // rounds) - 1


def _first_vectors(loads: list[dict[str, Any] | None]) -> list[float]:
    return [load["first_vector_s"] for load in loads if load]


def _shown(arguments: argparse.Namespace) -> str:
    """Return the arguments that decide the figures."""
    only = f" --only {' '.join(arguments.only)}" if arguments.only else ""
    shape = f" --shape {arguments.shape}" if arguments.shape != "0.6B" else ""
    return f"--rounds {arguments.rounds}{' --quick' if arguments.quick else ''}{shape}{only}"


def _save(result: dict[str, Any], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Race:
    """What every process of the race needs; `missing` collects the engines that did not run, and why."""

    model: Path
    texts: Path
    cache: Path
    missing: dict[str, str]

    def try_engine(self, engine: Engine, *, load_only: bool = False) -> dict[str, Any] | None:
        """Run one engine; return None if it can't run, with the reason in `missing`."""
        if engine.name in self.missing:
            return None
        rows = self.cache / f"rows-{engine.key}.npz"
        arguments = [] if load_only else [str(self.texts), str(rows), *engine.workloads]
        try:
            python = python_with(engine.requirement, self.cache / "environments", engine.unwanted)
            told = _run(python, "runner.py", engine.key, str(self.model), *arguments)
        except (PeerError, subprocess.TimeoutExpired) as error:
            self.missing[engine.name] = str(error)
            return None
        return {"engine": engine.key, "name": engine.name, "rows": str(rows), **told}

    def script(self, name: str, *arguments: object) -> dict[str, Any]:
        """Run a script of this folder with the model; return its result, {} if it can't run."""
        try:
            return _run(Path(sys.executable), name, str(self.model), *map(str, arguments))
        except (PeerError, subprocess.TimeoutExpired) as error:
            self.missing[name] = str(error)
            return {}


def _run(python: Path, script: str, *arguments: str) -> dict[str, Any]:
    """Run a script in its own process; return its line of JSON."""
    began = time.monotonic()
    ran = subprocess.run(
        [str(python), str(HERE / script), *arguments],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
        env={**os.environ, "RACE_BEGAN": str(time.time())},
    )
    lines = [line for line in ran.stdout.splitlines() if line.startswith("RESULT ")]
    if not lines:
        raise PeerError(f"did not run: {last_line(ran.stderr)}")
    print(f"{script} {arguments[0]}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    told: dict[str, Any] = json.loads(lines[-1].removeprefix("RESULT "))
    return told


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="a quarter of the texts")
    parser.add_argument("--shape", choices=SHAPES, default="0.6B", help='"trial" tries out the race itself')
    parser.add_argument("--prepare", action="store_true", help="only make checkpoint, environments and exports")
    parser.add_argument("--only", nargs="*", metavar="ENGINE", help=", ".join(engine.key for engine in ENGINES))
    stored = ROOT / "benchmarks" / "results" / "performance.json"
    parser.add_argument("--json", type=Path, default=stored, help="results; their tables go to the .md file beside it")
    parser.add_argument("--plots", type=Path, help="folder of the plot")
    parser.add_argument("--pages", action="store_true", help="write the table and the plot of the pages, too")
    parser.add_argument("--render", action="store_true", help="measure nothing: write tables and pages from --json")
    parser.add_argument("--cache", type=Path, default=CACHE, help="checkpoint, texts and environments")
    return parser.parse_args()


if __name__ == "__main__":
    main()
