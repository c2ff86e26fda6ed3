"""`embed_table` inside other engines, where their packages are installed; datasets and Ray have tests of their own."""

import shutil
import sys

import pyarrow as pa
import pytest

from qwen3_embed_integrations.bulk import embed_table

pytestmark = [pytest.mark.slow, pytest.mark.index, pytest.mark.filterwarnings("ignore")]
N_TEXTS = 50


@pytest.fixture
def expected(config, texts):
    return embed_table(pa.table({"text": texts[:N_TEXTS]}), config)["embedding"].to_pylist()


def test_a_function_of_daft_gives_the_same(config, texts, expected):
    daft = pytest.importorskip("daft", reason="daft is not installed")

    @daft.func.batch(return_dtype=daft.DataType.list(daft.DataType.float32()), batch_size=N_TEXTS)
    def embedded(text: daft.Series) -> daft.Series:
        table = embed_table(pa.table({"text": text.to_arrow()}), config)
        return daft.Series.from_pylist(table["embedding"].to_pylist())

    frame = daft.from_pydict({"text": texts[:N_TEXTS]})
    found = frame.with_column("embedding", embedded(frame["text"])).to_pydict()["embedding"]
    assert [pytest.approx(one, abs=0) for one in expected] == [list(one) for one in found]


def test_map_in_arrow_of_spark_gives_the_same(config, texts, expected, monkeypatch):
    pytest.importorskip("pyspark", reason="pyspark is not installed")
    if shutil.which("java") is None:
        pytest.skip("no Java is installed")
    from pyspark.sql import SparkSession

    monkeypatch.setenv(
        "PYSPARK_PYTHON", sys.executable
    )  # else "python3" of the path, which lacks what is installed here
    options = config.to_options()

    def embedded(batches):
        from qwen3_embed_integrations.bulk import embed_table

        for batch in batches:
            table = embed_table(pa.Table.from_batches([batch]), **options)
            variable = pa.list_(pa.float32())
            yield from table.set_column(1, "embedding", table["embedding"].cast(variable)).to_batches()

    session = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    try:
        frame = session.createDataFrame([(text,) for text in texts[:N_TEXTS]], "text string").coalesce(1)
        schema = "text string, embedding array<float>, n_tokens int, truncated boolean, error string"
        found = frame.mapInArrow(embedded, schema).collect()
    finally:
        session.stop()
    assert [one.text for one in found] == texts[:N_TEXTS]
    assert [one.embedding for one in found] == expected
