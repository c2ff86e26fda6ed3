"""Many callers of one encoder: embeddings, throughput, the event loop's stalls, and queries beside documents.

python benchmarks/concurrency.py                        the bundled model
python benchmarks/concurrency.py --shape 0.6B           random weights of Qwen3-Embedding-0.6B's shape
python benchmarks/concurrency.py --model FOLDER
python benchmarks/concurrency.py --shape 0.6B --write docs/reliability.md    write the page's block as well

Print one line a figure. Exit with 1 if an embedding differs from that of its single call, or if a call is lost.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

import numpy as np
from pages import as_markdown, replace_block, require_block

import qwen3_embed_integrations
from qwen3_embed_integrations import Qwen3Encoder

CACHE = Path.home() / ".cache" / "qwen3-embed-benchmarks"
SHAPE = {
    "model_type": "qwen3",
    "hidden_act": "silu",
    "vocab_size": 151669,
    "hidden_size": 1024,
    "num_hidden_layers": 28,
    "num_attention_heads": 16,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "intermediate_size": 3072,
    "max_position_embeddings": 32768,
    "rms_norm_eps": 1e-6,
    "rope_theta": 1000000,
    "tie_word_embeddings": True,
}
"""config.json of Qwen/Qwen3-Embedding-0.6B."""
WORDS = ("table", "river", "copy", "folder", "sort", "engine", "light", "python", "garden", "music", "number", "paper")


def shaped_folder() -> Path:
    """Return a checkpoint of the 0.6B shape with random weights and the bundled tokenizer, built once."""
    folder = CACHE / "shape-0.6B"
    if (folder / "config.json").is_file():
        return folder
    import torch
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    bundled = Path(qwen3_embed_integrations.__file__).parent / "models" / "tiny"
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(bundled / name, folder / name)
    torch.manual_seed(0)
    weights = {
        name: torch.ones(size) if len(size) == 1 else torch.randn(size).mul_(0.02) for name, size in tensor_sizes()
    }
    save_file({name: weight.bfloat16() for name, weight in weights.items()}, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(SHAPE), encoding="utf-8")
    return folder


def tensor_sizes() -> Iterator[tuple[str, tuple[int, ...]]]:
    """Return the name and size of each tensor of Qwen3Model with `SHAPE`."""
    width, mlp, head = SHAPE["hidden_size"], SHAPE["intermediate_size"], SHAPE["head_dim"]
    heads, kv_heads = SHAPE["num_attention_heads"] * head, SHAPE["num_key_value_heads"] * head
    yield "embed_tokens.weight", (SHAPE["vocab_size"], width)
    yield "norm.weight", (width,)
    for layer in range(SHAPE["num_hidden_layers"]):
        at = f"layers.{layer}."
        yield from ((f"{at}{name}_layernorm.weight", (width,)) for name in ("input", "post_attention"))
        yield from ((f"{at}self_attn.{name}_norm.weight", (head,)) for name in "qk")
        for name, size in (
            ("self_attn.q_proj", (heads, width)),
            ("self_attn.k_proj", (kv_heads, width)),
            ("self_attn.v_proj", (kv_heads, width)),
            ("self_attn.o_proj", (width, heads)),
            ("mlp.gate_proj", (mlp, width)),
            ("mlp.up_proj", (mlp, width)),
            ("mlp.down_proj", (width, mlp)),
        ):
            yield f"{at}{name}.weight", size


def texts_of(n_texts: int, n_words: tuple[int, int], seed: int) -> list[str]:
    """Return `n_texts` different texts of `n_words` (fewest, most + 1) words each."""
    random = np.random.default_rng(seed)
    return [f"{i} {' '.join(random.choice(WORDS, random.integers(*n_words)))}" for i in range(n_texts)]


class StallWatch:
    """Measure how late an event loop runs a task that is due every millisecond."""

    def __init__(self) -> None:
        self.stalls: list[float] = []

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._watch())
        await asyncio.sleep(0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.001)
            self.stalls.append(time.perf_counter() - before - 0.001)

    def __str__(self) -> str:
        return f"longest stall of the event loop {max(self.stalls) * 1000:.1f} ms in {len(self.stalls)} turns"


class RetrievalMetrics:
    """Take the measurements of one encoder."""

    def __init__(self, encoder: Qwen3Encoder, n_single: int) -> None:
        self.encoder = encoder
        self.queries = texts_of(500, (3, 12), seed=1)
        self.is_right = True
        self.lines: list[tuple[str, str]] = []
        encoder.encode_query(texts_of(64, (3, 12), seed=2))  # first calls set up kernels and caches
        encoder.encode_query(["warm"])
        start = time.perf_counter()
        self.embeddings = np.concatenate([encoder.encode_query([text]) for text in self.queries[:n_single]])
        self.single = n_single / (time.perf_counter() - start)
        self.tell("one by one", f"{self.single:.1f} queries/s")

    def tell(self, measured: str, found: str) -> None:
        """Print a line and keep it for the page."""
        print(f"{measured}: {found}", flush=True)
        self.lines.append((measured, found))

    def report(self, name: str, embeddings: list[np.ndarray], seconds: float, more: object = "") -> None:
        """Print the throughput and the largest difference from the embeddings of single calls."""
        n_embeddings = len(embeddings)
        known = min(n_embeddings, len(self.embeddings))
        difference = float(np.abs(np.concatenate(embeddings[:known]) - self.embeddings[:known]).max())
        self.is_right &= difference < self.tolerance and n_embeddings == len(self.queries)
        rate = n_embeddings / seconds
        self.tell(
            name,
            f"{rate:.1f} queries/s ({rate / self.single:.1f} times one by one), largest difference to the "
            f"embeddings of single calls {difference:.1e}{f', {more}' if more else ''}",
        )

    @property
    def tolerance(self) -> float:
        """The largest difference accepted: rounding, when other texts share the forward pass."""
        config = self.encoder.config
        exact = config.dtype == "float32" or (config.dtype == "auto" and config.model == "tiny")
        return 1e-5 if exact else 1e-2

    async def concurrently(self) -> None:
        """Time 500 concurrent `aencode_query` calls; the integrations' `aembed_query` is the same call."""
        async with StallWatch() as watch:
            start = time.perf_counter()
            embeddings = await asyncio.gather(*(self.encoder.aencode_query([text]) for text in self.queries))
            seconds = time.perf_counter() - start
        self.report("500 concurrent async calls", embeddings, seconds, watch)

    def by_threads(self) -> None:
        """Time 64 threads that call `encode_query`."""
        with ThreadPoolExecutor(64) as pool:
            start = time.perf_counter()
            embeddings = list(pool.map(lambda text: self.encoder.encode_query([text]), self.queries))
            self.report("64 threads", embeddings, time.perf_counter() - start)

    async def with_half_cancelled(self) -> None:
        """Make 500 calls, cancel every second one while it runs, and compare the others."""
        tasks = [asyncio.create_task(self.encoder.aencode_query([text])) for text in self.queries]
        await asyncio.sleep(0.05)
        cancelled = [task.cancel() for task in tasks[::2]]
        found = await asyncio.gather(*tasks, return_exceptions=True)
        kept = [embedding for embedding in found[1::2] if isinstance(embedding, np.ndarray)]
        known = len(self.embeddings[1::2])
        difference = float(np.abs(np.concatenate(kept[:known]) - self.embeddings[1::2]).max())
        self.is_right &= len(kept) == len(self.queries) // 2 and difference < self.tolerance
        self.tell(
            f"half cancelled ({sum(cancelled)} of 500)",
            f"{len(kept)} others answered, largest difference to the embeddings of single calls {difference:.1e}",
        )

    async def beside_documents(self, n_documents: int, seconds: float) -> None:
        """Time queries, one after another, while documents are embedded."""
        documents = asyncio.create_task(self.encoder.aencode_document(texts_of(n_documents, (40, 160), seed=3)))
        waits: list[float] = []
        async with StallWatch() as watch:
            end = time.perf_counter() + seconds
            while not documents.done() and time.perf_counter() < end:
                await asyncio.sleep(0.05)
                start = time.perf_counter()
                await self.encoder.aencode_query([f"query {len(waits)} of a person who waits"])
                waits.append(time.perf_counter() - start)
        is_whole = documents.done()
        documents.cancel()
        await asyncio.gather(documents, return_exceptions=True)
        p50, p99 = np.percentile(waits, [50, 99]) * 1000
        span = "until they were done" if is_whole else f"in their first {seconds:.0f} s"
        self.tell(
            f"beside {n_documents} documents, {span}",
            f"{len(waits)} queries, p50 {p50:.0f} ms, p99 {p99:.0f} ms, {watch}",
        )


def main() -> int:
    """Take the measurements; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="tiny")
    parser.add_argument("--shape", choices=["0.6B"])
    parser.add_argument("--dtype", default="auto")
    parser.add_argument("--documents", type=int, default=5000)
    parser.add_argument("--seconds", type=float, default=60.0, help="longest measurement of queries beside documents")
    parser.add_argument("--single", type=int, default=100, help="queries asked one by one")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="also write the figures between the page's marks")
    arguments = parser.parse_args()
    name = arguments.shape or arguments.model
    block = f"concurrency {name}"
    if arguments.write:
        require_block(arguments.write, block)
    model = str(shaped_folder()) if arguments.shape else arguments.model
    encoder = Qwen3Encoder(model=model, dtype=arguments.dtype, max_waiting_calls=1000).load()
    figures = RetrievalMetrics(encoder, arguments.single)
    asyncio.run(figures.concurrently())
    figures.by_threads()
    asyncio.run(figures.with_half_cancelled())
    asyncio.run(figures.beside_documents(arguments.documents, arguments.seconds))
    if arguments.write:
        command = " ".join(["python benchmarks/concurrency.py", *sys.argv[1:]])
        replace_block(arguments.write, block, as_markdown(figures.lines, command))
    return 0 if figures.is_right else 1


if __name__ == "__main__":
    sys.exit(main())
