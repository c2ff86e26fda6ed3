import pytest

from qwen3_embed_integrations import ConfigError, EncoderConfig, ModelInfo
from qwen3_embed_integrations.core.model_info import ResolvedOptions
from qwen3_embed_integrations.core.prompts import TASKS, query_prompt

WEB, STS = (query_prompt(TASKS[name].instruction) for name in ("web", "sts"))


def info(**fields):
    standard = {"hidden_size": 256, "context_length": 4096, "max_seq_length": 512, "pooling": "lasttoken"}
    return ModelInfo("m", "", "digest", **{**standard, **fields})


def test_the_default_length_is_the_checkpoint_s_own():
    assert info().max_length(EncoderConfig()) == 512
    assert info(max_seq_length=100_000, context_length=100_000).max_length(EncoderConfig()) == 8192


def test_a_length_of_one_s_own_may_reach_the_context_and_no_further():
    assert info().max_length(EncoderConfig(max_length=4096)) == 4096
    with pytest.raises(ConfigError, match="max_length=4097 is more than the context of 'm': 4096 tokens"):
        info().max_length(EncoderConfig(max_length=4097))


def test_a_dimension_is_that_of_the_model_or_shorter():
    assert info().dimension(EncoderConfig()) == 256
    assert info().dimension(EncoderConfig(dimension=32)) == 32
    with pytest.raises(ConfigError, match="dimension=257 is out of range for 'm': use 32 to 256"):
        info().dimension(EncoderConfig(dimension=257))


def test_a_model_narrower_than_32_serves_its_full_length_only():
    assert info(hidden_size=16).checked_dimension(16) == 16
    with pytest.raises(ConfigError, match="use 16 to 16"):
        info(hidden_size=16).checked_dimension(8)


def test_the_query_prompt_is_the_task_s_else_the_checkpoint_s_else_the_web_task_s():
    assert info(prompts={"query": "Q:"}).query_prompt("sts") == STS
    assert info(prompts={"query": "Q:"}).query_prompt(None) == "Q:"
    assert info().query_prompt(None) == WEB
    assert not info().query_prompt("")


@pytest.mark.parametrize(
    ("options", "prompt"),
    [
        ({}, "D:"),
        ({"task": "sts"}, STS),
        ({"task": "code"}, "D:"),
        ({"document_task": ""}, ""),
        ({"document_task": "sts"}, STS),
    ],
    ids=str,
)
def test_a_symmetric_task_or_a_task_of_their_own_gives_documents_a_prompt(options, prompt):
    assert info(prompts={"document": "D:"}).document_prompt(EncoderConfig(**options)) == prompt


def test_the_options_are_resolved_together():
    resolved = ResolvedOptions.of(EncoderConfig(dimension=64, task="code"), info())
    assert (resolved.dimension, resolved.max_length, resolved.document_prompt) == (64, 512, "")
    assert resolved.query_prompt == query_prompt(TASKS["code"].instruction)
    assert info().space(EncoderConfig(dimension=64)).dimension == 64
