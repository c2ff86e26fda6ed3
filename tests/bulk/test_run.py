"""A run embeds every record once; killed anywhere and run again, it leaves the same bytes."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest

from qwen3_embed_integrations import ConfigError, DataFileError, Qwen3Encoder, SpaceMismatchError
from qwen3_embed_integrations.bulk import run_bulk


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".json"}


def test_every_record_has_the_encoders_embedding(config, options, jsonl, texts, embedded):
    summary = run_bulk([str(jsonl)], config, options())
    found = embedded(options().output)
    expected = Qwen3Encoder(config).encode_document(texts)
    np.testing.assert_allclose([found[f"d{i}"]["embedding"] for i in range(len(texts))], expected, atol=1e-6)
    assert (summary.n_records, summary.n_embedded, summary.n_shards) == (300, 300, 5)
    assert summary.n_tokens == int(Qwen3Encoder(config).count_tokens(texts).sum())


@pytest.mark.skipif(sys.platform == "win32", reason="it has no SIGKILL")
def test_killed_and_run_again_it_leaves_the_bytes_of_a_run_without_kill(config, options, jsonl, tmp_path):
    whole = options(output=tmp_path / "whole", shard_records=8)
    run_bulk([str(jsonl)], config, whole)
    killed = options(output=tmp_path / "killed", shard_records=8)
    command = [
        *(sys.executable, "-m", "qwen3_embed_integrations", "embed", str(jsonl), "--output", str(killed.output)),
        *("--id-column", "id", "--shard-records", "8", "--model", config.model, "--plan", config.plan, "--quiet"),
    ]
    with subprocess.Popen(command, env=os.environ) as process:  # noqa: S603
        while process.poll() is None and len(list(killed.output.glob("*.parquet"))) < 3:
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
    n_before = len(list(killed.output.glob("*.parquet")))
    (killed.output / "0.parquet.tmp-1").write_bytes(b"begun")
    summary = run_bulk([str(jsonl)], config, killed)
    assert 3 <= n_before == summary.n_done_before < summary.n_shards == 38
    assert content(killed.output) == content(whole.output)


def test_a_finished_run_computes_nothing_again(config, options, jsonl, calls):
    run_bulk([str(jsonl)], config, options())
    calls.clear()
    assert run_bulk([str(jsonl)], config, options()).n_embedded == 0
    assert calls == []


def test_further_records_are_embedded_and_the_others_are_kept(config, options, jsonl, embedded):
    run_bulk([str(jsonl)], config, options(shard_records=100))
    with jsonl.open("a") as file:
        file.write('{"id": "new", "text": "one more"}\n')
    assert run_bulk([str(jsonl)], config, options(shard_records=100)).n_embedded == 1
    assert len(embedded(options().output)) == 301


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"dimension": 32}, SpaceMismatchError),
        ({"precision": "float16"}, DataFileError),
        ({"role": "query"}, DataFileError),
    ],
)
def test_another_space_or_way_is_refused_and_loses_nothing(config, options, jsonl, change, error):
    run_bulk([str(jsonl)], config, options())
    before = content(options().output)
    other = config.replace(**change) if "dimension" in change else config
    with pytest.raises(error, match="Name another folder with --output"):
        run_bulk([str(jsonl)], other, options(**{name: one for name, one in change.items() if name != "dimension"}))
    assert content(options().output) == before


def test_queries_carry_their_instruction(config, options, jsonl, texts, embedded):
    run_bulk([str(jsonl)], config, options(role="query"))
    expected = Qwen3Encoder(config).encode_query(texts[:1])
    np.testing.assert_allclose([embedded(options().output)["d0"]["embedding"]], expected, atol=1e-6)


def test_broken_records_are_counted_and_named(config, options, tmp_path, embedded):
    path = tmp_path / "mixed.jsonl"
    lines = ['{"id": "good", "text": "a text"}', '{"id": "empty", "text": ""}', "{", '{"id": "none"}', "[1]"]
    path.write_text("\n".join([*lines, '{"id": "half", "text": "\\ud800"}', '{"id": "number", "text": 5}', ""]))
    summary = run_bulk([str(path)], config, options())
    found = embedded(options().output)
    assert (summary.n_records, summary.n_broken, summary.n_failed) == (7, 6, 6)
    assert {name: one["error"] for name, one in found.items()} == {
        "good": None,
        "empty": "the text is empty",
        "mixed.jsonl:2": "line 3 is not JSON",
        "none": "the text is missing, expected text",
        "mixed.jsonl:4": "line 5 is not an object",
        "half": "the text holds a lone surrogate",
        "number": "the text is int, expected text",
    }
    assert found["good"]["embedding"] is not None
    assert found["empty"]["embedding"] is None


@pytest.mark.filterwarnings("ignore::qwen3_embed_integrations.TruncationWarning")
def test_a_cut_text_is_counted(config, options, jsonl, embedded):
    summary = run_bulk([str(jsonl)], config.replace(max_length=16), options())
    assert summary.n_cut == sum(one["truncated"] for one in embedded(options().output).values()) > 0


def test_npy_holds_the_same_embeddings(config, options, jsonl, embedded, tmp_path):
    run_bulk([str(jsonl)], config, options())
    run_bulk([str(jsonl)], config, options(output=tmp_path / "npy", output_format="npy"))
    expected, n_records = embedded(options().output), 0
    for records in (tmp_path / "npy").glob("*.jsonl"):
        names = [json.loads(line)["id"] for line in records.read_text().splitlines()]
        found = np.load(records.with_suffix(".npy"))
        np.testing.assert_array_equal(
            found, np.array([expected[name]["embedding"] for name in names], dtype=np.float32)
        )
        n_records += len(names)
    assert n_records == 300


def test_standard_input_is_read_as_json_lines(config, options, monkeypatch, embedded):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b'{"id": 7, "text": "a text"}\n')))
    run_bulk(["-"], config, options())
    assert set(embedded(options().output)) == {"7"}


def test_no_input_is_told(config, options):
    with pytest.raises(ConfigError, match="Name files or folders"):
        run_bulk([], config, options())


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")  # noqa: PTH110
def test_a_full_disk_is_named_and_loses_no_finished_shard(config, options, jsonl, monkeypatch):
    from qwen3_embed_integrations.bulk import shards

    run_bulk([str(jsonl)], config, options(shard_records=100))
    before = content(options().output)
    with jsonl.open("a") as file:
        file.write('{"id": "new", "text": "one more"}\n')
    write_whole = shards._write_whole

    def write_full(path, data):
        with open("/dev/full", "wb", buffering=0) as device:  # noqa: PTH123 - a real device without room
            device.write(bytes(data))
        write_whole(path, data)

    monkeypatch.setattr(shards, "_write_whole", write_full)
    with pytest.raises(DataFileError, match=r"No space left on device.*Finished shards are kept"):
        run_bulk([str(jsonl)], config, options(shard_records=100))
    assert content(options().output) == before
