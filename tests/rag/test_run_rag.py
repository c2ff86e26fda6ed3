"""`run_rag`: the function behind the command."""

import json
import re
from dataclasses import replace

import pytest

from checkpoints import build_reranker
from qwen3_embed_integrations import EncoderConfig, MissingExtraError, rag
from qwen3_embed_integrations.rag import calibration


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


def test_a_reranker_explains_its_scores_and_refuses_by_its_logits(docs, checkpoint, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(calibration, "cache_folder", lambda: tmp_path / "cache")
    config = EncoderConfig(model=str(checkpoint))
    reranker = str(build_reranker(tmp_path / "reranker"))
    questions = tmp_path / "questions.txt"
    questions.write_text("".join(f"When are invoices of month {number} sent?\n" for number in range(20)))
    options = rag.RagOptions(docs=docs, index=tmp_path / "ix", rerank=reranker, ask=("When are invoices sent?",))

    rag.run_rag(config, options)
    out, notes = capsys.readouterr()
    assert "No floor is known" in notes
    assert re.search(r"reranker 0\.\d+\s*│?.*\(logit", " ".join(out.split()))
    rag.run_rag(config, options.model_copy(update={"json": True}))
    logits = [one["logit"] for one in json.loads(capsys.readouterr().out)["passages"]]
    assert logits == sorted(logits, reverse=True)

    stored = rag.run_calibrate(config, options, rag.CalibrateOptions(questions=questions)).calibration
    assert stored.kind == "logit"
    calibration.store_calibration(replace(stored, floor=max(logits) + 0.01))
    rag.run_rag(config, options)
    refusal = " ".join(capsys.readouterr().out.split())
    assert f"{max(logits):.2f} (the reranker's best logit); the floor is {max(logits) + 0.01:.2f}" in refusal
    assert "Nearest, not answers:" in refusal
    assert "Answer (" not in refusal
    calibration.store_calibration(replace(stored, floor=max(logits) - 0.01))
    rag.run_rag(config, options)
    assert "Answer (extractive)" in capsys.readouterr().out
