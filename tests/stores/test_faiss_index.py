"""The kinds of FAISS index: what they find of the exact ten, and what they keep."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pytest

from qwen3_embed_integrations import ConfigError, Quantizer
from qwen3_embed_integrations.stores.faiss import FaissHandle, create_index, read_index
from qwen3_embed_integrations.stores.faiss_index import first_stage

N, DIMENSION = 2000, 64


@pytest.fixture(scope="module")
def embedded() -> np.ndarray:
    found = np.random.default_rng(0).standard_normal((N, DIMENSION)).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def recall(index: Any, embedded: np.ndarray, **options: Any) -> float:
    """The share of the exact ten of 40 queries that the index finds once it holds all."""
    if not index.ntotal:
        index.add(embedded)
    handle, shares = FaissHandle(index), []
    for query in embedded[:40] + 0.01:
        exact = set(np.argsort(-(embedded @ query))[:10].tolist())
        shares.append(len(exact & {int(hit.id) for hit in handle.search(query, **options)}) / 10)
    return float(np.mean(shares))


def test_exact(embedded: np.ndarray) -> None:
    assert recall(create_index(DIMENSION), embedded) == 1


def test_signs_first_then_whole(embedded: np.ndarray) -> None:
    index = create_index(DIMENSION, first="binary")
    assert recall(index, embedded, first="binary", widen=50) >= 0.99
    assert recall(index, embedded, first="binary", widen=1) < 0.7  # so the widening is what finds them
    with pytest.raises(ConfigError, match="first stage 'binary', not 16"):
        FaissHandle(index).search(embedded[0], first=16)


@pytest.mark.parametrize("precision", ["int8", "uint8"])
def test_bytes_alone_find_nearly_all_in_a_quarter_of_the_space(
    embedded: np.ndarray, tmp_path: Path, precision: Any
) -> None:
    index = create_index(DIMENSION, codes=Quantizer.calibrate(embedded, precision))
    assert recall(index, embedded) >= 0.97
    faiss.write_index(index, str(tmp_path / "index"))
    assert (tmp_path / "index").stat().st_size < N * DIMENSION + 1000
    assert recall(read_index(tmp_path / "index"), embedded) >= 0.97
    half_range = Quantizer("int8", DIMENSION, 0.05)
    assert recall(create_index(DIMENSION, codes=half_range), embedded) < 0.9  # the range is the quantizer's


def test_signs_alone_find_less(embedded: np.ndarray) -> None:
    assert 0.2 < recall(create_index(DIMENSION, codes=Quantizer("binary", DIMENSION)), embedded) < 0.7


def test_the_first_stage_is_read_from_the_index() -> None:
    assert first_stage(create_index(DIMENSION)) is None
    assert first_stage(create_index(DIMENSION, first=16)) == 16
    assert first_stage(create_index(DIMENSION, first="binary")) == "binary"


@pytest.mark.parametrize(("first", "size"), [(16, DIMENSION), (None, 32)])
def test_codes_go_with_one_stage_and_their_dimension(first: Any, size: int) -> None:
    with pytest.raises(ConfigError, match="Give codes of the same dimension"):
        create_index(DIMENSION, first=first, codes=Quantizer("binary", size))
    with pytest.raises(ConfigError, match="no first stage 'int8'"):
        create_index(DIMENSION, first="int8")
