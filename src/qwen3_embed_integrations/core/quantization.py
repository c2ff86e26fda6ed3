"""Quantizer: unit vectors as int8, uint8 or single bits, by a range that is calibrated once and stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .errors import ConfigError
from .types import FloatArray

Precision = Literal["int8", "uint8", "binary"]
"""int8 and uint8: a byte a number; binary: its sign, eight in a byte."""

_LEAST_SAMPLE = 100  # texts: of fewer the range would be a matter of chance
_COVERED = 0.9999  # of the numbers lie in the range; the rest is clipped
_LEVELS = 127


@dataclass(frozen=True)
class Quantizer:
    """Codes of embeddings of one vector space.

    The same text has the same code in every call, which a range that is taken from each batch anew does not give.

    Attributes:
        precision: "int8", "uint8" (int8 and 128) or "binary" (bits as bytes, first number in the highest bit).
        dimension: Numbers of an embedding.
        limit: Largest magnitude that a byte stands for; 0 for "binary".
        fingerprint: Of the vector space that it was calibrated in.
    """

    precision: Precision
    dimension: int
    limit: float = 0.0
    fingerprint: str = ""

    def __post_init__(self) -> None:
        if self.precision not in ("int8", "uint8", "binary"):
            raise ConfigError(f'Found precision={self.precision!r}, expected "int8", "uint8" or "binary".')
        if self.precision != "binary" and not (np.isfinite(self.limit) and self.limit > 0):
            raise ConfigError(
                f"precision={self.precision!r} needs a calibrated range, found {self.limit!r}. Make it by "
                f"Quantizer.calibrate(encoder.encode_document(some_texts), {self.precision!r})."
            )

    @classmethod
    def calibrate(cls, embeddings: FloatArray, precision: Precision, *, fingerprint: str = "") -> Quantizer:
        """Return the quantizer whose range fits these embeddings.

        Args:
            embeddings: `[n, dimension]` of unit length, of texts like those that will be stored; 100 at least.
            precision: As in `Quantizer`.
            fingerprint: `encoder.space.fingerprint`.

        Raises:
            ConfigError: Too few embeddings, or an unknown precision.
        """
        if precision == "binary":
            return cls(precision, embeddings.shape[1], 0.0, fingerprint)
        if len(embeddings) < _LEAST_SAMPLE:
            raise ConfigError(f"Found {len(embeddings)} embeddings to calibrate by, expected {_LEAST_SAMPLE} or more.")
        limit = float(np.quantile(np.abs(embeddings), _COVERED))
        return cls(precision, embeddings.shape[1], limit, fingerprint)

    def encode(self, embeddings: FloatArray) -> NDArray[Any]:
        """Return the codes: `[n, dimension]` int8 or uint8, or `[n, dimension / 8]` uint8 bits.

        Raises:
            ConfigError: The embeddings are of another dimension.
        """
        if embeddings.ndim != 2 or embeddings.shape[1] != self.dimension:  # noqa: PLR2004 - embeddings and numbers
            raise ConfigError(f"Found embeddings of shape {embeddings.shape}, expected [n, {self.dimension}].")
        if self.precision == "binary":
            return np.packbits(embeddings > 0, axis=1)
        codes: NDArray[Any] = np.rint(np.clip(embeddings / self.limit, -1, 1) * _LEVELS).astype(np.int8)
        return codes if self.precision == "int8" else (codes.astype(np.int16) + 128).astype(np.uint8)

    def decode(self, codes: NDArray[Any]) -> FloatArray:
        """Return `[n, dimension]` float32 that the codes stand for, of unit length only roughly; bits are ±1."""
        if self.precision == "binary":
            bits = np.unpackbits(np.asarray(codes, dtype=np.uint8), axis=1, count=self.dimension)
            return bits.astype(np.float32) * 2 - 1
        signed = codes.astype(np.float32) - (128 if self.precision == "uint8" else 0)
        return (signed * (self.limit / _LEVELS)).astype(np.float32)

    def similarity(self, a: NDArray[Any], b: NDArray[Any]) -> FloatArray:
        """Return `[n, m]` float32, from -1 to 1: the cosine of the codes.

        For bits that is 1 less twice the share in which they differ.
        """
        left, right = self.decode(a), self.decode(b)
        norms = np.linalg.norm(left, axis=1)[:, None] * np.linalg.norm(right, axis=1)[None, :]
        cosines: FloatArray = (left @ right.T / np.maximum(norms, np.float32(1e-12))).astype(np.float32)
        return cosines

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON types, for storage beside the codes."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Quantizer:
        """Return what `to_dict` described.

        Raises:
            ConfigError: A field is missing, unknown or unfit.
        """
        if set(stored) != set(cls.__dataclass_fields__):
            raise ConfigError(f"Found the fields {', '.join(sorted(stored))} of a quantizer. Calibrate it again.")
        return cls(**stored)


def quantizer_for(precision: Precision | Quantizer, dimension: int, fingerprint: str) -> Quantizer:
    """Return the quantizer that an encoder uses.

    Raises:
        ConfigError: It is of another space, or "int8" or "uint8" without a calibrated range.
    """
    found = precision if isinstance(precision, Quantizer) else Quantizer(precision, dimension, 0.0, fingerprint)
    if found.dimension != dimension or found.fingerprint not in ("", fingerprint):
        raise ConfigError(
            f"The quantizer was calibrated for {found.dimension} numbers of the space {found.fingerprint!r}, and these "
            f"are {dimension} of {fingerprint!r}. Calibrate it again."
        )
    return found
