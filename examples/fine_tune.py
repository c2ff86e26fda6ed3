"""Fine-tune the bundled model on numpy's docstrings, in about a minute on a CPU.

pip install "qwen3-embed-integrations[train]"
"""

import inspect
import json
from pathlib import Path

import numpy as np

from qwen3_embed_integrations import EncoderConfig, Qwen3Encoder
from qwen3_embed_integrations.training import train

MODULES = {"": np, "linalg.": np.linalg, "fft.": np.fft}
N_WORDS = 40


def read_pairs() -> list[dict[str, str]]:
    """Return each function's one-line summary with the notes on its parameters and results, its name as the group."""
    pairs = {}
    for prefix, module in MODULES.items():
        for name, function in inspect.getmembers(module, callable):
            parts = (inspect.getdoc(function) or "").split("\n\n")
            parts = [part for part in parts if not part.partition("(")[0].isidentifier()] or [""]  # no signature
            summary, words = parts[0], " ".join(parts[1:]).replace("-", "").split()[:N_WORDS]
            if not name.startswith("_") and len(words) == N_WORDS and " " in summary:
                pairs.setdefault(" ".join(words), {"query": summary, "group": name, "name": prefix + name})
    return [{"positive": text, **pair} for text, pair in pairs.items()]


def main() -> None:
    """Train, print the metrics, and search with the new model."""
    pairs = read_pairs()
    names = {pair["positive"]: pair.pop("name") for pair in pairs}
    records = Path("pairs.jsonl")
    records.write_text("".join(json.dumps(pair) + "\n" for pair in pairs), encoding="utf-8")

    report = train(
        EncoderConfig(model="tiny"),
        data=[records],
        output="numpy-model",
        loss="ranking",
        max_tokens=48,
        epochs=1,
        evaluations=1,
        dev_share=0.2,
    )
    for before, after in zip(report.before, report.after, strict=True):
        print(f"{after.dimension:>4} numbers: nDCG@10 {before.ndcg_at_10:.3f} -> {after.ndcg_at_10:.3f}")

    encoder = Qwen3Encoder(model=str(report.output))
    documents = encoder.encode_document(list(names))
    for question in ("solve a system of linear equations", "round to the nearest whole number"):
        scores = encoder.similarity(encoder.encode_query([question]), documents)[0]
        print(f"{question}: {[list(names.values())[i] for i in scores.argsort()[::-1][:3]]}")


if __name__ == "__main__":
    main()
