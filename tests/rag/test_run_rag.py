"""`run_rag`: the function behind the command."""

import pytest

from qwen3_embed_integrations import EncoderConfig, MissingExtraError, rag


def test_a_missing_package_is_named_with_the_extra_that_installs_it(monkeypatch):
    monkeypatch.setitem(rag._NEEDED, "no_such_module", "no-such-package")
    with pytest.raises(MissingExtraError, match=r"'no-such-package'.*\[rag\]"):
        rag.run_rag(EncoderConfig(), rag.RagOptions(ask=("?",)))


def test_a_question_is_answered_from_documents(docs, checkpoint, tmp_path, capsys):
    options = rag.RagOptions(docs=docs, index=tmp_path / "ix", ask=("When are invoices sent?",))
    rag.run_rag(EncoderConfig(model=str(checkpoint)), options)
    out, notes = capsys.readouterr()
    assert "4 documents, 4 chunks" in notes.replace("\n", " ")
    assert "Answer (extractive)" in out
