"""Writes all that training reads into one small folder: texts, pairs, triples, the teacher's weights in 8 bits.

The folder is what a machine without a network needs; `bundle_files.Bundle` reads it.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import zlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer

from .architecture import CHAT_END_TOKEN
from .bundle_files import PAIR_KINDS, TEACHER_TOKENS, Group, write_array
from .pairs import as_pair, lowered_question, sentence_of
from .prompts import InstructionTable, as_question
from .scenes import scene_sentences
from .templates import training_triples
from .token_store import TokenArrays
from .training_text import TrainingText

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_ASKED, _LOWERED = 0.35, 0.15
_LEAST_PAIRS = 40
_MIN_WORDS, _MAX_SHORT = 3, 240
_SCENES = 30_000
_MOST_OF_A_SOURCE = 30_000


_SHARES = {"en": 3.2, "de": 1.5, "ja": 1.5, "ko": 1.5, "zh": 1.5, "ru": 1.5, "ar": 1.5, "fr": 1.0, "es": 1.0, "hi": 1.0}
_LEAST_SHARE = 0.3
"""How many texts of a language are taken, as shares of the cap; of the languages not named, the last."""
_MORE_QUESTIONS = 4
"""Questions with passages in other languages than English are few: so many times as many are taken."""
_CHARS_A_TOKEN = 8
_MOST_CHARS, _WHOLE_EVERY = 1000, 7
"""Texts are cut to so many characters, but one of seven is kept whole."""


class Collected:
    """Texts by number, each once, with the pairs and the single texts that training draws."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.numbers: dict[str, int] = {}
        self.languages: list[str] = []
        self.pairs: dict[tuple[str, str, str], dict[tuple[int, int], None]] = defaultdict(dict)
        self.singles: dict[str, dict[int, None]] = defaultdict(dict)

    def number(self, text: str, language: str) -> int:
        """Return the text's number."""
        found = self.numbers.setdefault(text, len(self.numbers))
        if found == len(self.languages):
            self.languages.append(language)
        elif language == "en":
            self.languages[found] = language  # a text that is the same in both languages: the teacher knows it
        return found

    def add(self, item: TrainingText, rng: random.Random) -> None:
        """Add what a text gives: a pair, a sentence with the rest of its passage, a short text."""
        if pair := as_pair(item):
            kind, left, right = pair
            if kind == "qa" and item.lang == "en":
                left = as_question(left, rng) if rng.random() < _ASKED else left
                left = lowered_question(left) if rng.random() < _LOWERED else left
            other = "en" if kind == "bitext" else item.lang
            ends = (self.number(left, item.lang), self.number(right, other))
            if ends[0] != ends[1]:
                self.pairs[kind, item.source, item.lang].setdefault(ends)
            return
        if found := sentence_of(item, rng):
            self.pairs["passage", item.source, item.lang].setdefault(
                (self.number(found[0], item.lang), self.number(found[1], item.lang))
            )
        if item.lang == "en" and not item.source.startswith("code:"):
            parts = _SENTENCE_END.split(item.text)
            text = parts[len(item.text) % len(parts)].strip(" -*\"'")
            if len(text) <= _MAX_SHORT and len(text.split()) >= _MIN_WORDS:
                self.singles[item.source].setdefault(self.number(text, "en"))


def write_bundle(  # noqa: PLR0913, PLR0917 - what it reads, writes and how much of it
    texts: Iterable[TrainingText], target: Path, start: Path, teacher: Path, n_triples: int, cap: int, seed: int = 5
) -> None:
    """Write the bundle.

    Args:
        texts: All training texts.
        target: The folder; it is made.
        start: Folder of the model that training starts from.
        teacher: Folder of the teacher, a BERT whose tokens are averaged.
        n_triples: Triples from templates.
        cap: At most so many texts of one kind, source and language, times the language's share.
        seed: Of what is drawn.
    """
    rng = random.Random(seed)  # noqa: S311 - no secret
    groups: dict[tuple[str, str, bool], list[TrainingText]] = defaultdict(list)
    for item in texts:
        groups[item.source, item.lang, bool(item.english or item.answer)].append(item)
    collected = Collected()
    for _, group in sorted(groups.items()):
        # By a hash of the English side, so that translations of one text into several languages share it.
        share = _SHARES.get(group[0].lang, _LEAST_SHARE) * (_MORE_QUESTIONS if _is_foreign_question(group[0]) else 1)
        chosen = sorted(group, key=_order)[: int(cap * share)]
        for item in chosen:
            collected.add(_shortened(item), rng)
    for sentence in scene_sentences(_SCENES):
        collected.singles["scenes"].setdefault(collected.number(sentence, "en"))
    triples = training_triples(n_triples, seed)
    target.mkdir(parents=True, exist_ok=True)
    _write_numbers(collected, target, len(triples), rng)
    english = [text for text, lang in zip(collected.numbers, collected.languages, strict=True) if lang == "en"]
    sentences = chain.from_iterable((triple.anchor, triple.same, triple.different) for triple in triples)
    _write_tokens([*collected.numbers, *sentences], start, target)
    _write_teacher(english, teacher, target)


def _is_foreign_question(item: TrainingText) -> bool:
    return item.answer is not None and item.lang != "en"


def _order(item: TrainingText) -> int:
    return zlib.crc32((item.english or item.text).encode())


def _shortened(item: TrainingText) -> TrainingText:
    if _order(item) % _WHOLE_EVERY == 0:
        return item
    parts = (item.text, item.english, item.answer)
    text, english, answer = (part and part[:_MOST_CHARS] for part in parts)
    return replace(item, text=text or "", english=english, answer=answer)


def _write_numbers(collected: Collected, target: Path, n_triples: int, rng: random.Random) -> None:
    groups, ends = [], []
    for (kind, source, lang), pairs in sorted(collected.pairs.items()):
        if len(pairs) >= _LEAST_PAIRS:
            groups.append(Group(PAIR_KINDS.index(kind), source, lang, len(pairs)))
            ends += list(pairs)
    singles = [
        number
        for group in collected.singles.values()
        for number in (list(group) if len(group) <= _MOST_OF_A_SOURCE else rng.sample(list(group), _MOST_OF_A_SOURCE))
    ]
    is_english = np.array([lang == "en" for lang in collected.languages])
    np.savez_compressed(
        target / "numbers.npz", ends=np.array(ends, np.int32), singles=np.unique(np.array(singles, np.int32)),
        is_english=is_english, n_triples=n_triples,
    )  # fmt: skip
    (target / "groups.json").write_text(json.dumps(groups) + "\n", "utf-8")


def _write_tokens(texts: list[str], start: Path, target: Path) -> None:
    """Write the ids of all texts and instructions, and the weights to start from."""
    tokenizer = Tokenizer.from_file(str(start / "tokenizer.json"))
    instructions = InstructionTable()
    before = [tokenizer.encode(text, add_special_tokens=False).ids for text in instructions.before_colon()]
    stored = {"ids": before, "shares": {kind: list(shares) for kind, shares in instructions.shares.items()}}
    stored |= {"end_token": tokenizer.encode("").ids[-1], "chat_end_token": tokenizer.token_to_id(CHAT_END_TOKEN)}
    stored["vocab_size"] = tokenizer.get_vocab_size()
    (target / "instructions.json").write_text(json.dumps(stored) + "\n", "utf-8")
    arrays = TokenArrays.of(tokenizer, texts)
    for name in TokenArrays.__dataclass_fields__:
        write_array(target / f"{name}.npy.xz", getattr(arrays, name))
    shutil.copyfile(start / "model.safetensors", target / "start.safetensors")


def _write_teacher(english: list[str], folder: Path, target: Path) -> None:
    """Write the teacher, matrices as int8 with a scale for each row, and the ids of the English texts under it."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(TEACHER_TOKENS)
    ids, lengths = [], []
    for first in range(0, len(english), 1 << 14):
        heads = [text[: _CHARS_A_TOKEN * TEACHER_TOKENS] for text in english[first : first + (1 << 14)]]
        for encoding in tokenizer.encode_batch_fast(heads):
            ids.append(np.array(encoding.ids, np.uint16))
            lengths.append(len(encoding.ids))
    write_array(target / "teacher_tokens.npy.xz", np.concatenate(ids))
    write_array(target / "teacher_lengths.npy.xz", np.array(lengths, np.uint16))
    stored: dict[str, np.ndarray] = {}
    for name, tensor in load_file(folder / "model.safetensors").items():
        if tensor.ndim == 2 and "position" not in name:  # noqa: PLR2004 - a matrix
            scale = tensor.abs().amax(1, keepdim=True).clamp_min(1e-8) / 127
            stored[f"{name}|int8"] = (tensor / scale).round().to(torch.int8).numpy()
            stored[f"{name}|scale"] = scale.numpy()
        elif tensor.is_floating_point():
            stored[name] = tensor.numpy()
    np.savez_compressed(target / "teacher.npz", **stored)
    shutil.copyfile(folder / "config.json", target / "teacher_config.json")
