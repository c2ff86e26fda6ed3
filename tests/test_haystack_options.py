"""The Haystack integration: its options, devices, secrets and stored forms."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest
from haystack.utils import ComponentDevice, Secret
from haystack.utils.device import DeviceMap

from qwen3_embed_integrations import ConfigError, EncoderConfig
from qwen3_embed_integrations.haystack import Qwen3DocumentEmbedder, Qwen3TextEmbedder

EMBEDDERS = [Qwen3TextEmbedder, Qwen3DocumentEmbedder]
both = pytest.mark.parametrize("embedder", EMBEDDERS)


@both
async def test_nothing_loads_before_warm_up(embedder: Any, own_checkpoint: Path) -> None:
    instance = embedder(model=str(own_checkpoint))
    _ = instance.to_dict(), embedder.from_dict(instance.to_dict()), repr(instance)
    assert not instance.encoder.is_loaded
    await instance.warm_up_async()
    instance.warm_up()
    assert instance.encoder.is_loaded


@both
def test_the_signature_lists_every_option(embedder: Any) -> None:
    for shown in (inspect.signature(embedder), inspect.signature(embedder.__init__)):
        assert EncoderConfig.model_fields.keys() <= shown.parameters.keys()
        assert shown.parameters["model"].default == EncoderConfig().model
        assert {p.kind for name, p in shown.parameters.items() if name != "self"} == {inspect.Parameter.KEYWORD_ONLY}


@both
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"timeout": 64}, "called 'timeout_s'"),
        ({"modelx": "tiny"}, "Did you mean 'model'"),
        ({"dimension": 3}, "dimension=3"),
        ({"token": "hf_secret"}, "expected a Secret"),
        ({"device": ComponentDevice.from_multiple(DeviceMap.from_hf({"a": "cpu", "b": "cpu"}))}, "map of several"),
        ({"progress_bar": True, "show_progress": False}, "one option"),
    ],
)
def test_unfit_options_are_refused_with_what_to_do(embedder: Any, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        embedder(**options)


@pytest.mark.parametrize("names", ["title", [3]])
def test_meta_fields_are_a_list_of_names(names: Any) -> None:
    with pytest.raises(ConfigError, match="list of field names"):
        Qwen3DocumentEmbedder(meta_fields_to_embed=names)


def test_a_component_device_is_a_device(checkpoint: Path) -> None:
    embedder = Qwen3TextEmbedder(model=str(checkpoint), device=ComponentDevice.from_str("cuda:1"))
    assert embedder.config.device == "cuda:1"
    stored = embedder.to_dict()
    stored["init_parameters"]["device"] = ComponentDevice.from_str("cpu").to_dict()
    assert Qwen3TextEmbedder.from_dict(stored).config.device == "cpu"


def test_a_secret_is_read_at_the_first_use_and_never_stored(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    embedder = Qwen3TextEmbedder(model=str(checkpoint), token=Secret.from_env_var("MY_TOKEN"))
    stored = embedder.to_dict()
    assert stored["init_parameters"]["token"] == {"type": "env_var", "env_vars": ["MY_TOKEN"], "strict": True}
    with pytest.raises(ValueError, match="MY_TOKEN"):
        embedder.run("heap")
    monkeypatch.setenv("MY_TOKEN", "hf_secret")
    given_back = Qwen3TextEmbedder.from_dict(stored)
    token = given_back.encoder.config.token
    assert token is not None
    assert token.get_secret_value() == "hf_secret"
    assert "hf_secret" not in repr(given_back) + str(given_back.to_dict()) + str(vars(given_back))
    with pytest.raises(ValueError, match="token-based secret"):
        Qwen3TextEmbedder(token=Secret.from_token("hf_secret")).to_dict()
