"""Ray Data's actors write the same shards, also when a node is killed in the middle."""

import threading
import time

import pytest

from qwen3_embed_integrations.bulk import run_bulk

pytestmark = [pytest.mark.slow, pytest.mark.index, pytest.mark.filterwarnings("ignore")]
ray = pytest.importorskip("ray", reason='the extra "ray" is not installed')


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_ray_writes_the_shards_of_one_process(config, options, jsonl, tmp_path):
    run_bulk([str(jsonl)], config, options())
    on_ray = options(output=tmp_path / "ray", executor="ray", workers=1)
    summary = run_bulk([str(jsonl)], config, on_ray)
    assert summary.n_embedded == 300
    assert content(on_ray.output) == content(options().output)


def test_a_node_killed_in_the_middle_loses_nothing(config, options, jsonl, tmp_path):
    from ray.cluster_utils import Cluster

    run_bulk([str(jsonl)], config, options(shard_records=8))
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    nodes = [cluster.add_node(num_cpus=2) for _ in range(2)]
    ray.init(address=cluster.address, log_to_driver=False)
    try:
        on_ray = options(output=tmp_path / "ray", executor="ray", workers=2, shard_records=8)
        run = threading.Thread(target=run_bulk, args=([str(jsonl)], config, on_ray))
        run.start()
        while run.is_alive() and len(list(on_ray.output.glob("*.parquet"))) < 4:
            time.sleep(0.05)
        assert run.is_alive()
        cluster.remove_node(nodes[0], allow_graceful=False)
        run.join()
    finally:
        ray.shutdown()
        cluster.shutdown()
    assert content(on_ray.output) == content(options().output)


def test_embed_table_is_a_map_batches_function(config, texts):
    import pyarrow as pa

    from qwen3_embed_integrations.bulk import embed_table

    ray.init(include_dashboard=False, log_to_driver=False)
    try:
        dataset = ray.data.from_arrow(pa.table({"text": texts[:50]}))
        found = dataset.map_batches(lambda table: embed_table(table, config), batch_format="pyarrow", batch_size=50)
        (table,) = [ray.get(one) for one in found.to_arrow_refs()]
    finally:
        ray.shutdown()
    assert (
        table["embedding"].to_pylist() == embed_table(pa.table({"text": texts[:50]}), config)["embedding"].to_pylist()
    )
