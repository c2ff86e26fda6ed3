import pytest

from qwen3_embed_integrations import ConfigError, EncoderConfig, RerankerConfig
from qwen3_embed_integrations.core.config_arguments import config_of, reranker_config_of


def test_a_name_a_config_or_nothing_is_a_config():
    assert config_of("4B", {"dimension": 64}) == EncoderConfig(model="4B", dimension=64)
    assert config_of(EncoderConfig(model="4B"), {"dimension": 64}) == EncoderConfig(model="4B", dimension=64)
    assert config_of(None, {}) == EncoderConfig()


def test_a_config_without_changes_is_used_as_it_is():
    config = EncoderConfig(model="4B")
    assert config_of(config, {}) is config


@pytest.mark.parametrize("found", [3, {"model": "4B"}, ["4B"], b"4B"], ids=repr)
def test_anything_else_is_refused_by_its_type(found):
    with pytest.raises(ConfigError, match=f"Found {type(found).__name__}, expected the name of a model"):
        config_of(found, {})


def test_two_models_are_refused():
    with pytest.raises(ConfigError, match="'4B' by position and '8B' by keyword"):
        config_of("4B", {"model_name": "8B"})


def test_a_rerankers_config_is_made_by_the_same_rules():
    config = RerankerConfig(model="4B")
    assert reranker_config_of("4B", {"max_length": 64}) == RerankerConfig(model="4B", max_length=64)
    assert reranker_config_of(config, {}) is config
    assert reranker_config_of(None, {}) == RerankerConfig()
    with pytest.raises(ConfigError, match="Found EncoderConfig, expected the name of a model or a RerankerConfig"):
        reranker_config_of(EncoderConfig(), {})
