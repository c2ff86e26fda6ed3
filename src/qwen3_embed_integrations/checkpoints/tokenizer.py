"""Text → token ids, with the end token appended and verified by us."""

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
    """A checkpoint's tokenizer, kept from its traps.

    - The end token is looked up by its text: `tokenizer.eos_token_id` is `<|im_end|>` in every Qwen3
      checkpoint, and early or re-exported ones don't append anything.
    - Text that spells a special token ("<|endoftext|>") stays plain text.
    - A lone surrogate, which has no UTF-8, is read as U+FFFD.
    """

    def __init__(self, folder: Path) -> None:
        self._tokenizer = _load(folder)
        # Special-token text in a user's text must not become a control token.
        self._tokenizer.encode_special_tokens = True
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        end_id = self._tokenizer.token_to_id(END_TOKEN)
        if end_id is None:
            raise CheckpointError(
                f"The tokenizer in {folder} has no {END_TOKEN!r}, the token that Qwen3-Embedding reads a text's "
                "vector from. Copy the tokenizer of the base model into the folder."
            )
        self.end_id: int = end_id

    def tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        """Gives each text's token ids, end token last."""
        encodings = self._tokenizer.encode_batch_fast([encodable(text) for text in texts], add_special_tokens=False)
        return [[*encoding.ids, self.end_id] for encoding in encodings]

    def beginning(self, text: str, n_ids: int) -> str:
        """Gives the longest beginning of `text` that has at most `n_ids` ids without the end token."""
        text = encodable(text)
        for kept in range(n_ids, 0, -1):
            encoding = self._tokenizer.encode(text, add_special_tokens=False)
            if len(encoding.ids) <= n_ids:
                return text
            text = text[: encoding.offsets[kept - 1][1]]  # what was cut may read as other, more ids
        return ""

    def token_strings(self, ids: Sequence[int]) -> list[str]:
        """Gives the vocabulary's entry of each id."""
        return [self._tokenizer.id_to_token(token_id) or "" for token_id in ids]


def cut(ids: list[int], max_length: int) -> list[int]:
    """Gives at most `max_length` ids, the end token still last."""
    return ids if len(ids) <= max_length else [*ids[: max_length - 1], ids[-1]]


def raise_if_too_long(ids: Sequence[Sequence[int]], first: int, inverse: IntArray, max_length: int) -> None:
    """Refuses token ids of texts `first`, `first + 1`, … over `max_length`.

    Args:
        ids: Token ids, end token included.
        first: Number of the first of them among the call's texts without repeats.
        inverse: `[n]`, where each of the call's texts is among those without repeats.
        max_length: Tokens.

    Raises:
        TextTooLongError: Names the text by its place in the call.
    """
    for offset, one in enumerate(ids):
        if len(one) > max_length:
            index = int(np.flatnonzero(inverse == first + offset)[0])
            raise TextTooLongError(
                f"Text {index} has {len(one)} tokens, max_length is {max_length}. Split it, raise max_length, "
                'or set on_overflow="truncate".'
            )


def _load(folder: Path) -> Tokenizer:
    """Reads tokenizer.json, or lets transformers build it from vocab.json and merges.txt."""
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise missing_extra("tokenizers", "torch") from error
    path = folder / "tokenizer.json"
    try:
        if path.is_file():
            return Tokenizer.from_file(str(path))
        for name in ("vocab.json", "merges.txt"):  # transformers would make up an empty tokenizer
            (folder / name).stat()
        from transformers import AutoTokenizer

        return AutoTokenizer.from_pretrained(folder, trust_remote_code=False).backend_tokenizer
    except Exception as error:  # tokenizers raises plain Exception for a damaged file
        raise CheckpointError(
            f"The tokenizer in {folder} can't be read ({error}). It needs tokenizer.json, or vocab.json and merges.txt."
        ) from error
