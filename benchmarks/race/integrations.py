"""How much each door adds to the encoder: both embed the same texts in one process, in turns.

python benchmarks/race/doors.py MODEL_FOLDER TEXTS_JSON

Prints one line of JSON: door → milliseconds of both, how much slower it is in percent, and the processor time that
the calling thread spends in the door for 1,000 texts, which other work on the machine does not change.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from exports import Embed
from loaders import LOADERS

_DOORS = {"door_langchain": "LangChain", "door_llama_index": "LlamaIndex", "door_haystack": "Haystack"}
_DOORS |= {"door_chroma": "Chroma"}
_TURNS = 8
_N_TEXTS = 8


def main() -> None:
    """Measures every door."""
    model, texts_path = sys.argv[1:3]
    stored = json.loads(Path(texts_path).read_text(encoding="utf-8"))
    encoder, _ = LOADERS["ours_auto"](model)
    doors = {name: LOADERS[key](model)[0] for key, name in _DOORS.items()}
    print("RESULT " + json.dumps({name: _compare(door, encoder, stored) for name, door in doors.items()}))


def _compare(door: Embed, encoder: Embed, stored: dict[str, Any]) -> dict[str, float]:
    texts, many = stored["M"]["texts"][:_N_TEXTS], stored["B256"]["texts"]
    door(texts)
    encoder(texts)
    pairs = _pairs(door, encoder, texts, time.perf_counter)
    cpu = _pairs(door, encoder, many, time.thread_time)
    return {
        "door_ms": 1e3 * median(ours for ours, _ in pairs),
        "encoder_ms": 1e3 * median(plain for _, plain in pairs),
        "slower_percent": 100 * (median(ours / plain for ours, plain in pairs) - 1),
        "own_cpu_ms_of_1000": 1e6 * median(ours - plain for ours, plain in cpu) / len(many),
    }


def _pairs(door: Embed, encoder: Embed, texts: list[str], clock: Any) -> list[tuple[float, float]]:
    """Gives the time in the door and in the encoder, turn by turn; each goes first in every other turn."""
    found = []
    for turn in range(_TURNS):
        order = (door, encoder) if turn % 2 else (encoder, door)
        spent = {embed: _spent(embed, texts, clock) for embed in order}
        found.append((spent[door], spent[encoder]))
    return found


def _spent(embed: Embed, texts: list[str], clock: Any) -> float:
    began = clock()
    embed(texts)
    return float(clock() - began)


if __name__ == "__main__":
    main()
