"""All texts as token ids, read without a tokenizer, and batches of them behind instructions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from tokenizers import Tokenizer
from torch.nn.functional import embedding

MOST_TOKENS = 416
_WIDTH_STEP = 16
_CHARS_A_TOKEN = 8
_MOST_HEAD = 200


@dataclass(frozen=True)
class Model:
    """What embeds.

    Attributes:
        vectors: The token vectors, ``[ids, hidden_size]``.
        dtype: What they are converted to.
        forward: Takes a group's token vectors ``[n, width, hidden_size]``, padded on the right, and lengths ``[n]``;
            returns embeddings ``[n, hidden_size]``.
    """

    vectors: torch.Tensor
    dtype: torch.dtype
    forward: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class TokenArrays:
    """Token ids of texts without their end token.

    Behind an instruction the tokenizer reads the prompt's last colon together with the text's first word, so that a few
    tokens at the beginning differ: ``heads`` stand there in place of the first ``skips`` tokens.

    Attributes:
        tokens: All texts' ids one after the other, uint16.
        lengths: Tokens of each text, uint16.
        heads: What the texts begin with behind a colon, uint16.
        head_lengths: Tokens of each head, the colon's with it, uint8.
        skips: Tokens of the text that the head stands for, uint8.
    """

    tokens: np.ndarray
    lengths: np.ndarray
    heads: np.ndarray
    head_lengths: np.ndarray
    skips: np.ndarray

    @classmethod
    def of(cls, tokenizer: Tokenizer, texts: Sequence[str]) -> TokenArrays:
        """Return the ids of texts, cut to `MOST_TOKENS`."""
        tokens, heads, skips = [], [], []
        for start in range(0, len(texts), 1 << 14):
            part = [text[: _CHARS_A_TOKEN * MOST_TOKENS] for text in texts[start : start + (1 << 14)]]
            plain = tokenizer.encode_batch_fast(part, add_special_tokens=False)
            behind = tokenizer.encode_batch_fast([f":{text}" for text in part], add_special_tokens=False)
            for one, other in zip(plain, behind, strict=True):
                ids, shifted = one.ids, other.ids
                n = _common_end(ids, shifted)
                head, skip = shifted[: len(shifted) - n], len(ids) - n
                tokens.append(np.array(ids[:MOST_TOKENS], np.uint16))
                heads.append(np.array(head[:_MOST_HEAD], np.uint16))
                skips.append(min(skip, len(tokens[-1]), _MOST_HEAD))
        lengths, head_lengths = (np.array([len(row) for row in rows]) for rows in (tokens, heads))
        return cls(
            np.concatenate(tokens), lengths.astype(np.uint16), np.concatenate(heads), head_lengths.astype(np.uint8),
            np.array(skips, np.uint8),
        )  # fmt: skip


def _common_end(one: list[int], other: list[int]) -> int:
    """Return how many ids both lists end with alike."""
    n, most = 0, min(len(one), len(other))
    while n < most and one[-1 - n] == other[-1 - n]:
        n += 1
    return n


def on_device(values: np.ndarray, device: str) -> torch.Tensor:
    """Return the values on the device, copied while earlier work there goes on."""
    tensor = torch.from_numpy(values)
    return tensor.pin_memory().to(device, non_blocking=True) if device.startswith("cuda") else tensor


class TokenStore:
    """The arrays on the device, with instructions."""

    def __init__(self, arrays: TokenArrays, instructions: Sequence[Sequence[int]], end_token: int, device: str) -> None:
        """Copy all to the device.

        Args:
            arrays: The texts.
            instructions: Token ids of each instruction up to the prompt's last colon; the first is empty.
            end_token: The id that ends each text.
            device: Where batches are made.
        """
        self.device, self.end_token = device, end_token
        self.lengths, self.head_lengths, self.skips = (
            values.astype(np.int64) for values in (arrays.lengths, arrays.head_lengths, arrays.skips)
        )
        self.tokens, self.heads = (
            torch.from_numpy(values.astype(np.int32)).to(device) for values in (arrays.tokens, arrays.heads)
        )
        self.starts, self.head_starts = (np.cumsum(sizes) - sizes for sizes in (self.lengths, self.head_lengths))
        self.prefix_lengths = np.array([len(ids) for ids in instructions], np.int64)
        table = torch.zeros((len(instructions), int(self.prefix_lengths.max())), dtype=torch.int32)
        for row, ids in enumerate(instructions):
            table[row, : len(ids)] = torch.tensor(ids, dtype=torch.int32)
        self.prefixes = table.to(device)

    def embed(
        self, model: Model, numbers: np.ndarray, prefixes: np.ndarray, group_tokens: int
    ) -> tuple[torch.Tensor, int]:
        """Return the embeddings ``[n, width]`` in the order of ``numbers``, and the tokens computed.

        Args:
            model: What embeds.
            numbers: Of the texts.
            prefixes: The instruction of each, 0 for none.
            group_tokens: Padded tokens of one call of the model's ``forward``.
        """
        has_prefix = prefixes > 0
        before = self.prefix_lengths[prefixes]
        head = np.where(has_prefix, self.head_lengths[numbers], 0)
        skip = np.where(has_prefix, self.skips[numbers], 0)
        totals = before + head + self.lengths[numbers] - skip + 1
        order = np.argsort(totals, kind="stable")
        columns = np.stack([
            prefixes, before, before + head, self.head_starts[numbers] - before,
            self.starts[numbers] + skip - before - head, totals - 1, totals,
        ])[:, order]  # fmt: skip
        on_card = on_device(columns, self.device)
        groups, lengths, at, sorted_totals = [], [], 0, totals[order]
        while at < len(order):
            until, width = _group_end(sorted_totals, at, group_tokens)
            groups.append(self._ids(on_card[:, at:until, None], width))
            lengths.append(on_card[6, at:until])
            at = until
        # All groups' vectors at once: the gradient of each lookup is as large as the table.
        flat = embedding(torch.cat([ids.flatten() for ids in groups]), model.vectors).to(model.dtype)
        hidden = flat.split([ids.numel() for ids in groups])
        found = [
            model.forward(states.view(*ids.shape, -1), of)
            for states, ids, of in zip(hidden, groups, lengths, strict=True)
        ]
        back = on_device(np.argsort(order, kind="stable"), self.device)
        return torch.cat(found)[back], int(totals.sum())

    def _ids(self, columns: torch.Tensor, width: int) -> torch.Tensor:
        """Return ids ``[n, width]``: instruction, head, the rest of the text, the end token."""
        prefix, head_from, text_from, head_shift, text_shift, end, _ = columns
        places = torch.arange(width, device=columns.device)
        ids = torch.where(
            places < text_from,
            self.heads[(head_shift + places).clamp(0, len(self.heads) - 1)],
            self.tokens[(text_shift + places).clamp(0, len(self.tokens) - 1)],
        )
        of_prefix = self.prefixes[prefix[:, 0]][:, places.clamp(max=self.prefixes.shape[1] - 1)]
        ids = torch.where(places < head_from, of_prefix, ids)
        return torch.where(places >= end, self.end_token, ids)


def _group_end(totals: np.ndarray, at: int, group_tokens: int) -> tuple[int, int]:
    """Return where the group that begins ``at`` ends, and its width: the longest's, a multiple of 16."""
    widths = -(-totals[at:] // _WIDTH_STEP) * _WIDTH_STEP
    fits = widths * np.arange(1, len(widths) + 1) <= group_tokens
    n = max(1, int(fits.sum()))
    return at + n, int(widths[n - 1])
