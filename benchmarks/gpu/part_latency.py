"""One query of 30 tokens: by graph and without, of our forward pass and of the whole encoder."""

from __future__ import annotations

import numpy as np
from gpu_setup import checkpoint, seconds, start

from qwen3_embed_integrations import Qwen3Encoder
from qwen3_embed_integrations.core.packing import pack

run = start()
query = pack([np.random.default_rng(0).integers(1, 1000, size=30).tolist()])
forward = run.forward("0.6B")
for _ in range(4):
    forward(query)
graphs, forward._graphs = forward._graphs, None  # noqa: SLF001 - the same pass without graphs
run.save(eager_30_tokens=seconds(lambda: forward(query)))
forward._graphs = graphs  # noqa: SLF001 - and with them
run.save(has_graphs=graphs is not None, graph_30_tokens=seconds(lambda: forward(query)))
for n in (8, 100, 400):
    one = pack([[7] * n])
    for _ in range(4):
        forward(one)
    run.save(**{f"graph_{n}_tokens": seconds(lambda one=one: forward(one), budget_s=1.0)})
encoder = Qwen3Encoder(model=str(checkpoint(run.shape("0.6B")).folder), device=str(run.device)).load()
texts = [f"where is the river number {i} of the garden" for i in range(400)]
at = iter(range(10**9))
for text in texts[:10]:
    encoder.encode_query([text])
run.save(encoder_single_query=seconds(lambda: encoder.encode_query([texts[next(at) % 400]])))
