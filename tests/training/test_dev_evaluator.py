"""The dev set's metrics during a run are those of the encoder in use."""

import pytest

from qwen3_embed_integrations import Qwen3Encoder
from qwen3_embed_integrations.evaluation import evaluate
from qwen3_embed_integrations.training.dev_evaluator import BEST, DevEvaluator
from training_examples import records_of

TASKS = [{**record, "task": ("code", "qa")[number % 2]} for number, record in enumerate(records_of(32))]


@pytest.mark.parametrize("records", [records_of(32), TASKS], ids=["one task", "two tasks"])
def test_metrics_are_those_of_the_encoder_under_their_own_names(make_plan, load, checkpoint, records):
    made = make_plan(records, dev_share=0.5)
    dataset = made.split.dataset()
    evaluator = DevEvaluator(dataset, made.prompting, batch_size=4)
    metrics = evaluator(load(made))
    (expected,) = evaluate(Qwen3Encoder(model=str(checkpoint), device="cpu"), dataset, [64])
    assert metrics == pytest.approx({name: x for name, x in expected.to_dict().items() if name != "dimension"})
    assert evaluator.primary_metric == BEST in metrics
    assert 0 < metrics[BEST] < 1
