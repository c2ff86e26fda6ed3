"""What a row is kept under: all that decides it, and a digest of its text."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from qwen3_embed_integrations.core.config import EncoderConfig
from qwen3_embed_integrations.core.facts import ModelFacts

_VERSION = 1  # of what decides a key: another one finds nothing of this one


@dataclass(frozen=True)
class Lookup:
    """Where the rows of one call are kept.

    Attributes:
        path: The file.
        max_bytes: Its bound.
        scope: Digest of all that decides a row but its text.
        width: Length of a row.
    """

    path: Path
    max_bytes: int
    scope: bytes
    width: int

    def key(self, text: str) -> bytes:
        """Gives the key of one text, its prompt in front of it."""
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=20, key=self.scope).digest()


def lookup(config: EncoderConfig, facts: ModelFacts, role: str, prompt: str) -> Lookup:
    """Gives where rows of a role and prompt under `config` are kept.

    The fingerprint tells spaces apart. The arithmetic (dtype, server) is part of the key too, although it moves a
    row by rounding only: what comes from the cache is what the same call would have computed.

    Args:
        config: Names the file in `cache_path`.
        facts: What is known of the model.
        role: "query" or "document".
        prompt: What stands before each text.
    """
    decides = [
        _VERSION,
        facts.space(config).fingerprint,
        role,
        prompt,
        facts.max_length(config),
        config.on_overflow,
        config.dtype,
        config.device,
        config.portable("model"),
        config.server_dimensions,
    ]
    scope = hashlib.blake2b(json.dumps(decides, sort_keys=True).encode(), digest_size=32).digest()
    width = facts.dimension(config) if config.server_dimensions else facts.width
    path = Path(config.cache_path or "").expanduser().absolute()
    return Lookup(path, config.cache_max_mb * 1_000_000, scope, width)
