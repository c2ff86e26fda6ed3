"""Where the time of a forward pass goes: matrix products, attention, the operations between them, Python.

python benchmarks/time_spent.py                                 random weights of Qwen3-Embedding-0.6B's shape
python benchmarks/time_spent.py --long 2048 8192               and long texts
python benchmarks/time_spent.py --dtype int8 --write benchmarks/results/time_spent.md

Run batches on one thread, as a stream does, and a single query as it runs alone, under Python's profiler,
which makes Python's own share look larger than it is.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "race"), str(HERE.parent / "src"), str(HERE.parent)]

from checkpoint import CACHE, build_model  # noqa: E402 - needs the path above
from pages import replace_block, require_block  # noqa: E402 - same
from workloads import build_workloads  # noqa: E402 - same

from qwen3_embed_integrations import Qwen3Encoder  # noqa: E402 - same

N_DOCUMENTS, N_QUERIES, REPEATS = 4, 32, 5
PARTS = {
    "matrix products": ("nn.linear", "_linear_pointwise", "qlinear_pointwise"),
    "attention": (
        "scaled_dot_product_attention",
        "torch.cat",
        "'copy_'",
        "(block_attention)",
        "(_largest)",
        "torch.softmax",
        "'addmm_'",
        "'amax'",
    ),
    "steps between them": ("(add_norm)", "(split_heads)", "(swiglu)", "(quantise)", "rms_norm", "silu"),
}
REST = "Python and small operations"


def main() -> None:
    """Measure, print, and write the page if asked."""
    arguments = _parse()
    if arguments.write:
        require_block(arguments.write, "time-spent")
    CACHE.mkdir(parents=True, exist_ok=True)
    model = build_model(CACHE, "0.6B")
    stored = json.loads(build_workloads(model, CACHE, quick=True).read_text(encoding="utf-8"))
    long = f" --long {' '.join(map(str, arguments.long))}" if arguments.long else ""
    lines = [
        f"`python benchmarks/time_spent.py --dtype {' '.join(arguments.dtype)}{long}`, milliseconds:",
        "",
        f"| dtype | batch | {' | '.join([*PARTS, REST])} |",
        f"|---|---{'|--:' * (len(PARTS) + 1)}|",
    ]
    for dtype in arguments.dtype:
        for name, run in _batches(str(model), dtype, stored, arguments.long).items():
            spent = _profile(run)
            shown = " | ".join(f"{1e3 * spent[part]:.1f}" for part in (*PARTS, REST))
            lines.append(f"| {dtype} | {name} | {shown} |")
    table = "\n".join(lines)
    print(table)
    if arguments.write:
        replace_block(arguments.write, "time-spent", f"{table}\n")


def _batches(model: str, dtype: str, stored: dict[str, Any], lengths: list[int]) -> dict[str, Callable[[], object]]:
    """Return the forward passes to measure."""
    from qwen3_embed_integrations.backends.local import LocalBackend
    from qwen3_embed_integrations.backends.torch.device import choose_device
    from qwen3_embed_integrations.backends.torch.forward import TorchForward
    from qwen3_embed_integrations.checkpoints.checkpoint import open_checkpoint
    from qwen3_embed_integrations.checkpoints.tokenizer import TextTokenizer, cut
    from qwen3_embed_integrations.core.packing import pack

    encoder = Qwen3Encoder(model=model)
    checkpoint = open_checkpoint(encoder.config)
    forward = TorchForward(checkpoint, choose_device("cpu"), dtype)
    tokenizer = TextTokenizer(checkpoint.folder)
    prompt = encoder.model_info.query_prompt(None)
    shared = LocalBackend(tokenizer, forward, forward.plan.block_tokens, checkpoint.model_info.hidden_size).prefix(
        prompt
    )
    queries = tokenizer.tokenize([prompt + text for text in stored["Q"]["texts"][:N_QUERIES]])
    own = sorted((ids[len(shared) :] for ids in queries), key=len)
    documents = tokenizer.tokenize(stored["M"]["texts"][:N_DOCUMENTS])
    n_streams = max(2, forward.streams.count)

    def run(ids: list[list[int]], prefix: tuple[int, ...], n_sharing: int, limit: int = 128) -> Callable[[], object]:
        batch = pack([cut(one, limit) for one in ids], prefix)

        def compute() -> None:
            forward.streams.enter(n_sharing)
            forward(batch)

        return compute

    endless = [token for ids in documents for token in ids] * (1 + max(lengths, default=0) // 64)
    return {
        f"{len(documents)} documents of 128 tokens, one thread": run(documents, (), n_streams),
        f"{len(own)} queries, one thread": run(own, shared, n_streams),
        "one query, all threads": run(own[len(own) // 2 :][:1], shared, 1),
        **{f"one text of {n:,} tokens, one thread": run([endless], (), n_streams, n) for n in lengths},
    }


def _profile(run: Callable[[], object]) -> Counter[str]:
    """Return the mean seconds of each part in one run."""
    run()
    profiler = cProfile.Profile()
    profiler.enable()
    for _ in range(REPEATS):
        run()
    profiler.disable()
    spent: Counter[str] = Counter()
    for (file, line, name), (_, _, seconds, _, _) in pstats.Stats(profiler).stats.items():  # type: ignore[attr-defined]
        shown = f"{file}:{line}({name})"
        part = next((part for part, signs in PARTS.items() if any(sign in shown for sign in signs)), REST)
        spent[part] += seconds / REPEATS
    return spent


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--dtype", nargs="+", default=["bfloat16"], choices=["float32", "bfloat16", "int8"])
    parser.add_argument("--long", nargs="*", type=int, default=[], help="also texts of so many tokens")
    parser.add_argument("--write", type=Path, help="page with a block time-spent")
    return parser.parse_args()


if __name__ == "__main__":
    main()
