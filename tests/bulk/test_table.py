"""embed_table is a plain function of tables: equal tables give equal bytes, on every executor."""

import numpy as np
import pyarrow as pa
import pytest

from qwen3_embed_integrations import DataFileError, Qwen3Encoder
from qwen3_embed_integrations.bulk import embed_table


def test_a_table_keeps_its_columns_and_gets_embeddings_in_its_order(config, texts):
    table = pa.table({"number": range(len(texts)), "text": texts})
    found = embed_table(table, config)
    assert found.column_names == ["number", "text", "embedding", "n_tokens", "truncated", "error"]
    assert found["embedding"].type == pa.list_(pa.float32(), 64)
    assert found["number"].to_pylist() == list(range(len(texts)))
    np.testing.assert_allclose(
        np.stack(found["embedding"].to_numpy()), Qwen3Encoder(config).encode_document(texts), atol=1e-6
    )


def test_equal_tables_give_equal_bytes_whatever_else_is_computed(config, texts):
    from concurrent.futures import ThreadPoolExecutor

    table = pa.table({"text": texts})
    first = embed_table(table, config)
    with ThreadPoolExecutor(4) as pool:
        others = list(pool.map(lambda _: embed_table(table, config), range(4)))
    assert all(one.equals(first) for one in others)


def test_missing_and_empty_texts_are_null_and_say_why(config):
    found = embed_table(pa.table({"text": ["a", None, ""]}), config)
    assert found["error"].to_pylist() == [None, "the text is missing", "the text is empty"]
    assert [one is None for one in found["embedding"].to_pylist()] == [False, True, True]
    assert len(embed_table(pa.table({"text": pa.array([], pa.string())}), config)) == 0


def test_half_precision_and_dimension(config):
    found = embed_table(pa.table({"text": ["a"]}), config, precision="float16", dimension=32)
    assert found["embedding"].type == pa.list_(pa.float16(), 32)


@pytest.mark.parametrize("table", [{"body": ["a"]}, {"text": [1]}])
def test_a_table_without_texts_is_refused(config, table):
    with pytest.raises(DataFileError, match="column"):
        embed_table(pa.table(table), config)


def test_datasets_map_gives_the_same(config, texts):
    from datasets import Dataset

    dataset = Dataset.from_dict({"text": texts[:50]}).with_format("arrow")
    mapped = dataset.map(lambda table: embed_table(table, config), batched=True, batch_size=50)
    assert (
        mapped.data.table["embedding"].to_pylist()
        == embed_table(pa.table({"text": texts[:50]}), config)["embedding"].to_pylist()
    )
