"""The floor of the evidence: below it a question has no answer in the documents.

Split-conformal: of questions that have an answer, at most the target share is refused, whatever the distribution of the
evidence, as long as later questions are like these (Vovk, Gammerman and Shafer 2005).
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from fnmatch import fnmatchcase
from importlib.resources import files
from pathlib import Path
from typing import Any

from qwen3_embed_integrations.core.errors import ConfigError

from .evidence import WORDS_WEIGHT, Kind
from .paths import cache_folder

SEPARABLE = 0.8
"""AUROC below which no floor tells answerable from unanswerable questions."""
_FIRST_WORDS_WEIGHT = 0.3  # of floors that were stored without one


@dataclass(frozen=True)
class Calibration:
    """A floor and how it was measured.

    Attributes:
        kind: The evidence that it is a floor of.
        space: Fingerprint of the vector space; of a reranker, its model and the digest of its weights.
        query_prompt: The prompt of the questions; it moves every cosine.
        corpus: Name of the documents, with * for any characters.
        floor: The lowest evidence that is answered.
        target_miss: Share of answerable questions that may be refused.
        n_answerable: Questions with an answer that were measured.
        n_unanswerable: Questions without one.
        false_answers: Share of these that are answered at the floor; None: there were none.
        auroc: Chance that an answerable question has more evidence than an unanswerable one; None: there were none.
        words_weight: Weight of the known words in the evidence of kind "cosine".
    """

    kind: Kind
    space: str
    query_prompt: str
    corpus: str
    floor: float
    target_miss: float
    n_answerable: int
    n_unanswerable: int = 0
    false_answers: float | None = None
    auroc: float | None = None
    words_weight: float = WORDS_WEIGHT

    @property
    def is_separable(self) -> bool:
        """Whether a floor can tell the two kinds of questions apart, as far as it was measured."""
        return self.auroc is None or self.auroc >= SEPARABLE

    def fits(self, kind: Kind, space: str, query_prompt: str, corpus: str) -> bool:
        """Tell whether this floor was measured for such questions to such documents."""
        same = (self.kind, self.space, self.query_prompt) == (kind, space, query_prompt)
        same_scale = kind == "logit" or self.words_weight == WORDS_WEIGHT
        return same and same_scale and fnmatchcase(corpus, self.corpus)


def conformal_floor(evidence: Sequence[float], target_miss: float) -> float:
    """Return the floor below which at most the share `target_miss` of further answerable questions falls.

    It is the floor(target_miss x (n + 1))-th smallest evidence.

    Raises:
        ConfigError: `target_miss` is not between 0 and 1, or there are too few questions for it.
    """
    if not 0 < target_miss < 1:
        raise ConfigError(f"target_miss={target_miss}: expected a share between 0 and 1, as in 0.05.")
    rank = math.floor(target_miss * (len(evidence) + 1) + 1e-9)
    if rank < 1:
        least = math.ceil(1 / target_miss - 1 - 1e-9)
        raise ConfigError(
            f"{len(evidence)} answerable questions are too few to refuse {target_miss:.0%} of them: give at least "
            f"{least}, better 60 or more."
        )
    return sorted(evidence)[rank - 1]


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """Return the chance that a positive is higher than a negative, ties counted half; None if either is empty."""
    if not positive or not negative:
        return None
    wins = sum((one > other) + 0.5 * (one == other) for one in positive for other in negative)
    return wins / (len(positive) * len(negative))


def shipped_calibrations() -> list[Calibration]:
    """Return the floors that come with the package."""
    return _read(
        json.loads(files("qwen3_embed_integrations.rag").joinpath("calibration.json").read_text(encoding="utf-8"))
    )


def user_file() -> Path:
    """Return the file of the floors that `qwen3-embed calibrate` stored."""
    return cache_folder() / "calibration.json"


def stored_calibrations() -> list[Calibration]:
    """Return the user's own floors.

    Raises:
        ConfigError: The file is damaged.
    """
    path = user_file()
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    try:
        return _read(json.loads(text))
    except (ValueError, TypeError, AttributeError) as error:
        raise ConfigError(f"{path} holds no calibrations ({error}). Delete it and calibrate again.") from error


def find_calibration(kind: Kind, space: str, query_prompt: str, corpus: str) -> Calibration | None:
    """Return the floor for such questions, the user's own before that of the package; None: none was measured.

    Raises:
        ConfigError: The user's file is damaged.
    """
    known = [*reversed(stored_calibrations()), *shipped_calibrations()]
    return next((one for one in known if one.fits(kind, space, query_prompt, corpus)), None)


def store_calibration(calibration: Calibration) -> Path:
    """Store a floor in the user's file in place of an older one of the same questions; return the file.

    Raises:
        ConfigError: The user's file is damaged.
        OSError: It can't be written.
    """
    path = user_file()
    same = (calibration.kind, calibration.space, calibration.query_prompt, calibration.corpus)
    kept = [one for one in stored_calibrations() if (one.kind, one.space, one.query_prompt, one.corpus) != same]
    write_calibrations(path, [*kept, calibration])
    return path


def write_calibrations(path: Path, calibrations: Sequence[Calibration]) -> None:
    """Write floors to a file, whole or not at all.

    Raises:
        OSError: The file can't be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_text(json.dumps([asdict(one) for one in calibrations], indent=2) + "\n", encoding="utf-8")
    part.replace(path)


def _read(records: Any) -> list[Calibration]:
    names = {field.name for field in fields(Calibration)}
    whole = [{"words_weight": _FIRST_WORDS_WEIGHT, **record} for record in records]
    return [Calibration(**{name: record[name] for name in names & record.keys()}) for record in whole]
