"""Compare an exported model with torch's float32, on the same texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from qwen3_embed_integrations.checkpoints.export_manifest import ExportManifest
from qwen3_embed_integrations.core.config import EncoderConfig
from qwen3_embed_integrations.core.errors import ConfigError
from qwen3_embed_integrations.core.reranker_config import RerankerConfig
from qwen3_embed_integrations.core.types import FloatArray
from qwen3_embed_integrations.encoder import Qwen3Encoder
from qwen3_embed_integrations.reranker import Qwen3Reranker

from .options import BOUNDS

TEXTS = (
    "Where is the Eiffel tower?",
    "The Eiffel tower stands on the Champ de Mars in Paris, and was finished in 1889.",
    "def mean(numbers):\n    return sum(numbers) / len(numbers)",
    "Wie sortiere ich eine Liste nach mehreren Schlüsseln?",
    "如何在不联网的情况下计算文本向量?",
    "¿Qué diferencia hay entre un proceso y un hilo?",
    "0.1 + 0.2 != 0.3 🙂",
    "A cache keeps what was computed, so that it need not be computed again. " * 12,
    "Sentences of very different lengths make one batch. " * 40,
)
"""No empty text: of the bundled model, whose embedding of one is a small difference of large numbers, even torch's own
plans are 1.1e-6 apart."""


@dataclass(frozen=True)
class Difference:
    """How far exported embeddings are from torch's.

    Attributes:
        largest: Largest difference of a component of a unit vector, or of a probability of a reranker.
        min_cosine: Smallest cosine between a text's two embeddings; 1 for a reranker.
        mean_cosine: Their mean; 1 for a reranker.
        dtype: The exported dtype, which decides the bound.
        n_compared: Embeddings or pairs.
        is_reranker: Whether probabilities were compared.
    """

    largest: float
    min_cosine: float
    mean_cosine: float
    dtype: Any
    n_compared: int
    is_reranker: bool = False

    @property
    def bound(self) -> float:
        """The bound of this dtype; see `options.BOUNDS`."""
        return BOUNDS[self.dtype]

    @property
    def is_within_bound(self) -> bool:
        """Whether the exported model is as near as its dtype promises."""
        if self.dtype == "float32":
            return self.largest <= self.bound
        far = self.largest if self.is_reranker else 1 - self.mean_cosine
        return far <= self.bound

    def __str__(self) -> str:
        what = "probabilities" if self.is_reranker else "embeddings"
        cosines = "" if self.is_reranker else f", cosine {self.mean_cosine:.6f} (smallest {self.min_cosine:.6f})"
        by_cosine = self.dtype != "float32" and not self.is_reranker
        limit = f"mean cosine {1 - self.bound:g}" if by_cosine else f"difference {self.bound:g}"
        return (
            f"{self.n_compared} {what} compared with torch's float32: largest difference {self.largest:.1e}{cosines}; "
            f"bound of {self.dtype}: {limit}"
        )


def compare(config: EncoderConfig, folder: Path, manifest: ExportManifest, texts: Path | None) -> Difference:
    """Return the difference between the exported model in `folder` and the model of `config`.

    Raises:
        ConfigError: The file of texts can't be read or holds none.
        MissingExtraError: torch or onnxruntime is not installed.
    """
    given = _read(texts) if texts else TEXTS
    if manifest.is_reranker:
        return _scores(config, folder, manifest, given)
    expected = _embeddings(Qwen3Encoder(config.replace(backend="torch", device="cpu", dtype="float32")), given)
    exported = Qwen3Encoder(model=str(folder), backend="onnx")
    try:
        found = _embeddings(exported, given)
    finally:
        exported.unload()
    cosines = (expected.astype(np.float64) * found).sum(axis=1)
    largest = float(np.abs(expected - found).max())
    return Difference(largest, float(cosines.min()), float(cosines.mean()), manifest.dtype, len(expected))


def _embeddings(encoder: Qwen3Encoder, texts: Sequence[str]) -> FloatArray:
    found: FloatArray = np.concatenate((encoder.encode_document(texts), encoder.encode_query(texts)))
    return found


def _scores(config: EncoderConfig, folder: Path, manifest: ExportManifest, texts: Sequence[str]) -> Difference:
    original: Any = {
        name: getattr(config, name) for name in ("model", "revision", "cache_folder", "token", "local_files_only")
    }
    exported = Qwen3Reranker(RerankerConfig(model=str(folder), backend="onnx"))
    expected = Qwen3Reranker(RerankerConfig(**original, device="cpu", dtype="float32")).score(texts[0], texts[1:])
    try:
        found = exported.score(texts[0], texts[1:])
    finally:
        exported.unload()
    largest = float(np.abs(np.subtract(expected, found)).max())
    return Difference(largest, 1.0, 1.0, manifest.dtype, len(expected), is_reranker=True)


def _read(path: Path) -> list[str]:
    try:
        texts = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{path} can't be read ({error}). Name a UTF-8 text file with a text on each line."
        ) from error
    if len(texts) < 2:  # noqa: PLR2004 - a reranker needs a query and a document
        raise ConfigError(f"{path} has {len(texts)} lines, expected at least 2 texts.")
    return texts
