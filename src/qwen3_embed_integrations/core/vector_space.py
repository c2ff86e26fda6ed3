"""VectorSpace: everything that decides a document's embedding, and its fingerprint."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .errors import SpaceMismatchError
from .prompts import END_TOKEN

SPACE_VERSION = 1


@dataclass(frozen=True)
class VectorSpace:
    """Everything that decides a document's embedding.

    Device, dtype, batch sizes and the query task are not part of it: they do not move a document's embedding.

    Attributes:
        model: Hub name, or folder name of a local model. Compared only if the digest of the weights is unknown.
        revision: Commit of a hub model; "" if unknown. Compared only if the digest of the weights is unknown.
        weights: Digest of the weights; "" for a remote model.
        pooling: "lasttoken", "mean", "cls" or "max".
        document_prompt: Prompt of every document; "" for none.
        dimension: Length of an embedding.
        end_token: Token appended to every text.
        normalized: Whether embeddings have unit length.
    """

    model: str
    revision: str
    weights: str
    pooling: str
    document_prompt: str
    dimension: int
    end_token: str = END_TOKEN
    normalized: bool = True

    @property
    def fingerprint(self) -> str:
        """Digest of the deciding fields, as in "q3e1-0123456789abcdef"."""
        deciding = asdict(self)
        if self.weights:  # equal weights under another name or path are the same space
            del deciding["model"], deciding["revision"]
        text = json.dumps(deciding, sort_keys=True, ensure_ascii=False)
        return f"q3e{SPACE_VERSION}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"

    def to_dict(self) -> dict[str, Any]:
        """Return the fields and the fingerprint as JSON types, for storage beside the embeddings."""
        return {**asdict(self), "fingerprint": self.fingerprint}

    def differences(self, stored: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
        """Return field → (stored value, current value) for each field that differs.

        Args:
            stored: The result of `to_dict` when the embeddings were stored.
        """
        current = asdict(self)
        if self.weights and stored.get("weights"):
            skipped = {"model", "revision"}
        else:
            skipped = {"weights"}
            if not (self.revision and stored.get("revision")):
                skipped.add("revision")
        return {
            name: (stored.get(name), value)
            for name, value in current.items()
            if name not in skipped and stored.get(name) != value
        }

    def check(self, stored: Mapping[str, Any], *, where: str, remedy: str) -> None:
        """Check that `stored` describes this space.

        Args:
            stored: The result of `to_dict` when the embeddings were stored.
            where: Name of the store, for the message.
            remedy: How to re-index, as a sentence.

        Raises:
            SpaceMismatchError: It describes another space; the message names each field that differs.
        """
        found = self.differences(stored)
        if not found:
            return
        shown = "; ".join(f"{name}: stored {old!r}, now {new!r}" for name, (old, new) in found.items())
        if "weights" in found:
            shown += f" (stored model {stored.get('model')!r}, now {self.model!r})"
        raise SpaceMismatchError(f"{where} holds vectors of another space ({shown}). {remedy}")
