import pytest

from qwen3_embed_integrations import ConfigError, Qwen3Encoder
from qwen3_embed_integrations.rag.corpora.blocks import Block, ParsedDocument
from qwen3_embed_integrations.rag.study.questions import AnsweredQuestion, Quote
from qwen3_embed_integrations.rag.study.run import study
from qwen3_embed_integrations.rag.study.settings import PRESENT, Setting

TEXTS = (
    "Invoices are sent on the first of each month.",
    "The shop is closed on Saturday.",
    "Trains leave from gate 4.",
)
DOCUMENTS = [ParsedDocument(f"{n}.txt", f"{n}", (Block(text),)) for n, text in enumerate(TEXTS)]
QUESTIONS = [AnsweredQuestion("When are invoices sent?", ((Quote("0.txt", 0, 45),),))]


def test_a_text_that_settings_share_is_embedded_once(monkeypatch):
    encoder, asked = Qwen3Encoder(model="tiny"), []
    encode = Qwen3Encoder.encode_document
    monkeypatch.setattr(Qwen3Encoder, "encode_document", lambda self, texts: asked.extend(texts) or encode(self, texts))
    results = list(study(encoder, DOCUMENTS, QUESTIONS, [PRESENT, Setting(128), Setting(8_000)], budget=100))
    assert len(asked) == len(set(asked)) == 3
    assert [one.setting for one in results] == [PRESENT, Setting(128), Setting(8_000)]
    assert [one.recall_at_1 for one in results] == [1, 1, 1]
    assert all((one.difference, one.n_chunks) == (0, 3) for one in results)


def test_chunks_longer_than_the_model_reads_are_refused_before_anything_is_embedded():
    encoder = Qwen3Encoder(model="tiny", max_length=300)
    with pytest.raises(ConfigError, match="Chunks of 512 tokens are longer than the"):
        next(study(encoder, DOCUMENTS, QUESTIONS, [PRESENT], budget=100))
