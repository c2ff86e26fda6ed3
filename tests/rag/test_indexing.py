import io

import pytest
from rich.console import Console

from qwen3_embed_integrations import ConfigError, Qwen3Encoder
from qwen3_embed_integrations.rag import RagOptions
from qwen3_embed_integrations.rag.corpora.chunking import ChunkOptions
from qwen3_embed_integrations.rag.index import open_index
from qwen3_embed_integrations.rag.indexing import DocumentSource, check_watch, chunk_options


@pytest.mark.parametrize(
    ("options", "chunk"),
    [
        ({}, ChunkOptions(400, 60, "section")),
        ({"max_length": 100}, ChunkOptions(77, 11, "section")),
        ({"chunk_tokens": 50, "chunk_overlap": 5, "chunk_by": "page"}, ChunkOptions(50, 5, "page")),
        ({"chunk_by": "document", "max_length": 100}, ChunkOptions(77, 11, "document")),
    ],
)
def test_chunks_fit_the_text_that_is_embedded(checkpoint, options, chunk):
    encoder = Qwen3Encoder(model=str(checkpoint), **{k: v for k, v in options.items() if k == "max_length"})
    given = RagOptions(**{k: v for k, v in options.items() if k != "max_length"})
    assert chunk_options(given, encoder) == chunk


def test_longer_chunks_than_are_embedded_are_refused(checkpoint):
    encoder = Qwen3Encoder(model=str(checkpoint), max_length=100)
    with pytest.raises(ConfigError, match=r"--chunk-tokens=90 .*Use at most 77"):
        chunk_options(RagOptions(chunk_tokens=90, chunk_overlap=5), encoder)


def test_watching_needs_a_folder():
    with pytest.raises(ConfigError, match="--watch follows a folder of your own"):
        check_watch(RagOptions(watch=True))


def test_a_second_sync_reads_and_cuts_only_what_changed(docs, tmp_path, embeddings, monkeypatch):
    notes = Console(file=io.StringIO(), width=200)
    source = DocumentSource(RagOptions(docs=docs, watch=True), ChunkOptions(), embeddings.encoder, notes)
    with open_index(tmp_path / "ix", embeddings, corpus="notes") as index:
        source.sync(index, source.read())
        (docs / "hours.txt").write_text("The shop is open on Sunday from now on.")
        (docs / "half.pdf").write_bytes(b"%PDF-1.4 half")
        counted, real = [], Qwen3Encoder.count_tokens
        monkeypatch.setattr(
            Qwen3Encoder, "count_tokens", lambda self, texts: counted.extend(texts) or real(self, texts)
        )
        source.resync(index)
        before = notes.file.getvalue()
        source.resync(index)
        assert notes.file.getvalue().count("documents") == before.count("documents") == 2
    assert "1 embedded" in before.splitlines()[-1]
    assert "1 removed" in before.splitlines()[-1]
    assert "Left out: half.pdf is no PDF" in before
    assert "The shop is open on Sunday from now on." in counted
    assert not any("Invoices" in text for text in counted)
