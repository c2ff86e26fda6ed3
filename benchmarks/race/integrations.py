"""The overhead of each integration: it and the encoder embed the same texts in one process, alternately.

python benchmarks/race/integrations.py MODEL_FOLDER TEXTS_JSON

Print one line of JSON: integration → milliseconds of both, the difference in percent, and the processor time that the
calling thread spends in the integration for 1,000 texts, which other work on the machine does not change.
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

_INTEGRATIONS = {
    "integration_langchain": "LangChain",
    "integration_llama_index": "LlamaIndex",
    "integration_haystack": "Haystack",
}
_INTEGRATIONS |= {"integration_chroma": "Chroma"}
_ROUNDS = 8
_N_TEXTS = 8


def main() -> None:
    """Measure every integration."""
    model, texts_path = sys.argv[1:3]
    stored = json.loads(Path(texts_path).read_text(encoding="utf-8"))
    encoder, _ = LOADERS["ours_auto"](model)
    integrations = {name: LOADERS[key](model)[0] for key, name in _INTEGRATIONS.items()}
    print(
        "RESULT "
        + json.dumps({name: _compare(integration, encoder, stored) for name, integration in integrations.items()})
    )


def _compare(integration: Embed, encoder: Embed, stored: dict[str, Any]) -> dict[str, float]:
    texts, many = stored["M"]["texts"][:_N_TEXTS], stored["B256"]["texts"]
    integration(texts)
    encoder(texts)
    pairs = _pairs(integration, encoder, texts, time.perf_counter)
    cpu = _pairs(integration, encoder, many, time.thread_time)
    return {
        "integration_ms": 1e3 * median(ours for ours, _ in pairs),
        "encoder_ms": 1e3 * median(plain for _, plain in pairs),
        "slower_percent": 100 * (median(ours / plain for ours, plain in pairs) - 1),
        "own_cpu_ms_of_1000": 1e6 * median(ours - plain for ours, plain in cpu) / len(many),
    }


def _pairs(integration: Embed, encoder: Embed, texts: list[str], clock: Any) -> list[tuple[float, float]]:
    """Return the seconds in the integration and in the encoder, repeat by repeat; they alternate in going first."""
    found = []
    for turn in range(_ROUNDS):
        order = (integration, encoder) if turn % 2 else (encoder, integration)
        spent = {embed: _spent(embed, texts, clock) for embed in order}
        found.append((spent[integration], spent[encoder]))
    return found


def _spent(embed: Embed, texts: list[str], clock: Any) -> float:
    began = clock()
    embed(texts)
    return float(clock() - began)


if __name__ == "__main__":
    main()
