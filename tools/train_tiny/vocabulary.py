"""Chooses the 32k tokens and asks the teachers what each of them means."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from pathlib import Path

import numpy as np
import wordfreq
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerBase

from .pruned_tokenizer import count_tokens, prune, save_tokenizer
from .student import MAX_LENGTH
from .targets import TargetSpace, script_of
from .teachers import load_e5, load_minilm
from .units import EVALUATED, LANGUAGES, Unit

VOCABULARY_SIZE = 32_000
_WORDS_A_LANGUAGE = 30_000
_COUNTED_TEXTS = 20_000
_OTHER_WEIGHT = 0.25


def make_tokenizer(units: list[Unit], npm_models: Path, target: Path) -> None:
    """Write the pruned tokenizer, counted on the corpus and on word lists.

    Every language's counts are scaled to the same sum, the evaluated ones four times the others
    and English four times those, so that the vocabulary isn't spent on the largest source.
    """
    total: Counter[str] = Counter()
    for lang in LANGUAGES:
        counts = count_tokens(npm_models / "tokenizer.json", _texts(units, lang))
        weight = (4.0 if lang == "en" else 1.0 if lang in EVALUATED else _OTHER_WEIGHT) / max(counts.total(), 1)
        for token, count in counts.items():
            total[token] += int(count * weight * 1e12)
    content = prune(npm_models / "tokenizer.json", total, VOCABULARY_SIZE)
    save_tokenizer(content, npm_models / "tokenizer_config.json", target, MAX_LENGTH)


def _texts(units: list[Unit], lang: str) -> list[str]:
    """Return the corpus texts of a language and its words, at a line's start and inside it."""
    words = wordfreq.top_n_list(lang, _WORDS_A_LANGUAGE)
    return (
        list(islice((unit.text for unit in units if unit.lang == lang), _COUNTED_TEXTS))
        + words
        + [f" {word}" for word in words]
    )


def token_vectors(tokenizer_folder: Path, tokenizer: PreTrainedTokenizerBase, space: TargetSpace) -> np.ndarray:
    """Return the target-space vector of every token's text, float32 ``[vocab, 256]``.

    Tokens that are no whole characters, and special tokens, get small random vectors.
    """
    raw = Tokenizer.from_file(str(tokenizer_folder / "tokenizer.json"))
    texts = [raw.decode([number], skip_special_tokens=True).strip() for number in range(len(tokenizer))]
    vectors = np.random.default_rng(0).normal(0, 0.02, (len(texts), 256)).astype(np.float32)
    known = [row for row, text in enumerate(texts) if text and "\ufffd" not in text]
    english = [row for row in known if texts[row].isascii()]
    vectors[english] = space.from_minilm(load_minilm().encode([texts[row] for row in english]))
    foreign = [row for row in known if not texts[row].isascii()]
    e5 = load_e5().encode([f"query: {texts[row]}" for row in foreign])
    vectors[foreign] = space.from_e5(e5, np.array([script_of(texts[row]) for row in foreign]))
    return vectors
