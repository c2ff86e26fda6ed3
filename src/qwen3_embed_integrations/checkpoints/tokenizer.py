"""Tokenise texts and append the end token."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from qwen3_embed_integrations.core.errors import CheckpointError, TextTooLongError, missing_extra
from qwen3_embed_integrations.core.inputs import encodable
from qwen3_embed_integrations.core.prompts import END_TOKEN
from qwen3_embed_integrations.core.types import IntArray

from .files import MAX_JSON_BYTES, raise_for_special_files, read_json

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_LATER_TOKENS = frozenset({"<tool_response>", "</tool_response>", "<think>", "</think>"})
"""The last four tokens of Qwen3: the 4B and 8B embedding models have 151,665 token embeddings, four fewer than it."""


class TextTokenizer:
    """The tokenizer of a checkpoint.

    - Append `<|endoftext|>`, looked up by its text: `tokenizer.eos_token_id` is `<|im_end|>` in every Qwen3
      checkpoint, and the post-processor of early or re-exported checkpoints appends nothing.
    - Treat text that spells a special token ("<|endoftext|>") as plain text.
    - Replace each lone surrogate, which UTF-8 can't encode, by U+FFFD.

    Attributes:
        end_id: Id of the end token.
        first_ids: Ids that every text begins with.
        last_ids: Ids that every text ends with; truncation keeps them.

    Args:
        folder: Contains tokenizer.json, or vocab.json and merges.txt.

    Raises:
        CheckpointError: The tokenizer is missing or damaged, or has no end token.
        MissingExtraError: The package tokenizers is not installed.
    """

    def __init__(self, folder: Path) -> None:
        self._tokenizer = _within_vocabulary(_load(folder), _vocab_size(folder), folder)
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
        self.first_ids: tuple[int, ...] = ()
        self.last_ids: tuple[int, ...] = (end_id,)

    def tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of each text, `first_ids` first and `last_ids` last; do not truncate."""
        encodings = self._tokenizer.encode_batch_fast(list(map(encodable, texts)), add_special_tokens=False)
        return [[*self.first_ids, *encoding.ids, *self.last_ids] for encoding in encodings]

    def beginning(self, text: str, n_ids: int) -> str:
        """Return the longest beginning of `text` that has at most `n_ids` token ids, end token excluded."""
        text = encodable(text)
        for kept in range(n_ids, 0, -1):
            encoding = self._tokenizer.encode(text, add_special_tokens=False)
            if len(encoding.ids) <= n_ids:
                return text
            text = text[: encoding.offsets[kept - 1][1]]  # the shortened text may have more ids than were kept
        return ""

    @property
    def n_ids(self) -> int:
        """Number of token ids, those of control tokens included."""
        return int(self._tokenizer.get_vocab_size(with_added_tokens=True))

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of token ids; control tokens are left out."""
        return str(self._tokenizer.decode(list(ids), skip_special_tokens=True))

    def token_strings(self, ids: Sequence[int]) -> list[str]:
        """Return the vocabulary entry of each id; "" for an unknown id."""
        return [self._tokenizer.id_to_token(token_id) or "" for token_id in ids]


def cut(ids: list[int], max_length: int, n_last: int = 1) -> list[int]:
    """Return `max_length` of the ids: the first ones and the last `n_last`; return shorter `ids` unchanged."""
    return ids if len(ids) <= max_length else [*ids[: max_length - n_last], *ids[-n_last:]]


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


def _within_vocabulary(tokenizer: Tokenizer, vocab_size: int | None, folder: Path) -> Tokenizer:
    """Return a tokenizer whose every token has one of the model's `vocab_size` token embeddings.

    Special tokens are left out of account: no text is tokenised to one here.

    Raises:
        CheckpointError: Another token has no embedding.
    """
    if vocab_size is None:
        return tokenizer
    added = tokenizer.get_added_tokens_decoder()
    special = {token_id for token_id, token in added.items() if token.special and token.content != END_TOKEN}
    beyond = {
        token: token_id
        for token, token_id in tokenizer.get_vocab(with_added_tokens=True).items()
        if token_id >= vocab_size and token_id not in special
    }
    if not beyond:
        return tokenizer
    if beyond.keys() <= _LATER_TOKENS:
        return _without_added(tokenizer, beyond.keys())
    token, token_id = max(beyond.items(), key=lambda item: item[1])
    raise CheckpointError(
        f"The tokenizer in {folder} has {len(beyond)} tokens without an embedding, such as {token[:40]!r} with id "
        f"{token_id}: config.json has vocab_size={vocab_size}. Resize the token embeddings and save the model again, "
        "or copy the tokenizer of the base model into the folder."
    )


def _without_added(tokenizer: Tokenizer, tokens: Collection[str]) -> Tokenizer:
    """Return a copy of the tokenizer that reads these added tokens as plain text."""
    stored = json.loads(tokenizer.to_str())
    stored["added_tokens"] = [added for added in stored["added_tokens"] if added["content"] not in tokens]
    return type(tokenizer).from_str(json.dumps(stored))


def _vocab_size(folder: Path) -> int | None:
    """Return the number of token embeddings of the model in `folder`; None for a folder without a model."""
    if not (folder / "config.json").is_file():
        return None
    vocab_size = read_json(folder / "config.json").get("vocab_size")
    return vocab_size if isinstance(vocab_size, int) else None


def _load(folder: Path) -> Tokenizer:
    """Read tokenizer.json, or let transformers build the tokenizer from vocab.json and merges.txt."""
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise missing_extra("tokenizers", "torch") from error
    path = folder / "tokenizer.json"
    raise_for_special_files(folder)
    try:
        if path.is_file():
            if path.stat().st_size > MAX_JSON_BYTES:
                raise ValueError(f"larger than {MAX_JSON_BYTES / 1e6:g} MB")  # noqa: TRY301 - one message for all
            return Tokenizer.from_file(str(path))
        for name in ("vocab.json", "merges.txt"):  # without them transformers builds an empty tokenizer
            (folder / name).stat()
        from transformers import AutoTokenizer

        return AutoTokenizer.from_pretrained(folder, trust_remote_code=False).backend_tokenizer
    except Exception as error:  # tokenizers raises plain Exception for a damaged file
        raise CheckpointError(
            f"The tokenizer in {folder} can't be read ({error}). It needs tokenizer.json, or vocab.json and merges.txt."
        ) from error
