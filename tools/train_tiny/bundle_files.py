"""Reads a bundle: see `bundle.write_bundle`. Needs numpy, torch and transformers: no tokenizer, no network."""

from __future__ import annotations

import json
import lzma
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from safetensors.torch import load_file
from transformers import BertConfig, BertModel

from .token_store import TokenArrays

PAIR_KINDS = ("qa", "passage", "code", "bitext", "same")
TEACHER_TOKENS = 192


class Group(NamedTuple):
    """Pairs of one kind, source and language: their number in `PAIR_KINDS`, names, and how many."""

    kind: int
    source: str
    language: str
    n_pairs: int


@dataclass(frozen=True)
class Instructions:
    """Token ids of all instructions by number, the first none, and how likely each stands before a text of a kind."""

    ids: list[list[int]]
    shares: dict[str, list[float]]
    vocab_size: int
    end_token: int
    chat_end_token: int

    def draw(self, kind: str, n: int, rng: np.random.Generator) -> np.ndarray:
        """Return numbers of instructions for ``n`` texts of a kind."""
        shares = self.shares[kind]
        return rng.choice(len(shares), n, p=shares)


@dataclass(frozen=True)
class Bundle:
    """The folder's contents, each read when first asked for. Triples are the last texts, three each."""

    folder: Path

    @cached_property
    def groups(self) -> list[Group]:
        """Return the groups in the order of `ends`."""
        return [Group(*fields) for fields in json.loads((self.folder / "groups.json").read_text("utf-8"))]

    @cached_property
    def instructions(self) -> Instructions:
        """Return the instructions."""
        return Instructions(**json.loads((self.folder / "instructions.json").read_text("utf-8")))

    @cached_property
    def tokens(self) -> TokenArrays:
        """Return all texts under our tokenizer."""
        names = TokenArrays.__dataclass_fields__
        return TokenArrays(*(read_array(self.folder / f"{name}.npy.xz") for name in names))

    @cached_property
    def numbers(self) -> dict[str, np.ndarray]:
        """Return the numbers of texts by what they are.

        ``ends``: both texts of each pair, int32 ``[pairs, 2]``; ``singles``: short English texts;
        ``is_english``: of each text but the triples', whether it is; ``n_triples``: how many triples there are.
        """
        with np.load(self.folder / "numbers.npz") as stored:
            return {name: np.asarray(stored[name]) for name in stored.files}

    @cached_property
    def start(self) -> dict[str, torch.Tensor]:
        """Return the weights to start from."""
        return load_file(self.folder / "start.safetensors")

    def teacher_texts(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the English texts under the teacher's tokenizer, uint16 ids one after the other, and their lengths."""
        ids, lengths = (read_array(self.folder / f"teacher_{name}.npy.xz") for name in ("tokens", "lengths"))
        return ids, lengths

    def teacher(self) -> BertModel:
        """Return the teacher in float32."""
        model_config = BertConfig(**json.loads((self.folder / "teacher_config.json").read_text("utf-8")))
        model = BertModel(model_config, add_pooling_layer=False)
        weights = {}
        with np.load(self.folder / "teacher.npz") as stored:
            for name in stored.files:
                plain, _, part = name.partition("|")
                if part == "int8":
                    weights[plain] = torch.from_numpy(stored[name].astype(np.float32) * stored[f"{plain}|scale"])
                elif not part:
                    weights[plain] = torch.from_numpy(stored[name])
        kept = {name: tensor for name, tensor in weights.items() if not name.startswith("pooler.")}
        missing, _ = model.load_state_dict(kept, strict=False)
        if missing := [name for name in missing if not name.endswith("_ids")]:
            message = f"{self.folder} lacks weights of the teacher: {missing[:3]}; write the bundle again"
            raise ValueError(message)
        return model.eval()


def write_array(path: Path, values: np.ndarray) -> None:
    """Write an array, compressed."""
    with lzma.open(path, "wb", preset=2) as file:
        np.save(file, values)


def read_array(path: Path) -> np.ndarray:
    """Return the array that `write_array` wrote."""
    with lzma.open(path, "rb") as file:
        return np.asarray(np.load(file))
