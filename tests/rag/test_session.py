import io
import json
from dataclasses import replace

import pytest
from rich.console import Console

from qwen3_embed_integrations import ConfigError, EncoderConfig
from qwen3_embed_integrations.core.errors import RagError
from qwen3_embed_integrations.rag import RagOptions
from qwen3_embed_integrations.rag.answer import extractive
from qwen3_embed_integrations.rag.index import open_index
from qwen3_embed_integrations.rag.session import Session, _ask_all, run


@pytest.fixture
def session(tmp_path, embeddings, chunks):
    """A session over six hundred notes; `session.console.file` holds what it printed."""
    console = Console(file=io.StringIO(), width=80)
    with open_index(tmp_path / "ix", embeddings, corpus="notes") as index:
        index.sync(chunks)
        yield Session(index, embeddings, extractive, RagOptions(show_prompt=True), console)


def test_a_question_prints_passages_prompt_and_answer_in_this_order(session):
    session.ask("What does note 7 say?")
    out = session.console.file.getvalue()
    assert out.index("Excerpt") < out.index("Answer the question from the numbered passages") < out.index("Answer (")


def test_an_empty_question_is_refused(session):
    with pytest.raises(RagError, match="The question is empty"):
        session.ask(" ")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"llm": "a", "llm_model": "b"}, "not both"),
        ({"llm_url": "http://localhost"}, "needs the model's name there"),
    ],
)
def test_options_that_contradict_each_other_are_refused_before_anything_is_written(docs, tmp_path, options, message):
    with pytest.raises(ConfigError, match=message):
        run(EncoderConfig(), RagOptions(docs=docs, index=tmp_path / "ix", ask=("?",), **options))
    assert not (tmp_path / "ix").exists()


def test_json_is_one_line_of_ascii_with_answer_and_places(session):
    session = replace(session, options=RagOptions(json=True, top_k=2, show_prompt=True))
    session.ask("What does note 7 say? \x1b[2J \u202e é")
    (line,) = session.console.file.getvalue().splitlines()
    assert line.isascii()
    assert "\x1b" not in line
    data = json.loads(line)
    assert data["question"] == "What does note 7 say? \x1b[2J \u202e é"
    assert data["answer"]["label"] == "extractive"
    assert [passage["number"] for passage in data["passages"]] == [1, 2]
    assert {"source", "citation", "text", "score", "parent_id", "ordinal", "start", "end"} <= data["passages"][0].keys()
    assert "Question: What does note 7" in data["prompt"]


def test_json_needs_a_question(docs):
    with pytest.raises(RagError, match="--json prints answers"):
        run(EncoderConfig(), RagOptions(docs=docs, json=True))


def test_a_question_without_a_passage_does_not_keep_the_later_ones_from_being_asked(session, monkeypatch):
    found = session.index.search
    monkeypatch.setattr(
        session.index, "search", lambda embedding, **options: [] if asked.pop(0) == "a" else found(embedding, **options)
    )
    asked = ["a", "b", "a"]
    notes = Console(file=io.StringIO(), width=200)
    session = replace(session, options=RagOptions(ask=("a", "b", "a")))
    with pytest.raises(RagError, match="2 of 3 questions have no answer"):
        _ask_all(session, notes)
    assert session.console.file.getvalue().count("Answer (extractive)") == 1
    assert notes.file.getvalue().count("No passage scores") == 2


def test_a_page_and_its_source_are_read_once_and_cited_together(docs, tmp_path, checkpoint, capsys):
    text = " ".join(f"Room {n} has {n} beds and a bath." for n in range(30))
    (docs / "rooms.html").write_text(f"<h1>Rooms</h1><p>{text}</p>")
    (docs / "_sources").mkdir()
    (docs / "_sources" / "rooms.rst.txt").write_text(f"Rooms\n=====\n\n{text}\n")
    options = RagOptions(docs=docs, index=tmp_path / "ix", ask=("How many beds?",), min_score=-1, json=True, mmr=0.7)
    run(EncoderConfig(model=str(checkpoint)), options)
    out, notes = capsys.readouterr()
    assert "1 files are the sources of pages beside them" in notes
    (rooms,) = [one for one in json.loads(out)["passages"] if "Room 7" in one["text"]]
    assert (rooms["source"], rooms["also"]) == ("rooms.html", ["_sources/rooms.rst.txt"])


@pytest.mark.parametrize("text", ["When? [/b] [red]now[/red]", "[link=x]y[/link] :smile:", "\\[b] [[x]]", "{x} %s"])
def test_markup_is_shown_as_it_is_written(docs, tmp_path, checkpoint, capsys, text):
    index = tmp_path / text.replace("/", "")
    (docs / "new.md").write_text(f"# {text}\n\nA sentence that says {text} here.\n")
    options = RagOptions(docs=docs, index=index, ask=(text,), min_score=-1, show_prompt=True)
    run(EncoderConfig(model=str(checkpoint)), options)
    out, notes = capsys.readouterr()
    assert text in out
    assert f"A sentence that says {text} here." in " ".join(out.split())
    assert str(index) in notes


def test_the_summary_names_what_is_left_out(docs, tmp_path, checkpoint, capsys):
    (docs / "a.png").write_bytes(b"\x89PNG\0")
    (docs / "b.txt").write_bytes(b"\0\1")
    options = RagOptions(docs=docs, index=tmp_path / "ix", ask=("x",), min_score=-1, skip_unreadable=True)
    run(EncoderConfig(model=str(checkpoint)), options)
    notes = capsys.readouterr().err
    assert "Left out: b.txt is binary data, no text" in notes
    assert "Left out: 1 files of unknown kind: 1 .png" in notes
