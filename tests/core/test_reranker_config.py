"""RerankerConfig shares the declarations of EncoderConfig, and never its model."""

from collections.abc import Sequence
from typing import get_type_hints

import pytest

from qwen3_embed_integrations import ConfigError, EncoderConfig, RerankerConfig, RerankerOptions
from qwen3_embed_integrations.core.reranker_config import DEFAULT_INSTRUCTION, instruction_text

OWN = {"model", "engine", "instruction", "max_length", "on_overflow"}


def test_a_shared_option_has_the_declaration_of_the_encoders() -> None:
    shared = RerankerConfig.model_fields.keys() - OWN
    assert shared < EncoderConfig.model_fields.keys()
    for name in shared:
        ours, theirs = RerankerConfig.model_fields[name], EncoderConfig.model_fields[name]
        assert (ours.annotation, ours.default, ours.description, ours.metadata, ours.json_schema_extra) == (
            theirs.annotation, theirs.default, theirs.description, theirs.metadata, theirs.json_schema_extra
        )  # fmt: skip


def test_the_typed_dict_has_every_option_with_its_type() -> None:
    hints = get_type_hints(RerankerOptions)
    assert hints.keys() == RerankerConfig.model_fields.keys()
    for name in hints.keys() - {"token"}:
        kept = RerankerConfig.model_fields[name].annotation
        assert hints[name] == (str | Sequence[str] if name == "device" else kept)


def test_an_option_of_embeddings_alone_is_refused() -> None:
    with pytest.raises(ConfigError, match="Unknown option 'dimension'"):
        RerankerConfig(dimension=128)  # type: ignore[call-arg]
    with pytest.raises(ConfigError, match="max_batch_tokens"):
        RerankerConfig(max_batch_tokens=0)


def test_an_encoder_and_a_reranker_of_one_folder_are_two_models() -> None:
    config = RerankerConfig(model="some/folder", dtype="float32")
    runtime = config.runtime_config
    assert (runtime.model, runtime.dtype, runtime.pooling) == ("some/folder", "float32", "lasttoken")
    encoder = EncoderConfig(model="some/folder", dtype="float32", pooling="lasttoken")
    assert runtime.model_key != encoder.model_key
    assert runtime.model_key == config.replace(instruction="other words").runtime_config.model_key
    assert runtime.model_key != config.replace(dtype="bfloat16").runtime_config.model_key


def test_a_token_is_neither_stored_nor_shown() -> None:
    config = RerankerConfig(token="hf_secret")
    assert "hf_secret" not in f"{config.to_options()} {config!r}"
    token = config.runtime_config.token
    assert token is not None
    assert token.get_secret_value() == "hf_secret"


def test_a_presets_name_stands_for_its_instruction() -> None:
    assert instruction_text("web") == DEFAULT_INSTRUCTION
    assert instruction_text("检索相关文档") == "检索相关文档"
