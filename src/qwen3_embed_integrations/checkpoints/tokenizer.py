"""Tokenise texts and append the end token."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from qwen3_embed_integrations.core.errors import CheckpointError, TextTooLongError, missing_extra
from qwen3_embed_integrations.core.inputs import encodable
from qwen3_embed_integrations.core.prompts import END_TOKEN
from qwen3_embed_integrations.core.types import IntArray

if TYPE_CHECKING:
    from tokenizers import Tokenizer


class TextTokenizer:
    """The tokenizer of a checkpoint.

    - Append `<|endoftext|>`, looked up by its text: `tokenizer.eos_token_id` is `<|im_end|>` in every Qwen3
      checkpoint, and the post-processor of early or re-exported checkpoints appends nothing.
    - Treat text that spells a special token ("<|endoftext|>") as plain text.
    - Replace each lone surrogate, which UTF-8 can't encode, by U+FFFD.

    Attributes:
        end_id: Id of the end token.

    Args:
        folder: Contains tokenizer.json, or vocab.json and merges.txt.

    Raises:
        CheckpointError: The tokenizer is missing or damaged, or has no end token.
        MissingExtraError: The package tokenizers is not installed.
    """

    def __init__(self, folder: Path) -> None:
        self._tokenizer = _load(folder)
        # a special token spelled out in a user's text must not become a control token
        self._tokenizer.encode_special_tokens = True
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        end_id = self._tokenizer.token_to_id(END_TOKEN)
        if end_id is None:
            raise CheckpointError(
                f"The tokenizer in {folder} has no {END_TOKEN!r}, the token whose state becomes the embedding of a "
                "text. Copy the tokenizer of the base model into the folder."
            )
        self.end_id: int = end_id

    def tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of each text, end token last; do not truncate."""
        encodings = self._tokenizer.encode_batch_fast([encodable(text) for text in texts], add_special_tokens=False)
        return [[*encoding.ids, self.end_id] for encoding in encodings]

    def beginning(self, text: str, n_ids: int) -> str:
        """Return the longest beginning of `text` that has at most `n_ids` token ids, end token excluded."""
        text = encodable(text)
        for kept in range(n_ids, 0, -1):
            encoding = self._tokenizer.encode(text, add_special_tokens=False)
            if len(encoding.ids) <= n_ids:
                return text
            text = text[: encoding.offsets[kept - 1][1]]  # the shortened text may have more ids than were kept
        return ""

    def token_strings(self, ids: Sequence[int]) -> list[str]:
        """Return the vocabulary entry of each id; "" for an unknown id."""
        return [self._tokenizer.id_to_token(token_id) or "" for token_id in ids]


def cut(ids: list[int], max_length: int) -> list[int]:
    """Return the first `max_length` - 1 ids and the end token; return shorter `ids` unchanged."""
    return ids if len(ids) <= max_length else [*ids[: max_length - 1], ids[-1]]


def raise_if_too_long(ids: Sequence[Sequence[int]], first: int, inverse: IntArray, max_length: int) -> None:
    """Check that no text has more than `max_length` tokens.

    Args:
        ids: Token ids of distinct texts `first`, `first + 1`, …, end token included.
        first: Index of the first of them among the call's distinct texts.
        inverse: `[n]`, index of each of the call's texts among the distinct ones.
        max_length: Longest text in tokens.

    Raises:
        TextTooLongError: A text is longer; the message names it by its index in the call.
    """
    for offset, one in enumerate(ids):
        if len(one) > max_length:
            index = int(np.flatnonzero(inverse == first + offset)[0])
            raise TextTooLongError(
                f"Text {index} has {len(one)} tokens, max_length is {max_length}. Split it, raise max_length, "
                'or set on_overflow="truncate".'
            )


def _load(folder: Path) -> Tokenizer:
    """Read tokenizer.json, or let transformers build the tokenizer from vocab.json and merges.txt."""
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise missing_extra("tokenizers", "torch") from error
    path = folder / "tokenizer.json"
    try:
        if path.is_file():
            return Tokenizer.from_file(str(path))
        for name in ("vocab.json", "merges.txt"):  # without them transformers builds an empty tokenizer
            (folder / name).stat()
        from transformers import AutoTokenizer

        return AutoTokenizer.from_pretrained(folder, trust_remote_code=False).backend_tokenizer
    except Exception as error:  # tokenizers raises plain Exception for a damaged file
        raise CheckpointError(
            f"The tokenizer in {folder} can't be read ({error}). It needs tokenizer.json, or vocab.json and merges.txt."
        ) from error
