"""The texts of the race: Python's own documentation, cut to lengths with a fixed seed.

D: chunks of 20 to 512 tokens. M: 32 chunks of median length. Q: short queries, embedded together. S: the same, one
after another. L: documents of 2,000, 4,000 and 8,000 tokens. B: batches of 1 to 256 short chunks.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from pydoc_data.topics import topics

_MEDIAN = 128
_BATCHES = (1, 4, 16, 64, 256)


def build_workloads(model: Path, cache: Path, *, quick: bool) -> Path:
    """Writes the texts as JSON, workload → {texts, role, n_tokens}; gives the file."""
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

    workloads = {
        "D": ("document", [text(spread()) for _ in range(n)]),
        "M": ("document", [text(_MEDIAN) for _ in range(32)]),
        "Q": ("query", [" ".join(text(picker.randint(6, 16)).split()) for _ in range(n)]),
        "S": ("query", [" ".join(text(picker.randint(6, 16)).split()) for _ in range(16)]),
        "L2": ("document", [text(2000)]),
    }
    if not quick:
        workloads |= {"L4": ("document", [text(4000)]), "L8": ("document", [text(8000)])}
        workloads |= {f"B{size}": ("document", [text(32) for _ in range(size)]) for size in _BATCHES}
    path = cache / f"texts-{'quick' if quick else 'full'}.json"
    stored = {
        name: {"role": role, "texts": texts, "n_tokens": sum(len(e.ids) for e in tokenizer.encode_batch(texts))}
        for name, (role, texts) in workloads.items()
    }
    path.write_text(json.dumps(stored, ensure_ascii=False), encoding="utf-8")
    return path
