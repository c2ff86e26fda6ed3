"""The depth of the queue is read where it is counted, of every loaded model."""

from qwen3_embed_integrations import Qwen3Encoder
from qwen3_embed_integrations.backends.registry import waiting_calls
from qwen3_embed_integrations.testing import fake_backend


def test_the_depth_names_each_loaded_model(recorded, checkpoint):
    encoder = Qwen3Encoder(model=str(checkpoint))
    encoder.encode_query(["Where is Paris?"])
    depths = {p.attributes["gen_ai.request.model"]: p.value for p in recorded.points("qwen3_embed.queue.depth")}
    assert depths[encoder.model_info.model] == 0


def test_a_backend_that_counts_nothing_has_depth_zero():
    with fake_backend():
        encoder = Qwen3Encoder(model="tiny").load()
        assert waiting_calls() == [(encoder.config.model, 0)]
