"""The vector space has a fingerprint: what decides a document's vector, and nothing else."""

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
    """What decides a document's vector.

    Device, dtype, batch sizes and the query task are left out: they don't move a document.

    Attributes:
        model: Hub name, or the folder's name of a local model. Shown, compared only without `weights`.
        revision: Commit of a hub model; "" when unknown. Shown, compared only without `weights`.
        weights: Digest of the weights; "" for a remote model.
        pooling: "lasttoken", "mean", "cls" or "max".
        document_prompt: What stands before every document; "" for raw documents.
        dimension: Length of an embedding.
        end_token: Appended to every text.
        normalized: Embeddings have unit length.
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
        """Short digest of everything that decides a document's vector, as in "q3e1-0123456789abcdef"."""
        deciding = asdict(self)
        if self.weights:  # the same weights under another name or path are the same space
            del deciding["model"], deciding["revision"]
        text = json.dumps(deciding, sort_keys=True, ensure_ascii=False)
        return f"q3e{SPACE_VERSION}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"

    def to_dict(self) -> dict[str, Any]:
        """Gives the description as JSON types, fingerprint included: what is stored beside the vectors."""
        return {**asdict(self), "fingerprint": self.fingerprint}

    def differences(self, stored: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
        """Gives field → (stored, ours) for each field in which a stored space differs from this one."""
        ours = asdict(self)
        if self.weights and stored.get("weights"):
            skipped = {"model", "revision"}
        else:
            skipped = {"weights"}
            if not (self.revision and stored.get("revision")):
                skipped.add("revision")
        return {
            name: (stored.get(name), value)
            for name, value in ours.items()
            if name not in skipped and stored.get(name) != value
        }

    def check(self, stored: Mapping[str, Any], *, where: str, remedy: str) -> None:
        """Raises when `stored` describes another space.

        Args:
            stored: What `to_dict` gave when the vectors were made.
            where: Names the store in the message.
            remedy: How to re-index, as a sentence.

        Raises:
            SpaceMismatchError: Names each field that differs, and the remedy.
        """
        found = self.differences(stored)
        if not found:
            return
        shown = "; ".join(f"{name}: stored {old!r}, now {new!r}" for name, (old, new) in found.items())
        if "weights" in found:
            shown += f" (stored model {stored.get('model')!r}, now {self.model!r})"
        raise SpaceMismatchError(f"{where} holds vectors of another space ({shown}). {remedy}")
