"""What the teacher says of the English texts: its vectors, and which answers it finds alike."""

from __future__ import annotations

import time

import numpy as np
import torch
from torch.nn.functional import normalize
from transformers import BertModel

_GROUP_TOKENS = {"cuda": 1 << 16, "cpu": 1 << 12}  # padded tokens of a pass: what fills a card, or stays in a cache
_MOST_ALIKE = 0.92


@torch.inference_mode()
def teacher_embeddings(
    model: BertModel, ids: np.ndarray, lengths: np.ndarray, device: str, dtype: torch.dtype
) -> torch.Tensor:
    """Return the mean-pooled unit rows of texts, float16 ``[n, 384]``, on the device.

    Args:
        model: The teacher.
        ids: Its token ids of all texts, one after the other.
        lengths: Tokens of each text.
        device: Where to compute.
        dtype: What to compute in.
    """
    model = model.to(device=device, dtype=dtype)
    lengths = lengths.astype(np.int64)
    order = np.argsort(lengths, kind="stable")
    flat = torch.from_numpy(ids.astype(np.int32)).to(device)
    columns = torch.from_numpy(np.stack([np.cumsum(lengths) - lengths, lengths, np.arange(len(lengths))])[:, order])
    columns = columns.to(device)
    found = torch.zeros((len(lengths), model.config.hidden_size), dtype=torch.float16, device=device)
    group_tokens = _GROUP_TOKENS[torch.device(device).type]
    at = 0
    while at < len(order):
        until = min(len(order), at + max(1, group_tokens // int(lengths[order[at]] + 4)))
        width = int(lengths[order[until - 1]])
        until = min(until, at + max(1, group_tokens // width))
        starts, sizes, places = columns[:, at:until]
        width = int(lengths[order[until - 1]])
        column = torch.arange(width, device=device)
        mask = column < sizes[:, None]
        chosen = flat[(starts[:, None] + column).clamp_(max=len(flat) - 1)].masked_fill(~mask, 0)
        hidden = model(input_ids=chosen, attention_mask=mask.long()).last_hidden_state.float()
        pooled = (hidden * mask[..., None]).sum(1) / sizes[:, None]
        found[places] = normalize(pooled, dim=-1).half()
        at = until
    return found


def hard_negatives(
    asked: torch.Tensor, answers: torch.Tensor, own: torch.Tensor, candidates: torch.Tensor, n: int
) -> torch.Tensor:
    """Return, for each question, the places of the candidates that the teacher finds most like its answers.

    Those that it finds nearly as good as the question's own answer are left out: they may answer it too.

    Args:
        asked: Unit rows of questions ``[q, 384]``.
        answers: Unit rows of their answers.
        own: The place of each question's answer among the candidates.
        candidates: Unit rows ``[c, 384]``.
        n: How many.

    """
    if asked.device.type == "cpu":  # whose float16 products are slower than float32's
        asked, answers, candidates = asked.float(), answers.float(), candidates.float()
    found = []
    for start in range(0, len(asked), 4096):
        chosen = slice(start, start + 4096)
        scores = (asked[chosen] @ candidates.T).float()
        limit = (asked[chosen] * answers[chosen]).float().sum(1) * _MOST_ALIKE
        scores.masked_fill_(scores > limit[:, None], -2.0)
        scores[torch.arange(len(scores), device=scores.device), own[chosen]] = -2.0
        found.append(scores.topk(min(n, scores.shape[1]), dim=1).indices)
    return torch.cat(found)


class Clock:
    """Prints how long each part of the preparation took."""

    def __init__(self) -> None:
        """Start."""
        self.at = time.monotonic()

    def lap(self, name: str) -> None:
        """Print the seconds since the last lap."""
        now = time.monotonic()
        print(f"{name}: {now - self.at:.1f} s", flush=True)
        self.at = now
