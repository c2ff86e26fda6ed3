"""Rerank 100 passages of about 100 tokens with the 0.6B shape: this package beside its peers, in one run.

python benchmarks/reranker.py                          random weights of Qwen3-Reranker-0.6B's shape, 3 rounds
python benchmarks/reranker.py --json benchmarks/results/reranker.json
python benchmarks/reranker.py --shape trial --rounds 1 a small shape, to try the script itself

Every engine reads the same tokens: the peers get a chat template that renders the model card's prompt, and a run whose
logits are not those of the official recipe fails (bfloat16 is compared as it is, and its difference printed). Each run
is a process of its own, and the engines take turns, so that a slow minute of the machine meets all of them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

from concurrency import CACHE, SHAPE, texts_of
from cpu_dtypes import cpu_name

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
BATCH = 32  # pairs of a peer's forward pass; the default of CrossEncoder.predict
WORDS = (95, 101)  # of a passage: one token each, and a number in front
_TOLERANCE = 1e-3  # of a logit in float32: random weights of 28 layers amplify rounding
TEMPLATE = (
    '{%- set ns = namespace(q="", d="", '
    'i="Given a web search query, retrieve relevant passages that answer the query") -%}'
    '{%- for m in messages -%}{%- if m.role == "query" -%}{%- set ns.q = m.content -%}'
    '{%- elif m.role == "document" -%}{%- set ns.d = m.content -%}'
    '{%- elif m.role == "system" -%}{%- set ns.i = m.content -%}{%- endif -%}{%- endfor -%}'
    "{{ '<|im_start|>system\\nJudge whether the Document meets the requirements based on the Query and the Instruct "
    'provided. Note that the answer can only be "yes" or "no".<|im_end|>\\n<|im_start|>user\\n<Instruct>: \' + ns.i + '
    "'\\n<Query>: ' + ns.q + '\\n<Document>: ' + ns.d + "
    "'<|im_end|>\\n<|im_start|>assistant\\n<think>\\n\\n</think>\\n\\n' }}"
)


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


def ours(folder: str, dtype: Any) -> Callable[[list[str]], np.ndarray]:
    """Return this package's scores of documents as logits."""
    from qwen3_embed_integrations import Qwen3Reranker

    reranker = Qwen3Reranker(model=folder, dtype=dtype, max_length=8192).load()
    return lambda documents: reranker.score(QUERY, documents, scale="logit")


def sentence_transformers(folder: str, dtype: str) -> Callable[[list[str]], np.ndarray]:
    """Return CrossEncoder's logits of documents."""
    import torch
    from sentence_transformers import CrossEncoder

    model = CrossEncoder(
        folder, device="cpu", activation_fn=torch.nn.Identity(), model_kwargs={"torch_dtype": getattr(torch, dtype)}
    )

    def score(documents: list[str]) -> np.ndarray:
        pairs = [(QUERY, document) for document in documents]
        return np.asarray(
            model.predict(pairs, batch_size=BATCH, show_progress_bar=False, convert_to_tensor=True).float()
        )

    return score


def model_card(folder: str, dtype: str) -> Callable[[list[str]], np.ndarray]:
    """Return the logits of the model card's recipe: left padding, and only the last position's logits."""
    import torch

    from official_reranker import OfficialReranker

    official = OfficialReranker(Path(folder))
    official.model.to(getattr(torch, dtype))
    yes, no = (official.tokenizer.convert_tokens_to_ids(answer) for answer in ("yes", "no"))

    @torch.no_grad()
    def score(documents: list[str]) -> np.ndarray:
        found: list[float] = []
        for first in range(0, len(documents), BATCH):
            ids = official.token_ids(QUERY, documents[first : first + BATCH])
            padded = official.tokenizer.pad({"input_ids": ids}, padding=True, return_tensors="pt")
            last = official.model(**padded, logits_to_keep=1).logits[:, -1].float()
            found += (last[:, yes] - last[:, no]).tolist()
        return np.asarray(found)

    return score


LOADERS = {"ours": ours, "sentence-transformers": sentence_transformers, "model-card": model_card}


def measure(engine: str, dtype: str, folder: str, out: str) -> dict[str, Any]:
    """Load an engine and time it in this process; save its logits as `out`."""
    from qwen3_embed_integrations.checkpoints.pair_tokenizer import PairTokenizer
    from qwen3_embed_integrations.core.rerank_request import rerank_request
    from qwen3_embed_integrations.core.reranker_config import DEFAULT_INSTRUCTION

    documents = texts_of(100, WORDS, seed=1)
    score = LOADERS[engine](folder, dtype)
    score(texts_of(BATCH, WORDS, seed=2))  # kernels are chosen, memory is taken
    began = time.perf_counter()
    logits = score(documents)
    spent = time.perf_counter() - began
    np.save(out, logits)
    request = rerank_request(QUERY, DEFAULT_INSTRUCTION, documents, max_length=8192)
    tokenizer = PairTokenizer(Path(folder))
    lengths = [len(ids) for ids in tokenizer.tokenize(request.texts)]
    passages = [len(ids) - 1 for ids in tokenizer.tokenize(documents)]
    bare = len(tokenizer.tokenize([""])[0]) - 1
    return {"seconds": spent, "pair_tokens": sum(lengths), "passage_tokens": float(np.mean(passages)) - bare}


def run(row: tuple[str, str], folder: Path, out: Path) -> dict[str, Any]:
    """Measure one engine in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--run", *row, str(folder), str(out)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(row)} failed:\n{done.stderr}")
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def summary(seconds: dict[tuple[str, str], list[float]], logits: dict[tuple[str, str], np.ndarray]) -> dict[str, Any]:
    """Return each engine's median, its speed beside ours in the same dtype, and its distance to the official logits."""
    medians = {row: float(np.median(found)) for row, found in seconds.items()}
    exact = logits["model-card", "float32"]
    return {
        " ".join(row): {
            "median_s": median,
            "all_s": seconds[row],
            "pairs_per_s": 100 / median,
            "ours_is_faster_by": median / medians["ours", row[1]],
            "max_logit_difference": float(np.abs(logits[row] - exact).max()),
            "logit_spread": float(np.std(exact)),
        }
        for row, median in medians.items()
    }


def check_logits(logits: dict[tuple[str, str], np.ndarray]) -> None:
    """End the run if an engine in float32 does not compute the official logits: it would race on other work."""
    exact = logits["model-card", "float32"]
    for row, found in logits.items():
        difference = float(np.abs(found - exact).max())
        if row[1] == "float32" and difference > _TOLERANCE * max(1.0, float(np.abs(exact).max())):
            raise SystemExit(f"{' '.join(row)}: logits differ from the official ones by {difference:.3g}")


def main() -> None:
    """Run the rounds, print the rows, write them if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", choices=SHAPES, default="0.6B")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--run", nargs=4, metavar=("ENGINE", "DTYPE", "FOLDER", "OUT"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        print(json.dumps(measure(*arguments.run)))
        return
    folder, out = folder_of(arguments.shape), Path(CACHE / f"reranker-{os.getpid()}.npy")
    seconds: dict[tuple[str, str], list[float]] = {row: [] for row in ENGINES}
    logits: dict[tuple[str, str], np.ndarray] = {}
    load_before = os.getloadavg()[0]
    figures: dict[str, Any] = {}
    for _ in range(arguments.rounds):
        for row in ENGINES:
            figures = run(row, folder, out)
            seconds[row].append(figures["seconds"])
            logits[row] = np.load(out)
            print(*row, f"{figures['seconds']:.3f} s", flush=True)
        check_logits(logits)
    out.unlink()
    rows = summary(seconds, logits)
    for name, found in rows.items():
        print(name, json.dumps(found))
    if arguments.json:
        about = {
            "cpu": cpu_name(),
            "shape": arguments.shape,
            "load_before": load_before,
            "threads": os.environ.get("OMP_NUM_THREADS") or str(os.cpu_count()),
            **{name: figures[name] for name in ("pair_tokens", "passage_tokens")},
        }
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps({**about, "rows": rows}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
