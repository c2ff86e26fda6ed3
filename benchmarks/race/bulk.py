"""100,000 short texts in one call: the time of the first batch, and how much memory grows.

python benchmarks/race/bulk.py MODEL_FOLDER SECONDS

The large model is stopped after SECONDS; the bundled one computes all texts. Memory is measured from the first batch
on; it grows by the result and by its normalised copy at the end. Print one line of JSON.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import sys
import time
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[2] / "src")]

import memory  # noqa: E402 - needs the path above
from workloads import N_BULK, bulk_texts  # noqa: E402 - same

from qwen3_embed_integrations import Qwen3Encoder  # noqa: E402 - same

_EVERY_S = 0.05


def main() -> None:
    """Measure both models."""
    model, seconds = sys.argv[1], float(sys.argv[2])
    texts = bulk_texts(N_BULK)
    found = {name: asyncio.run(_watch(path, texts, limit)) for name, path, limit in _models(model, seconds)}
    print("RESULT " + json.dumps(found))


def _models(model: str, seconds: float) -> tuple[tuple[str, str, float], ...]:
    return ("the race's model", model, seconds), ("the bundled model", "tiny", 3600.0)


async def _watch(model: str, texts: list[str], limit_s: float) -> dict[str, Any]:
    """Run one call until it is done or `limit_s` have passed; read its progress bar, as a user does."""
    encoder = Qwen3Encoder(model=model, show_progress=True).load()
    with contextlib.redirect_stderr(io.StringIO()):
        encoder.encode_document(texts[:64])
    bar, resident, first = io.StringIO(), [], None
    began = time.monotonic()
    with contextlib.redirect_stderr(bar):
        call = asyncio.create_task(encoder.aencode_document(texts))
        while not call.done() and time.monotonic() - began < limit_s:
            await asyncio.sleep(_EVERY_S)
            if first is None and _n_done(bar):
                first = time.monotonic() - began
            if first is not None:
                resident.append(memory.resident())
        seconds, n_done = time.monotonic() - began, _n_done(bar)
        call.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await call
    encoder.unload()
    return {
        "first_batch_s": first,
        "n_done": n_done,
        "seconds": seconds,
        "grew_mb": (max(resident[:-1]) - resident[0]) / 1e6,
        "result_mb": len(texts) * encoder.dimension * 4 / 1e6,
    }


def _n_done(bar: io.StringIO) -> int:
    """Return the texts that the progress bar shows as done."""
    shown = bar.getvalue().rpartition("| ")[2].partition("/")[0].strip()
    return int(shown) if shown.isdigit() else 0


if __name__ == "__main__":
    main()
