"""The one currency between floors: numpy arrays, named by what they hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float32]
IntArray: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True)
class RawEmbeddings:
    """What a backend gives back for n texts.

    Attributes:
        embeddings: `[n, width]` float32, pooled, not truncated, not normalised; embedding i is text i.
        n_tokens: `[n]`, length of each text in tokens before any truncation, prompt and end token included;
            -1 where only a server knows it.
    """

    embeddings: FloatArray
    n_tokens: IntArray
