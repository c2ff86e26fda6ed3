"""Array types that layers exchange."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float32]
IntArray: TypeAlias = npt.NDArray[np.int64]

Role = Literal["query", "document"]
"""What a text is to a retriever: it decides the prompt."""


@dataclass(frozen=True)
class RawEmbeddings:
    """A backend's result for n texts.

    Attributes:
        embeddings: `[n, hidden_size]` float32, pooled, neither truncated nor normalised, in the order of the texts.
        n_tokens: `[n]` int64, length of each text in tokens before truncation, prompt and end token included; -1 if
            only a server knows it.
    """

    embeddings: FloatArray
    n_tokens: IntArray
