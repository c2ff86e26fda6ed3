"""The questions of tests/judged: whole, each once, with documents that exist."""

from __future__ import annotations

import json
from collections import Counter
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from mixed_folder import QUESTIONS_FOLDER, write_mixed_folder
from qwen3_embed_integrations.rag.corpora.folder import folder_corpus
from qwen3_embed_integrations.rag.corpora.stdlib_docs import stdlib_documents


def records(name: str) -> list[dict[str, Any]]:
    text = (QUESTIONS_FOLDER / f"{name}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("corpus", ["stdlib", "mixed"])
def test_there_are_enough_questions_in_both_halves_and_none_twice(corpus: str) -> None:
    answerable, unanswerable = records(f"{corpus}_questions"), records(f"{corpus}_unanswerable")
    assert len(answerable) >= {"stdlib": 80, "mixed": 40}[corpus]
    assert len(unanswerable) >= {"stdlib": 30, "mixed": 10}[corpus]
    counts = Counter(one["question"] for one in (*answerable, *unanswerable))
    assert max(counts.values()) == 1
    halves = Counter(one["half"] for one in answerable)
    assert abs(halves["dev"] - halves["test"]) <= 2
    assert {one["kind"] for one in unanswerable} == {"far", "near"}


def test_two_wordings_of_a_question_are_in_one_half() -> None:
    halves: dict[tuple[str, ...], set[str]] = {}
    for one in records("stdlib_questions"):
        halves.setdefault(tuple(one["documents"]), set()).add(one["half"])
    assert all(len(found) == 1 for found in halves.values())


def test_every_question_to_the_standard_library_has_a_document() -> None:
    names = [document.source for document in stdlib_documents()]
    for one in records("stdlib_questions"):
        found = [name for name in names if any(fnmatchcase(name, pattern) for pattern in one["documents"])]
        assert 1 <= len(found) <= 250, one["question"]


def test_every_file_is_read_and_every_question_has_one(tmp_path: Path) -> None:
    write_mixed_folder(tmp_path)
    corpus = folder_corpus(tmp_path, skip_unreadable=False, given_readers={}, timeout_s=60)
    names = {document.source for document in corpus.documents}
    assert names == {path.name for path in tmp_path.iterdir()}
    assert not corpus.skipped
    for one in records("mixed_questions"):
        assert set(one["documents"]) <= names
