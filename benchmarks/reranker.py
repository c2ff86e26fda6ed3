"""Rerank 100 passages of about 100 tokens with the 0.6B shape: this package beside its peers, in one run.

python benchmarks/reranker.py                          random weights of Qwen3-Reranker-0.6B's shape, 3 rounds
python benchmarks/reranker.py --budget 500             begin no further engine after 500 s; the next call goes on
python benchmarks/reranker.py --json benchmarks/results/reranker.json
python benchmarks/reranker.py --shape trial --rounds 1 a small shape, to try the script itself

Every engine reads the same tokens: the peers get a chat template that renders the model card's prompt, and a run whose
logits are not those of the official recipe fails (bfloat16 is compared as it is, and its difference printed). Each run
is a process of its own, and the engines take turns, so that a slow minute of the machine meets all of them. What was
measured is kept in a file after each engine; `--anew` forgets it.
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

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

from concurrency import CACHE, SHAPE, texts_of
from cpu_dtypes import cpu_name
from reranker_engines import SCORERS, TEMPLATE

_SIZES = (
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_key_value_heads",
    "head_dim",
)
SHAPES: dict[str, dict[str, Any]] = {
    "0.6B": {name: SHAPE[name] for name in _SIZES},
    "trial": {"hidden_size": 128, "intermediate_size": 256, "num_hidden_layers": 3},
}
QUERY = "Which planets have rings, and who saw them first?"
OTHER_QUERY = "How long does a seed need to sprout?"  # of the warm-up: what is kept of a query must not help
ENGINES = (
    ("ours", "float32"),
    ("sentence-transformers", "float32"),
    ("model-card", "float32"),
    ("ours", "bfloat16"),
    ("sentence-transformers", "bfloat16"),
    ("model-card", "bfloat16"),
    ("ours", "int8"),
)
"""sentence-transformers: CrossEncoder. model-card: the recipe of Qwen3-Reranker's card on transformers, left-padded."""
WARM_UP = 8  # pairs
WORDS = (95, 101)  # of a passage: one token each, and a number in front
_TOLERANCE = 1e-3  # of a logit in float32: random weights of 28 layers amplify rounding


def folder_of(shape: str) -> Path:
    """Return a random reranker of a shape with the bundled tokenizer and a chat template, written at the first call."""
    folder = CACHE / f"reranker-{shape}"
    if (folder / "complete").is_file():
        return folder
    import torch

    from checkpoints import build_reranker

    build_reranker(folder, dtype=torch.bfloat16, **SHAPES[shape])
    config = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    config |= {"chat_template": TEMPLATE, "padding_side": "left"}
    (folder / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "complete").touch()
    return folder


def measure(engine: str, dtype: str, folder: str) -> dict[str, Any]:
    """Load an engine and time it in this process."""
    from qwen3_embed_integrations.checkpoints.pair_tokenizer import PairTokenizer
    from qwen3_embed_integrations.core.rerank_request import rerank_request
    from qwen3_embed_integrations.core.reranker_config import DEFAULT_INSTRUCTION

    documents = texts_of(100, WORDS, seed=1)
    score = SCORERS[engine](folder, dtype)
    score(OTHER_QUERY, texts_of(WARM_UP, WORDS, seed=2))  # kernels are chosen, memory is taken
    began = time.perf_counter()
    logits = score(QUERY, documents)
    spent = time.perf_counter() - began
    request = rerank_request(QUERY, DEFAULT_INSTRUCTION, documents, max_length=8192)
    tokenizer = PairTokenizer(Path(folder))
    lengths = [len(ids) for ids in tokenizer.tokenize(request.texts)]
    passages = [len(ids) - 1 for ids in tokenizer.tokenize(documents)]
    bare = len(tokenizer.tokenize([""])[0]) - 1
    return {
        "seconds": spent,
        "logits": logits.tolist(),
        "pair_tokens": sum(lengths),
        "passage_tokens": float(np.mean(passages)) - bare,
    }


def run(row: tuple[str, str], folder: Path) -> dict[str, Any]:
    """Measure one engine in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--run", *row, str(folder)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(row)} failed:\n{done.stderr}")
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def race(folder: Path, kept: Path, *, n_rounds: int, budget_s: float) -> dict[str, Any] | None:
    """Measure what a file lacks of `n_rounds` rounds, and keep it there; None: the budget ended before.

    Raises:
        SystemExit: The file was measured on another CPU.
    """
    began = time.monotonic()
    state: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else {"cpu": cpu_name()}
    if state["cpu"] != cpu_name():
        raise SystemExit(f"{kept} was measured on {state['cpu']}. Begin again with --anew.")
    rows = state.setdefault("rows", {" ".join(row): {"all_s": [], "load_before": []} for row in ENGINES})
    for number in range(n_rounds):
        for row in ENGINES:
            found = rows[" ".join(row)]
            if len(found["all_s"]) > number:
                continue
            if time.monotonic() - began > budget_s:
                return None
            load = os.getloadavg()[0]
            figures = run(row, folder)
            found["all_s"].append(figures["seconds"])
            found["load_before"].append(load)
            found["logits"] = figures["logits"]
            state |= {name: figures[name] for name in ("pair_tokens", "passage_tokens")}
            kept.write_text(json.dumps(state), encoding="utf-8")
            print(*row, f"{figures['seconds']:.3f} s", flush=True)
    return state


def summary(rows: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return each engine's median, its speed beside ours in the same dtype, and its distance to the official logits."""
    medians = {name: float(np.median(found["all_s"])) for name, found in rows.items()}
    exact = np.array(rows["model-card float32"]["logits"])
    return {
        name: {
            "median_s": median,
            "all_s": rows[name]["all_s"],
            "load_before": rows[name]["load_before"],
            "pairs_per_s": 100 / median,
            "ours_is_faster_by": median / medians[f"ours {name.partition(' ')[2]}"],
            "max_logit_difference": float(np.abs(np.array(rows[name]["logits"]) - exact).max()),
            "logit_spread": float(np.std(exact)),
        }
        for name, median in medians.items()
    }


def check_logits(rows: dict[str, dict[str, Any]]) -> None:
    """End the run if an engine in float32 does not compute the official logits: it would race on other work."""
    exact = np.array(rows["model-card float32"]["logits"])
    for name, found in rows.items():
        difference = float(np.abs(np.array(found["logits"]) - exact).max())
        if name.endswith("float32") and difference > _TOLERANCE * max(1.0, float(np.abs(exact).max())):
            raise SystemExit(f"{name}: logits differ from the official ones by {difference:.3g}")


def main() -> None:
    """Run the rounds, print the rows, write them if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", choices=SHAPES, default="0.6B")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--budget", type=float, default=float("inf"), help="seconds after which no engine begins")
    parser.add_argument("--anew", action="store_true", help="forget what was measured before")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--run", nargs=3, metavar=("ENGINE", "DTYPE", "FOLDER"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        print(json.dumps(measure(*arguments.run)))
        return
    folder = folder_of(arguments.shape)
    kept = CACHE / f"reranker-{arguments.shape}.json"
    if arguments.anew:
        kept.unlink(missing_ok=True)
    state = race(folder, kept, n_rounds=arguments.rounds, budget_s=arguments.budget)
    if state is None:
        print(f"{arguments.budget:.0f} s are over: the same command goes on.")
        return
    check_logits(state["rows"])
    rows = summary(state["rows"])
    for name, found in rows.items():
        print(name, json.dumps(found))
    if arguments.json:
        about = {
            "shape": arguments.shape,
            "threads": os.environ.get("OMP_NUM_THREADS") or str(os.cpu_count()),
            **{name: state[name] for name in ("cpu", "pair_tokens", "passage_tokens")},
        }
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps({**about, "rows": rows}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
