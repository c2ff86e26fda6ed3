"""Measure the floor of the evidence on questions with and without an answer, and store it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from qwen3_embed_integrations import EncoderConfig
from qwen3_embed_integrations.core.errors import ConfigError, DataFileError

from .abstention import calibration_key
from .calibration import Calibration, auroc, conformal_floor, store_calibration
from .options import CalibrateOptions, RagOptions
from .selection import n_candidates
from .session import Session, open_session
from .terminal import plain_console

_MOST_ANSWERED = 0.1  # share of the questions without an answer


@dataclass(frozen=True)
class Measured:
    """A floor and the evidence that it was measured on.

    Attributes:
        calibration: The floor.
        answerable: The evidence of each question with an answer.
        unanswerable: That of each question without one.
        stored: The file that holds the floor now.
    """

    calibration: Calibration
    answerable: list[float]
    unanswerable: list[float]
    stored: Path


def calibrate(config: EncoderConfig, options: RagOptions, given: CalibrateOptions) -> Measured:
    """Index the documents, measure the evidence of each question, and store the floor.

    Raises:
        ConfigError: There are no questions, or too few for the target.
        DataFileError: A file can't be read.
        Qwen3EmbedError: The documents, the models or the index can't be used.
    """
    if given.questions is None:
        raise ConfigError("There is nothing to measure on: give --questions FILE.")
    answerable = read_questions(given.questions)
    unanswerable = read_questions(given.unanswerable) if given.unanswerable else []
    conformal_floor([0.0] * len(answerable), given.target_miss)  # too few questions are refused before the work
    with open_session(config, options, plain_console(stderr=True)) as opened:
        with_answer = evidence_of(opened.session, answerable)
        without = evidence_of(opened.session, unanswerable)
        key = calibration_key(opened.session.retriever)
        corpus = _literal(opened.corpus)
    calibration = calibrated(with_answer, without, target_miss=given.target_miss, key=key, corpus=corpus)
    return Measured(calibration, with_answer, without, store_calibration(calibration))


def calibrated(
    answerable: Sequence[float],
    unanswerable: Sequence[float],
    *,
    target_miss: float,
    key: tuple[str, str, str],
    corpus: str,
) -> Calibration:
    """Return the floor of measured evidence.

    It stands halfway between the highest that misses no more than the target and the lowest that answers no more than
    a tenth of the questions without an answer, where that one is lower: further questions of both kinds scatter more.

    Args:
        answerable: The evidence of each question with an answer.
        unanswerable: That of each question without one.
        target_miss: Share of answerable questions that may be refused.
        key: From `abstention.calibration_key`.
        corpus: Pattern of the documents' names.

    Raises:
        ConfigError: There are too few questions for the target.
    """
    highest = conformal_floor(answerable, target_miss)
    falling = sorted(unanswerable, reverse=True)
    lowest = falling[int(_MOST_ANSWERED * len(falling))] if falling else highest
    floor = (highest + min(highest, lowest)) / 2
    kind, space, query_prompt = key
    n_answered = sum(one >= floor for one in unanswerable)
    return Calibration(
        kind="logit" if kind == "logit" else "cosine",
        space=space,
        query_prompt=query_prompt,
        corpus=corpus,
        floor=math.floor(floor * 1e6) / 1e6,  # never above the question that sets it, which would be refused
        target_miss=target_miss,
        n_answerable=len(answerable),
        n_unanswerable=len(unanswerable),
        false_answers=round(n_answered / len(unanswerable), 4) if unanswerable else None,
        auroc=None if (found := auroc(answerable, unanswerable)) is None else round(found, 4),
    )


def evidence_of(session: Session, questions: Sequence[str]) -> list[float]:
    """Return the evidence of each question.

    Raises:
        Qwen3EmbedError: The models or the index can't be used.
    """
    n = n_candidates(session.options.top_k)
    embeddings = (session.embeddings.embed_query(question) for question in questions)
    pairs = zip(questions, embeddings, strict=True)
    return [session.retriever.retrieve(question, one, n_candidates=n).evidence.score for question, one in pairs]


def read_questions(path: Path) -> list[str]:
    """Return the questions of a file: one a line, or JSON lines with the field "question".

    Raises:
        DataFileError: The file can't be read, or holds no questions.
    """
    try:
        found = list(_questions(path))
    except (OSError, ValueError) as error:
        raise DataFileError(f"{path} can't be read: {error}.") from error
    if not found:
        raise DataFileError(f"{path} holds no questions. Write one a line.")
    return found


def _questions(path: Path) -> Iterator[str]:
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), start=1):
        if not line.strip():
            continue
        record = json.loads(line) if line.lstrip().startswith("{") else {"question": line}
        question = record.get("question")
        if not isinstance(question, str) or not question.strip():
            raise ValueError(f'line {number} has no "question"')
        yield question.strip()


def _literal(name: str) -> str:
    """Return a pattern that fits this name alone."""
    return "".join(f"[{character}]" if character in "*?[" else character for character in name)
