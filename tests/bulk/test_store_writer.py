"""Finished shards go into a collection once, whatever ran before."""

import pytest

from qwen3_embed_integrations import ConfigError, Qwen3Encoder, SpaceMismatchError
from qwen3_embed_integrations.bulk import run_bulk
from qwen3_embed_integrations.stores.address import open_address


def test_a_collection_gets_every_record_once_and_the_encoders_embeddings(config, options, jsonl, tmp_path):
    stored = options(keep_text=True, to=f"qdrant:{tmp_path / 'qdrant'}#docs")
    assert run_bulk([str(jsonl)], config, stored).n_stored == 300
    with jsonl.open("a") as file:
        file.write('{"id": "new", "text": "one more"}\n{"id": "empty", "text": ""}\n')
    assert run_bulk([str(jsonl)], config, stored).n_stored == 1
    with open_address(stored.to) as handle:
        assert handle.info().n_documents == 301
        (hit,) = handle.search(Qwen3Encoder(config).encode_document(["one more"])[0], 1)
    assert hit.text == "one more"
    assert hit.score == pytest.approx(1, abs=1e-5)
    with pytest.raises(SpaceMismatchError):
        run_bulk([str(jsonl)], config.replace(dimension=32), stored.model_copy(update={"output": tmp_path / "32"}))


def test_shards_without_texts_are_refused_before_anything_is_computed(config, options, jsonl, calls):
    with pytest.raises(ConfigError, match="--keep-text"):
        run_bulk([str(jsonl)], config, options(to="qdrant:nowhere#docs"))
    assert calls == []
