"""The Markdown table has a line for each model and dimension, metrics in percent."""

from qwen3_embed_integrations.evaluation import RetrievalMetrics, markdown_table

METRICS = [RetrievalMetrics(64, 0.5, 0.25, 0.75, 1.0, 0.125), RetrievalMetrics(32, 0.4, 0.2, 0.7, 0.9, 0.1)]


def test_a_single_model_is_not_named():
    lines = markdown_table({"one": METRICS}).splitlines()
    assert lines[2:] == [
        "| 64 | 50.0 | 25.0 | 75.0 | 100.0 | 12.5 | 256 |",
        "| 32 | 40.0 | 20.0 | 70.0 | 90.0 | 10.0 | 128 |",
    ]


def test_several_models_are_named_on_each_line():
    lines = markdown_table({"before": METRICS, "after": METRICS}).splitlines()
    assert [line.split("|")[1].strip() for line in lines] == ["model", "---", *["before"] * 2, *["after"] * 2]
