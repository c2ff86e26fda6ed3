"""Tokens a second of the 0.6B shape beside sentence-transformers, padded and unpadded; queries with a prefix."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from gpu_setup import SHAPES, batches_of, checkpoint, flops_of, lognormal_lengths, run_all, seconds, start

run = start()
shape = run.shape("0.6B")
scale = 0.003 if run.dry else 1.0


def count(n: int) -> int:
    """Return a number of texts."""
    return max(2, int(n * scale))


WORKLOADS = {
    "equal 128": [128] * count(2000),
    "equal 512": [128 if run.dry else 512] * count(600),
    "mixed": lognormal_lengths(count(3000), 130, 256 if run.dry else 4000),
    "short 32": [32] * count(6000),
    "8k documents": [100 if run.dry else 8000] * count(24),
    "32k documents": [200 if run.dry else 32000] * count(4),
}
PREFIX = tuple(range(20, 40))
QUERIES = [int(n) for n in np.random.default_rng(3).integers(6, 16, size=count(1000))]


def rates(lengths: list[int], work: Callable[[], Any], budget_s: float = 4.0) -> dict[str, float]:
    """Return tokens and texts a second, and TFLOP/s."""
    taken = seconds(work, at_least=2, budget_s=budget_s)
    least = taken["median_s"]
    return {
        **taken,
        "tokens_a_second": sum(lengths) / least,
        "texts_a_second": len(lengths) / least,
        "TFLOP_a_second": flops_of(shape, lengths) / least / 1e12,
    }


forward = run.forward("0.6B")
run.save(shape=SHAPES[shape], attention=forward._model.attention.name)  # noqa: SLF001 - what the trial chose
for budget in (16384, 33792):
    for name, lengths in WORKLOADS.items():
        if budget != 16384 and name not in {"equal 128", "mixed"}:  # noqa: PLR2004 - the default
            continue
        batches = batches_of(lengths, budget)
        run_all(forward, batches[:2])
        figures = rates(lengths, lambda batches=batches: run_all(forward, batches))
        run.save(**{f"ours {name}, {budget} tokens": figures})
whole = [n + len(PREFIX) for n in QUERIES]
with_prefix, without = batches_of(QUERIES, 16384, PREFIX), batches_of(whole, 16384)
for name, batches in (("with the prefix shared", with_prefix), ("with the prefix written out", without)):
    run_all(forward, batches[:1])
    run.save(**{f"ours 1000 queries {name}": rates(whole, lambda batches=batches: run_all(forward, batches), 2.0)})


def peer(name: str, **options: Any) -> None:
    """Time sentence-transformers from strings, its tokenizer included; the tokens it computed are counted."""
    try:
        import torch
        from sentence_transformers import SentenceTransformer

        folder = str(checkpoint(shape).folder)
        options = {"dtype": torch.float32 if run.dry else torch.bfloat16, **options}
        model = SentenceTransformer(folder, device=str(run.device), model_kwargs=options)
        words = [f"w{i % 977} " for i in range(70000)]
        for workload in ("equal 128", "mixed"):
            lengths = WORKLOADS[workload][: count(1000)]
            texts = ["".join(words[i : i + n // 3]) for i, n in enumerate(lengths)]
            tokens = [len(ids) for ids in model.tokenizer(texts)["input_ids"]]
            model.encode(texts[:64], batch_size=32, show_progress_bar=False)
            figures = rates(tokens, lambda texts=texts: model.encode(texts, batch_size=32, show_progress_bar=False))
            run.save(**{f"sentence-transformers {name} {workload}": figures})
    except Exception as error:  # noqa: BLE001 - a peer that doesn't run is a finding, not a failure
        run.save(**{f"sentence-transformers {name}": f"{type(error).__name__}: {error}"[:400]})


peer("padded (sdpa)", attn_implementation="sdpa")
peer("unpadded (flash_attention_2)", attn_implementation="flash_attention_2")
