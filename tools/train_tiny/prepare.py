"""Computes what training needs of a bundle before it begins: the teacher's rows, hard negatives."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch

from .architecture import last_token
from .bundle_files import PAIR_KINDS, Bundle
from .losses import WIDTHS
from .teacher_vectors import Clock, hard_negatives, teacher_embeddings
from .token_store import Model, TokenStore

_N_NEGATIVES = 24
_FITTED = 20_000  # texts that the map to 256 numbers is fitted to


@dataclass(frozen=True)
class Prepared:
    """What `prepared` returns.

    Attributes:
        teacher_vectors: The teacher's rows.
        wanted: The embeddings that English texts should get, float16 ``[English texts, 256]``, unit rows.
        negatives: Numbers of hard negatives by kind of pair.
    """

    teacher_vectors: TeacherVectors
    wanted: torch.Tensor
    negatives: dict[str, np.ndarray]


class TeacherVectors:
    """The teacher's rows of English texts, and where a text's row is; a translation's is its original's."""

    def __init__(self, bundle: Bundle, rows: torch.Tensor) -> None:
        """Number the rows: those of the English texts in their order."""
        self.rows = rows
        is_english, pairs = bundle.numbers["is_english"], bundle.numbers["ends"]
        place = np.full(len(is_english), -1, np.int64)
        place[is_english] = np.arange(int(is_english.sum()))
        english = place.copy()
        starts = np.cumsum([0, *(group.n_pairs for group in bundle.groups)])
        for start, group in zip(starts, bundle.groups, strict=False):
            if PAIR_KINDS[group.kind] == "bitext":
                ends = pairs[start : start + group.n_pairs]
                english[ends[:, 0]] = place[ends[:, 1]]
        self.place = english

    def of(self, numbers: np.ndarray) -> np.ndarray:
        """Return the places of the texts' rows, -1 for texts that the teacher does not know."""
        return np.where(numbers < len(self.place), self.place[np.minimum(numbers, len(self.place) - 1)], -1)


def prepared(bundle: Bundle, store: TokenStore, dtype: torch.dtype, kept: Path) -> Prepared:
    """Compute it, or read it from the file ``kept``, which is written at the end; the teacher's rows take longest.

    Raises:
        ValueError: The file was made of another bundle.
    """
    device = store.device
    if kept.exists():
        state = torch.load(kept, weights_only=True, map_location=device)
        n_english = int(bundle.numbers["is_english"].sum())
        if len(state["rows"]) != n_english:
            message = (
                f"{kept} holds the teacher's vectors of {len(state['rows'])} texts, the bundle {n_english} English "
                "texts: it was made of another bundle; choose another folder"
            )
            raise ValueError(message)
        negatives = {kind: numbers.cpu().numpy() for kind, numbers in state["negatives"].items()}
        return Prepared(TeacherVectors(bundle, state["rows"]), state["wanted"], negatives)
    clock = Clock()
    ids, lengths = bundle.teacher_texts()
    clock.lap(f"read {len(lengths)} English texts, {len(ids) / 1e6:.1f} million tokens of the teacher's")
    vectors = TeacherVectors(bundle, teacher_embeddings(bundle.teacher(), ids, lengths, device, dtype))
    clock.lap("teacher's vectors")
    pairs = _english_pairs(bundle)
    table = _map_to_start(bundle, vectors, store, dtype)
    wanted = torch.nn.functional.normalize(vectors.rows.float() @ table, dim=-1).half()
    clock.lap("map to the space of the model to start from")
    negatives = {}
    for kind in ("qa", "code"):
        candidates, own = np.unique(pairs[kind][:, 1], return_inverse=True)
        found = hard_negatives(
            vectors.rows[vectors.of(pairs[kind][:, 0])], vectors.rows[vectors.of(pairs[kind][:, 1])],
            torch.from_numpy(own).to(vectors.rows.device), vectors.rows[vectors.of(candidates)],
            n=_N_NEGATIVES,
        )  # fmt: skip
        negatives[kind] = candidates[found.cpu().numpy()].astype(np.int64)
    clock.lap("hard negatives")
    kept.parent.mkdir(parents=True, exist_ok=True)
    numbered = {kind: torch.from_numpy(numbers) for kind, numbers in negatives.items()}
    torch.save({"rows": vectors.rows, "wanted": wanted, "negatives": numbered}, kept.with_suffix(".partial"))
    kept.with_suffix(".partial").replace(kept)
    return Prepared(vectors, wanted, negatives)


def _map_to_start(bundle: Bundle, vectors: TeacherVectors, store: TokenStore, dtype: torch.dtype) -> torch.Tensor:
    """Return the map ``[384, 256]`` that keeps the teacher's similarities and brings its rows near the start's model's.

    The first 64 numbers hold the teacher's 64 principal axes, the first 128 its 128, all its 256: a truncated embedding
    keeps as much of the teacher as so many numbers can. Within each of these parts the axes are rotated to the start's
    embeddings (orthogonal Procrustes).
    """
    english = np.flatnonzero(bundle.numbers["is_english"])
    some = np.random.default_rng(3).choice(english, min(_FITTED, len(english)), replace=False)
    weights = {name: tensor.to(store.device, torch.float32) for name, tensor in bundle.start.items()}
    model = Model(weights["embed_tokens.weight"], dtype, partial(last_token, weights))
    with torch.no_grad():
        found, _ = store.embed(model, some, np.zeros(len(some), np.int64), 1 << 14)
    near, rows = torch.nn.functional.normalize(found, dim=-1), vectors.rows[vectors.of(some)].float()
    axes = torch.linalg.eigh(rows.T @ rows).eigenvectors.flip(1)
    table = []
    for begin, end in pairwise((0, *sorted(WIDTHS))):
        part = axes[:, begin:end]
        left, _, right = torch.linalg.svd((rows @ part).T @ near[:, begin:end])
        table.append(part @ left @ right)
    return torch.cat(table, dim=1)


def _english_pairs(bundle: Bundle) -> dict[str, np.ndarray]:
    starts = np.cumsum([0, *(group.n_pairs for group in bundle.groups)])
    found = defaultdict(list)
    for start, group in zip(starts, bundle.groups, strict=False):
        if group.language == "en":
            found[PAIR_KINDS[group.kind]].append(bundle.numbers["ends"][start : start + group.n_pairs])
    return {kind: np.concatenate(ends) for kind, ends in found.items()}
