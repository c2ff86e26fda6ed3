"""Dictionaries: WordNet, FOLDOC, GCIDE, the bilingual FreeDict ones, and wordfreq's word lists."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.train_tiny.training_text import TrainingText, clean, is_useful

_QUESTIONS = (
    "What is {}?", "What does {} mean?", "define {}", "What is meant by {}?", "Explain {}", "{} definition",
    "Who or what is {}?", "meaning of {}", "Tell me about {}", "information about {}",
)  # fmt: skip
_GCIDE_GRAMMAR = re.compile(r"^[^\n]*(?:\n(?!   (?:\d+\. )?[A-Z(]).*)*\n")
_GCIDE_NOISE = re.compile(r"\[[^\]]*\]|--[A-Z][\w. ]*|\\[^\\]*\\|\b\d+\.(?= )|\s+")
_MIN_DEFINITION_CHARS = 60
_PARTS_OF_SPEECH = {".noun": "n", ".verb": "v", ".adj": "a", ".adv": "r"}


@dataclass(frozen=True)
class Synset:
    """An entry of WordNet.

    Attributes:
        key: Its place with a letter for the part of speech, as other wordnets refer to it.
        lemmas: Its words.
        gloss: Definition and quoted examples.
        number: The line of its file.
    """

    key: str
    lemmas: list[str]
    gloss: str
    number: int

    @property
    def definition(self) -> str:
        """The gloss without its examples."""
        return clean(self.gloss.split('; "')[0]).strip("; ")


def read_synsets(root: Path) -> Iterator[Synset]:
    """Yield WordNet's entries."""
    for path in sorted((root / "wordnet-base/usr/share/wordnet").glob("data.*")):
        part_of_speech = _PARTS_OF_SPEECH[path.suffix]
        for number, line in enumerate(path.read_text("utf-8").splitlines()):
            if line.startswith(" ") or " | " not in line:
                continue
            entry, _, gloss = line.partition(" | ")
            place, _, _, n_lemmas, *fields = entry.split()
            lemmas = [re.sub(r"\(\w+\)$", "", lemma).replace("_", " ") for lemma in fields[: 2 * int(n_lemmas, 16) : 2]]
            yield Synset(f"{place}-{part_of_speech}", lemmas, gloss, number)


def read_wordnet(root: Path) -> Iterator[TrainingText]:
    """Yield glosses, examples, "lemma: gloss" entries and questions for them."""
    for synset in read_synsets(root):
        yield from _gloss_texts(synset.lemmas, synset.gloss, synset.number)


def _gloss_texts(lemmas: list[str], gloss: str, number: int) -> Iterator[TrainingText]:
    definition, *examples = [clean(part.strip(' ";')) for part in re.split(r';\s*(?=")', gloss)]
    entry = clean(f"{', '.join(lemmas)}: {definition}")
    question = _QUESTIONS[number % len(_QUESTIONS)].format(lemmas[0])
    yield TrainingText("wordnet", "en", entry)
    yield TrainingText("wordnet", "en", question if number % 2 else lemmas[0], role="query", answer=entry)
    if number % 2:
        yield TrainingText("wordnet", "en", definition)
    for example in examples:
        if is_useful(example):
            yield TrainingText("wordnet-examples", "en", example)


def read_foldoc(root: Path) -> Iterator[TrainingText]:
    """Yield the articles of the Free On-line Dictionary of Computing, headwords as queries."""
    text = _read_dict(root / "dict-foldoc/usr/share/dictd/foldoc.dict.dz")
    for number, article in enumerate(re.split(r"\n(?=\S)", text)):
        head, _, body = article.partition("\n\n")
        words = clean(re.sub(r"<[^>]*>|\{|\}", "", body))
        headword = head.splitlines()[0] if head else ""
        if is_useful(words) and is_useful(headword):
            yield TrainingText("foldoc", "en", words)
            question = _QUESTIONS[number % len(_QUESTIONS)].format(headword)
            yield TrainingText("foldoc", "en", question, role="query", answer=words)


def read_gcide(root: Path) -> Iterator[TrainingText]:
    """Yield the entries of the GNU Collaborative International Dictionary of English, each with a question."""
    text = _read_dict(root / "dict-gcide/usr/share/dictd/gcide.dict.dz")
    for number, entry in enumerate(re.split(r"\n(?=[A-Z])", text)):
        head, separator, body = entry.partition(" \\")
        words = clean(_GCIDE_NOISE.sub(" ", _GCIDE_GRAMMAR.sub("", body)).replace("{", "").replace("}", ""))
        if separator and is_useful(head) and len(words) >= _MIN_DEFINITION_CHARS:
            answer = clean(f"{head}: {words}")
            yield TrainingText("gcide", "en", answer)
            yield TrainingText(
                "gcide", "en", _QUESTIONS[number % len(_QUESTIONS)].format(head), role="query", answer=answer
            )


def _read_dict(path: Path) -> str:
    with gzip.open(path) as file:
        return file.read().decode(errors="replace")
