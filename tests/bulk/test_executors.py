"""The same shards whichever executor."""

import pytest

from qwen3_embed_integrations import ConfigError
from qwen3_embed_integrations.bulk import run_bulk
from qwen3_embed_integrations.bulk.executors import worker_configs


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("n_workers", [1, pytest.param(2, marks=[pytest.mark.slow, pytest.mark.index])])
def test_processes_write_the_shards_of_this_one(config, options, jsonl, tmp_path, n_workers):
    run_bulk([str(jsonl)], config, options())
    others = options(output=tmp_path / "others", executor="processes", workers=n_workers)
    run_bulk([str(jsonl)], config, others)
    assert content(others.output) == content(options().output)


def test_each_worker_has_its_device(config, options):
    configs = worker_configs(config, options(devices=("cuda:0", "cuda:1")))
    assert [one.device for one in configs] == ["cuda:0", "cuda:1"]
    with pytest.raises(ConfigError, match="2 devices are named"):
        worker_configs(config, options(devices=("cuda:0", "cuda:1"), workers=3))
