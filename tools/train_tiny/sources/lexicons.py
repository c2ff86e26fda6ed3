"""Words of many languages: wordnets linked to the English one, and Unicode's names of signs, places and languages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from tools.train_tiny.training_text import LANGUAGES, TrainingText, clean, is_useful

from .dictionaries import Synset, read_synsets
from .translation_pairs import in_script, translation

# The Open Multilingual Wordnet's tables; `wikt` ones were taken from Wiktionary.
WORDNETS = {
    "ar": "arb/wn-data-arb", "zh": "cow/wn-data-cmn", "fr": "fra/wn-data-fra", "it": "ita/wn-data-ita",
    "nl": "nld/wn-data-nld", "pl": "pol/wn-data-pol", "pt": "por/wn-data-por", "de": "wikt/wn-wikt-deu",
    "ru": "wikt/wn-wikt-rus", "ja": "wikt/wn-wikt-jpn", "es": "wikt/wn-wikt-spa", "tr": "wikt/wn-wikt-tur",
    "ko": "wikt/wn-wikt-kor", "hi": "wikt/wn-wikt-hin", "uk": "wikt/wn-wikt-ukr", "sv": "wikt/wn-wikt-swe",
    "cs": "wikt/wn-wikt-ces", "fi": "wikt/wn-wikt-fin", "hu": "wikt/wn-wikt-hun", "da": "dan/wn-data-dan",
}  # fmt: skip
_VOWEL_MARKS = re.compile(r"[\u064b-\u0652]")  # Arabic is written without them
_LEAST_GLOSS = 12
_N_WORDS = 3


def read_wordnets(root: Path, packages: Path) -> Iterator[TrainingText]:
    """Yield the words of other languages with the English ones, and as queries for the English gloss."""
    synsets = {synset.key: synset for synset in read_synsets(packages)}
    for lang, name in WORDNETS.items():
        for key, words in _words(root / f"omwn+omw-data/wns/{name}.tab").items():
            if key in synsets:
                yield from _word_texts(lang, synsets[key], words)


def _words(table: Path) -> dict[str, list[str]]:
    """Return the words of each synset of a table: its key, the kind of entry, the word."""
    words: dict[str, list[str]] = {}
    for line in table.read_text("utf-8").split("\n"):
        cells = line.rstrip("\n").split("\t")
        if len(cells) > 2 and cells[1].endswith("lemma"):  # noqa: PLR2004 - key, kind, word
            word = cells[2].replace("_", " ").replace("+", " ")
            words.setdefault(cells[0].replace("-s", "-a"), []).append(word)
    return words


def _word_texts(lang: str, synset: Synset, words: list[str]) -> Iterator[TrainingText]:
    first = _VOWEL_MARKS.sub("", words[0])
    yield from translation("multilingual-wordnet", lang, synset.lemmas[0], first)
    if len(synset.definition) > _LEAST_GLOSS and in_script(lang, first) and is_useful(first):
        query = first if lang == "ar" else clean(", ".join(words[:_N_WORDS]))
        answer = f"{', '.join(synset.lemmas[:_N_WORDS])}: {synset.definition}"
        yield TrainingText("multilingual-wordnet", lang, query, role="query", answer=answer)


def read_cldr(npm: Path) -> Iterator[TrainingText]:
    """Yield Unicode's names of signs, countries and languages."""
    for lang in LANGUAGES[1:]:
        signs = npm / "cldr-annotations-full/annotations"
        yield from _named(lang, *(_signs(signs / code / "annotations.json") for code in ("en", lang)))
        for kind in ("territories", "languages"):
            yield from _named(lang, *(_names(npm / "cldr-localenames-full/main", code, kind) for code in ("en", lang)))


def _named(lang: str, english: dict[str, str], other: dict[str, str]) -> Iterator[TrainingText]:
    for key, name in other.items():
        if key in english:
            yield from translation("cldr", lang, english[key], name)


def _signs(path: Path) -> dict[str, str]:
    signs = json.loads(path.read_text("utf-8"))["annotations"]["annotations"]
    return {sign: of_sign["tts"][0] for sign, of_sign in signs.items() if "tts" in of_sign}


def _names(folder: Path, code: str, kind: str) -> dict[str, str]:
    names = json.loads((folder / code / f"{kind}.json").read_text("utf-8"))["main"][code]["localeDisplayNames"][kind]
    return {key: name for key, name in names.items() if "-alt-" not in key}
