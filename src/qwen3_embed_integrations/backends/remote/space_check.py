"""Does the server still compute the space that this process expects? A server of our own says so with each answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from qwen3_embed_integrations.core.errors import SpaceMismatchError
from qwen3_embed_integrations.core.safe_text import safe_line
from qwen3_embed_integrations.core.vector_space import VectorSpace

FINGERPRINT_HEADER = "x-embedding-fingerprint"
_SHOWN = 40  # characters of what a server sent


class SpaceCheck:
    """Compares the fingerprint of each answer with the expected one, or with that of the first answer.

    The server must put no prompt of its own in front of a document: this process has put its own there.

    Args:
        url: The server, for messages.
        space: The space of this process; its weights are known only of a model that is on this machine.
    """

    def __init__(self, url: str, space: VectorSpace) -> None:
        self._url, self._space = url, replace(space, document_prompt="")
        self._seen: dict[int, str] = {}

    def check(self, headers: Mapping[str, str], width: int) -> None:
        """Check an answer.

        Args:
            headers: Those of the answer; a server that sends no fingerprint is not checked.
            width: Length of its embeddings.

        Raises:
            SpaceMismatchError: The server computes another space than this process expects, or than before.
        """
        found = headers.get(FINGERPRINT_HEADER)
        if found is None:
            return
        known = replace(self._space, dimension=width).fingerprint if self._space.weights else None
        expected = known or self._seen.setdefault(width, found)
        if found != expected:
            who = f"this machine's {self._space.model!r} has" if known else "its first answer had"
            raise SpaceMismatchError(
                f"The server {self._url} computes embeddings of the space {safe_line(found, _SHOWN)!r}, {who} "
                f"{safe_line(expected, _SHOWN)!r}: other weights, another pooling or a document prompt. Start the "
                "server with the same model, or embed your documents again."
            )
