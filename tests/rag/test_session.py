import io

import pytest
from rich.console import Console

from qwen3_embed_integrations import ConfigError, EncoderConfig
from qwen3_embed_integrations.core.errors import RagError
from qwen3_embed_integrations.rag import RagOptions
from qwen3_embed_integrations.rag.answer import extractive
from qwen3_embed_integrations.rag.index import open_index
from qwen3_embed_integrations.rag.session import Session, run


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
