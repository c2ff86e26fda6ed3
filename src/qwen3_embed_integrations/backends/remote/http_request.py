"""One HTTP request of a call, and how to read its answer: what the client needs to know of what it sends."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from qwen3_embed_integrations.core.types import FloatArray

from .engines import Target
from .protocol import Input, Quote, read_embeddings, request_body

FREE_BYTES = 1 << 20
"""Bytes of an answer beyond what its inputs account for."""
_MAX_BYTES_A_NUMBER = 32
_WIDEST = 1 << 14


class HttpRequest(ABC):
    """A request whose answer holds as many numbers for each of its inputs."""

    @property
    @abstractmethod
    def max_bytes(self) -> int:
        """Longest answer in bytes."""

    @abstractmethod
    def body(self) -> dict[str, Any]:
        """Return the JSON body."""

    @abstractmethod
    def read(self, content: bytes, quote: Quote) -> FloatArray:
        """Return what an answer holds, `[n_inputs, width]` float32, in the order of the inputs.

        Args:
            content: Body of the answer.
            quote: Makes parts of the answer fit for the message of an error.

        Raises:
            BadAnswerError: The answer is not what was requested.
        """


@dataclass(frozen=True)
class EmbeddingsRequest(HttpRequest):
    """A request for the embeddings of inputs.

    Attributes:
        target: The server.
        inputs: Texts or token ids.
        width: Length that each embedding of the answer must have; None: any.
        dimension: Length that the server is to truncate embeddings to; None: full embeddings.
        cut_at: Tokens to which the server is to truncate a text; None: it must not truncate.
    """

    target: Target
    inputs: Sequence[Input]
    width: int | None = None
    dimension: int | None = None
    cut_at: int | None = None

    @property
    def max_bytes(self) -> int:
        """Longest answer in bytes."""
        return FREE_BYTES + _MAX_BYTES_A_NUMBER * (self.width or _WIDEST) * len(self.inputs)

    def body(self) -> dict[str, Any]:
        """Return the JSON body."""
        return request_body(self.target, self.inputs, dimension=self.dimension, cut_at=self.cut_at)

    def read(self, content: bytes, quote: Quote) -> FloatArray:
        """Return the embeddings of an answer, `[n_inputs, width]` float32."""
        return read_embeddings(self.target, content, len(self.inputs), self.width, quote)
