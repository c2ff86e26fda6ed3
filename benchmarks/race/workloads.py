"""The texts of the race: Python's own documentation, cut to lengths with a fixed seed.

D: chunks of 20 to 512 tokens. M: 32 chunks of median length. Q: short queries, embedded together. S: the same, one
after another. L: documents of 2,000, 4,000 and 8,000 tokens. B: short texts in calls of 1 to 256. bulk: 100,000 short
texts for one call, for the encoder alone (bulk.py).
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from pydoc_data.topics import topics

_MEDIAN = 128
_BATCHES = (1, 4, 16, 64, 256)
_FEWEST = 32  # texts for small batches: one call is too few to time
_SHORT = 16
N_BULK = 100_000


def build_workloads(model: Path, cache: Path, *, quick: bool) -> Path:
    """Write the texts as JSON, workload → {texts, role, call (texts of one call), n_tokens}; return the file."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    ids = tokenizer.encode("\n".join(topics[name] for name in sorted(topics)), add_special_tokens=False).ids
    picker = random.Random(0)  # noqa: S311 - texts, no secrets
    n = 64 if quick else 256

    def text(length: int) -> str:
        start = picker.randrange(len(ids) - length)
        return tokenizer.decode(ids[start : start + length]).strip() or "text"

    def spread() -> int:
        return min(512, max(20, round(picker.lognormvariate(4.85, 0.8))))  # median 128

    def query() -> str:
        return " ".join(text(picker.randint(6, 16)).split())

    workloads = {
        "D": ("document", n, [text(spread()) for _ in range(n)]),
        "M": ("document", 32, [text(_MEDIAN) for _ in range(32)]),
        "Q": ("query", n, [query() for _ in range(n)]),
        "S": ("query", 1, [query() for _ in range(16)]),
        **{f"L{length // 1000}": ("document", 1, [text(length)]) for length in (2000, 4000, 8000)},
        **{f"B{size}": ("document", size, [text(_SHORT) for _ in range(max(size, _FEWEST))]) for size in _BATCHES},
    }
    path = cache / f"texts-{'quick' if quick else 'full_embeddings'}.json"
    stored = {
        name: {
            "role": role,
            "call": call,
            "texts": texts,
            "n_tokens": sum(len(e.ids) for e in tokenizer.encode_batch(texts)),
        }
        for name, (role, call, texts) in workloads.items()
    }
    path.write_text(json.dumps(stored, ensure_ascii=False), encoding="utf-8")
    return path


def bulk_texts(n_texts: int) -> list[str]:
    """Return different texts of 3 to 12 words."""
    words = " ".join(topics[name] for name in sorted(topics)).split()
    picker = random.Random(1)  # noqa: S311 - same
    starts = (picker.randrange(len(words) - 12) for _ in range(n_texts))
    return [f"{number} {' '.join(words[at : at + picker.randint(2, 11)])}" for number, at in enumerate(starts)]
