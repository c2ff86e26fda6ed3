"""What both embedders share: options, devices, secrets, stored forms, protocols."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from haystack import Document
from haystack.components.embedders.types import DocumentEmbedder, TextEmbedder
from haystack.utils import ComponentDevice, Secret
from haystack.utils.device import DeviceMap

from qwen3_embed_integrations import ConfigError, EncoderConfig, Qwen3Encoder
from qwen3_embed_integrations.haystack import Qwen3DocumentEmbedder, Qwen3TextEmbedder

EMBEDDERS = [Qwen3TextEmbedder, Qwen3DocumentEmbedder]
CONTENTS = ["A heap is a tree.", "Lists have a method sort.", "Zeilen\numbruch", "A heap is a tree."]
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


def test_the_components_follow_haystacks_protocols(checkpoint: Path) -> None:
    queries: TextEmbedder = Qwen3TextEmbedder(model=str(checkpoint))
    documents: DocumentEmbedder = Qwen3DocumentEmbedder(model=str(checkpoint))
    assert isinstance(queries.run(text="heap")["embedding"], list)
    assert isinstance(documents.run(documents=[Document(content="heap")])["documents"][0], Document)


async def test_async_runs_equal_their_twins(checkpoint: Path) -> None:
    queries, documents = (embedder(model=str(checkpoint)) for embedder in EMBEDDERS)
    assert await queries.run_async("heap", task="code") == queries.run("heap", task="code")
    given = [Document(content=content) for content in CONTENTS]
    done, adone = documents.run(given), await documents.run_async(given)
    assert adone["meta"] == done["meta"]
    np.testing.assert_allclose(
        [document.embedding for document in adone["documents"]],
        [document.embedding for document in done["documents"]],
        atol=1e-6,
    )


def test_meta_tells_model_space_and_tokens(checkpoint: Path, encoder: Qwen3Encoder) -> None:
    of_query = Qwen3TextEmbedder(model=str(checkpoint)).run("heap")["meta"]
    of_documents = Qwen3DocumentEmbedder(model=str(checkpoint)).run([Document(content="heap")])["meta"]
    assert of_query["space"] == of_documents["space"] == encoder.space.fingerprint
    assert of_query["usage"]["prompt_tokens"] == len(encoder.render_query("heap").token_ids)
    assert of_documents["usage"]["total_tokens"] == encoder.count_tokens(["heap"])[0]
