import io
import json
from dataclasses import replace

import pytest
from rich.console import Console

from qwen3_embed_integrations.rag import RagOptions, calibration
from qwen3_embed_integrations.rag.abstention import abstain, calibration_key, find_floor
from qwen3_embed_integrations.rag.answer import extractive
from qwen3_embed_integrations.rag.calibration import Calibration, store_calibration
from qwen3_embed_integrations.rag.evidence import Evidence
from qwen3_embed_integrations.rag.index import open_index
from qwen3_embed_integrations.rag.passage import Passage
from qwen3_embed_integrations.rag.retrieval import Retrieved, Retriever
from qwen3_embed_integrations.rag.session import Session
from rag_documents import chunks_of, document

FLOOR = Calibration("cosine", "s", "", "notes", 0.9, 0.05, 60)
FOUND = Retrieved(
    [Passage("text", f"{title}.md", title, score) for title, score in (("A\x1b", 0.3), ("B", 0.2), ("A\x1b", 0.1))],
    Evidence("cosine", 0.41, 0.3, 0.35),
)


@pytest.fixture
def session(tmp_path, embeddings, monkeypatch):
    monkeypatch.setattr(calibration, "cache_folder", lambda: tmp_path / "cache")
    with open_index(tmp_path / "ix", embeddings, corpus="notes") as index:
        index.sync(chunks_of([document("a.md", "The harbour opens at nine o'clock in the morning.")]))
        retriever = Retriever(index, embeddings.encoder)
        console = Console(file=io.StringIO(), width=80)
        yield Session(retriever, embeddings, extractive, RagOptions(), console, FLOOR)


def printed(*, as_json=False):
    console = Console(file=io.StringIO(), width=200)
    abstain(console, "Where is\nthe moon?", FOUND, FLOOR, as_json=as_json)
    return console.file.getvalue()


def test_the_refusal_names_evidence_floor_and_the_nearest_titles_once():
    text = printed()
    assert "\x1b" not in text
    assert "0.41 (cosine 0.30, 35% of the question's words known); the floor is 0.90" in text
    assert text.index("Nearest, not answers:") < text.index(r"A\x1b (0.300)") < text.index("B (0.200)")
    assert text.count(r"A\x1b") == 1


def test_json_has_the_reason():
    data = json.loads(printed(as_json=True))
    assert data["answer"] is None
    assert (data["reason"], data["best"], data["floor"]) == ("below_floor", 0.41, 0.9)
    assert [one["title"] for one in data["nearest"]] == ["A\x1b", "B"]


def test_below_the_floor_nothing_else_is_printed(session):
    replace(session, floor=replace(FLOOR, floor=5.0)).ask("Where is the moon?")
    text = session.console.file.getvalue()
    assert "Nothing relevant found" in text
    assert "Answer (" not in text
    assert "Excerpt" not in text
    assert "nine o'clock" not in text


@pytest.mark.parametrize(
    ("floor", "options"),
    [(None, RagOptions()), (replace(FLOOR, floor=-1), RagOptions()), (FLOOR, RagOptions(always_answer=True))],
)
def test_above_the_floor_or_without_one_there_is_an_answer(session, floor, options):
    options = options.model_copy(update={"min_score": -1.0})
    replace(session, floor=floor, options=options).ask("When does the harbour open?")
    assert "Answer (extractive)" in session.console.file.getvalue()


def test_a_floor_belongs_to_models_and_documents(session):
    assert find_floor(session.retriever, "notes") is None
    kind, space, prompt = calibration_key(session.retriever)
    stored = replace(FLOOR, kind=kind, space=space, query_prompt=prompt)
    store_calibration(stored)
    assert find_floor(session.retriever, "notes") == stored
    assert find_floor(session.retriever, "other") is None
