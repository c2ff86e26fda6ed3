"""Shards are named by their content; a damaged folder is told apart."""

import pyarrow as pa
import pytest

from qwen3_embed_integrations import DataFileError, Qwen3Encoder
from qwen3_embed_integrations.bulk.inputs import SCHEMA
from qwen3_embed_integrations.bulk.shards import OutputFolder, read_table


def table(*texts, names="abc"):
    return pa.table([list(names[: len(texts)]), list(texts), [None] * len(texts)], schema=SCHEMA)


@pytest.fixture
def space(config):
    return Qwen3Encoder(config).space


def test_a_name_tells_texts_ids_and_prompts_apart(options, space, tmp_path):
    folder = OutputFolder(options(), space, "")
    other = OutputFolder(options(output=tmp_path / "other"), space, "Instruct: ")
    names = [folder.name_of(one) for one in (table("x", "y"), table("xy", ""), table("x", "y", names="xyz"), table())]
    assert len({*names, other.name_of(table("x", "y"))}) == 5
    assert folder.name_of(table("x", "y")) == names[0]


def test_a_damaged_space_file_is_named(options, space):
    OutputFolder(options(), space, "")
    (options().output / "space.json").write_text("{")
    with pytest.raises(DataFileError, match=r"space.json is damaged"):
        OutputFolder(options(), space, "")


def test_an_unreadable_shard_is_named(tmp_path):
    (tmp_path / "x.parquet").write_bytes(b"nothing")
    with pytest.raises(DataFileError, match=r"The shard .*x.parquet can't be read"):
        read_table(tmp_path / "x.parquet")


def test_an_output_that_is_a_file_is_named(options, space):
    options().output.write_text("a file")
    with pytest.raises(DataFileError, match="can't be written"):
        OutputFolder(options(), space, "")
