"""100,000 passages of real text, embedded: docstrings and comments of the Python packages that are installed."""

from __future__ import annotations

import re
import site
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qwen3_embed_integrations import Qwen3Encoder

_DOCSTRING = re.compile(r'"""(.*?)"""', re.DOTALL)
_COMMENT = re.compile(r"(?:^[ ]*#[ ].*\n)+", re.MULTILINE)
WIDTH, HEAD = 1024, 256
_NOISE = 0.7  # of the tail: what the head doesn't know. So the head finds 0.7 of the ten, as half of tiny's does


def passages(n_wanted: int) -> list[str]:
    """Return different paragraphs of docstrings and comments, in an order that a seed decides.

    Raises:
        SystemExit: So many are not installed here.
    """
    found: dict[str, None] = {}
    for path in _sources():
        found.update(dict.fromkeys(_paragraphs(path)))
        if len(found) >= n_wanted:
            break
    texts = list(found)
    if len(texts) < n_wanted:
        sys.exit(f"Found {len(texts):,} passages, expected {n_wanted:,}. Install more packages, or ask for fewer.")
    order = np.random.default_rng(0).permutation(len(texts))[:n_wanted]
    return [texts[i] for i in order]


def _sources() -> Iterator[Path]:
    folders = [sysconfig.get_path("stdlib"), *site.getsitepackages(), *sys.path]
    for folder in dict.fromkeys(Path(one) for one in folders if one and Path(one).is_dir()):
        yield from sorted(folder.rglob("*.py"))


def _paragraphs(path: Path) -> Iterator[str]:
    try:
        source = path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return
    for docstring in _DOCSTRING.findall(source):
        yield from _paragraphs_of(docstring.split("\n\n"))
    yield from _paragraphs_of(block.replace("#", " ") for block in _COMMENT.findall(source))


def _paragraphs_of(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        words = " ".join(text.split())
        if 60 <= len(words) <= 400 and words.isprintable():  # noqa: PLR2004 - a sentence or some, no whole page
            yield words


def embed(texts: list[str], n_queries: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return `[n, 256]` documents and `[n_queries, 256]` queries of the bundled model, of unit length.

    A query is the first half of a passage, with the instruction.
    """
    encoder = Qwen3Encoder(model="tiny")
    halves = [" ".join(text.split()[: max(4, len(text.split()) // 2)]) for text in texts[:n_queries]]
    return encoder.encode_document(texts), encoder.encode_query(halves)


def widened(heads: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
    """Return `[n, 1024]` of unit length whose first 256 numbers are these: the size of a larger model's embeddings.

    The rest is a fixed random projection of the head, and noise of the passage's own: the head alone finds about 0.7 of
    the nearest ten, as the first half of the bundled model's embeddings does. Another model's head may find more or
    less: times and sizes are measured here, recall in two stages rests on that assumption.
    """
    projection = np.random.default_rng(0).standard_normal((HEAD, WIDTH - HEAD), dtype=np.float32) / np.sqrt(HEAD)
    tail = heads @ projection
    noise = np.random.default_rng(seed).standard_normal(tail.shape, dtype=np.float32) / np.sqrt(WIDTH - HEAD)
    tail += _NOISE * noise * np.linalg.norm(tail, axis=1, keepdims=True)
    whole = np.hstack([heads, tail])
    unit: NDArray[np.float32] = whole / np.linalg.norm(whole, axis=1, keepdims=True)
    return unit
