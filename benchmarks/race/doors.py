"""How much each door adds to the encoder: both embed the same texts in one process, in turns.

python benchmarks/race/doors.py MODEL_FOLDER TEXTS_JSON
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from runner import LOADERS

_DOORS = ("door_langchain", "door_llama_index", "door_haystack", "door_chroma")
_TURNS = 7
_N_TEXTS = 8


def main() -> None:
    """Prints a line for each door."""
    model, texts_path = sys.argv[1:3]
    texts = json.loads(Path(texts_path).read_text(encoding="utf-8"))["M"]["texts"][:_N_TEXTS]
    encoder, _ = LOADERS["ours_auto"](model)
    for key in _DOORS:
        door, _ = LOADERS[key](model)
        door(texts)
        pairs = [(_seconds(door, texts), _seconds(encoder, texts)) for _ in range(_TURNS)]
        ours, plain = (median(side) for side in zip(*pairs, strict=True))
        print(
            f"{key}: {ours * 1e3:.0f} ms, encoder {plain * 1e3:.0f} ms, {100 * (ours / plain - 1):+.1f} %", flush=True
        )


def _seconds(embed: Callable[[list[str]], Any], texts: list[str]) -> float:
    began = time.perf_counter()
    embed(texts)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
