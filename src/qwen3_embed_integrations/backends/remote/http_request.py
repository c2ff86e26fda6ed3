"""One HTTP request of a call, and how to read its answer: what the client needs to know of what it sends."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qwen3_embed_integrations.core.types import FloatArray

from .engines import Target
from .protocol import Input, Quote, read_embeddings, request_body
from .space_check import SpaceCheck

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

    def check(self, headers: Mapping[str, str]) -> None:  # noqa: B027 - most answers say nothing of themselves
        """Check the headers of an answer."""

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
        space_check: Compares the space of the answer; None: nobody does.
    """

    target: Target
    inputs: Sequence[Input]
    width: int | None = None
    dimension: int | None = None
    cut_at: int | None = None
    space_check: SpaceCheck | None = None

    @property
    def max_bytes(self) -> int:
        """Longest answer in bytes."""
        return FREE_BYTES + _MAX_BYTES_A_NUMBER * (self.width or _WIDEST) * len(self.inputs)

    def body(self) -> dict[str, Any]:
        """Return the JSON body."""
        return request_body(self.target, self.inputs, dimension=self.dimension, cut_at=self.cut_at)

    def check(self, headers: Mapping[str, str]) -> None:
        """Check that the answer is of the expected space; raise SpaceMismatchError if not."""
        if self.space_check is not None and self.width is not None:
            self.space_check.check(headers, self.width)

    def read(self, content: bytes, quote: Quote) -> FloatArray:
        """Return the embeddings of an answer, `[n_inputs, width]` float32."""
        return read_embeddings(self.target, content, len(self.inputs), self.width, quote)
