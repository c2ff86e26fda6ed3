"""Backends of other distributions: found by their entry point, refused by name where they are not what they say."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from processes import in_a_fresh_process
from qwen3_embed_integrations import CheckpointError, ConfigError, EncoderConfig, Qwen3Encoder
from qwen3_embed_integrations.backends.registry import report_plan, use_runtime

TOY = """
import numpy as np
from concurrent.futures import Future
from dataclasses import dataclass
from qwen3_embed_integrations.core.model_info import ModelInfo
from qwen3_embed_integrations.core.protocols import Backend
from qwen3_embed_integrations.core.types import RawEmbeddings


class LengthBackend(Backend):
    def submit(self, request):
        future = Future()
        lengths = np.array([[len(text), 1, 0, 0] for text in request.texts], dtype=np.float32).reshape(-1, 4)
        future.set_result(RawEmbeddings(lengths, np.full(len(request.texts), -1)))
        return future


@dataclass
class Model:
    model_info: ModelInfo


def open_model(config):
    return Model(ModelInfo(config.model, "", "lengths", 4, 512, 512, "lasttoken"))


def build_backend(config, model):
    return LengthBackend()
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder into which pip has installed a distribution with two backends, one of them broken."""
    folder = tmp_path_factory.mktemp("toy")
    wheel = folder / "toy_backend-1.0-py3-none-any.whl"
    files = {
        "toy_backend.py": TOY,
        "toy_backend-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: toy-backend\nVersion: 1.0\n",
        "toy_backend-1.0.dist-info/WHEEL": (
            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        ),
        "toy_backend-1.0.dist-info/entry_points.txt": (
            "[qwen3_embed_integrations.backends]\nlengths = toy_backend\nbroken = toy_backend:Model\n"
        ),
    }
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
        archive.writestr(
            "toy_backend-1.0.dist-info/RECORD",
            "".join(f"{name},,\n" for name in files) + "toy_backend-1.0.dist-info/RECORD,,\n",
        )
    target = folder / "site"
    subprocess.run(  # noqa: S603 - our own wheel
        [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-index",
            "--no-deps",
            "--target",
            str(target),
            str(wheel),
        ],
        check=True,
    )
    return target


def with_site(site: Path, code: str) -> str:
    return in_a_fresh_process(f"import sys; sys.path.insert(0, {str(site)!r})\n{code}")


def test_an_installed_backend_computes_in_every_integration_without_torch(site):
    printed = with_site(
        site,
        "from qwen3_embed_integrations.langchain import Qwen3Embeddings\n"
        "embeddings = Qwen3Embeddings(model='any', backend='lengths', task='')\n"
        "print(embeddings.embed_query('abc'), embeddings.encoder.space.weights, 'torch' in sys.modules)",
    )
    first, second, *rest = eval(printed.partition("]")[0] + "]")  # noqa: S307 - a list of numbers that we printed
    assert first == pytest.approx(3 / 10**0.5, abs=1e-6)
    assert (second, *rest) == pytest.approx((1 / 10**0.5, 0, 0), abs=1e-6)
    assert printed.endswith("lengths False")


def test_what_a_backend_can_do_without_a_tokenizer_is_said(site):
    printed = with_site(
        site,
        "from qwen3_embed_integrations import Qwen3Encoder\n"
        "encoder = Qwen3Encoder(model='any', backend='lengths').load()\n"
        "try: encoder.count_tokens(['a'])\n"
        "except ValueError as error: print(error)\n"
        "encoder.unload()",
    )
    assert "The model's tokenizer is not on this machine" in printed


def test_an_entry_point_that_names_no_runtime_is_refused_by_name(site):
    printed = with_site(
        site,
        "from qwen3_embed_integrations import Qwen3Encoder\n"
        "try: Qwen3Encoder(model='any', backend='broken').load()\n"
        "except ValueError as error: print(error)",
    )
    assert "'toy_backend:Model' of the backend 'broken' has no function 'open_model'" in printed


def test_a_backend_that_is_not_installed_is_refused_when_it_is_named(site):
    with pytest.raises(ConfigError, match=r"backend='torhc': There is no such backend. Did you mean 'torch'\?"):
        EncoderConfig(backend="torhc")
    assert "Installed: torch, onnx, remote, fake, broken, lengths" in with_site(
        site,
        "from qwen3_embed_integrations import EncoderConfig\n"
        "try: EncoderConfig(backend='x')\n"
        "except ValueError as error: print(error)",
    )


def test_a_backend_that_was_removed_since_is_named():
    config = EncoderConfig(backend="fake")
    gone = config.model_copy(update={"backend": "gone"})
    with pytest.raises(ConfigError, match="The backend 'gone' is no longer installed"):
        Qwen3Encoder(gone).load()


def test_a_plan_is_reported_without_loading(checkpoint):
    config = EncoderConfig(model=str(checkpoint), cache_max_mb=3)
    assert dict(report_plan(config))["device"].startswith("cpu")
    assert not Qwen3Encoder(config, revision=None, max_batch_tokens=77).is_loaded


def test_another_runtime_takes_over_and_gives_back(checkpoint):
    from qwen3_embed_integrations import testing

    encoder = Qwen3Encoder(model=str(checkpoint))
    with use_runtime(testing):
        assert encoder.dimension == 256
    assert encoder.dimension == 64


def test_a_checkpoint_that_did_not_load_is_read_anew_once_it_is_mended(own_checkpoint):
    config = own_checkpoint / "config.json"
    right = config.read_text()
    encoder = Qwen3Encoder(model=str(own_checkpoint))
    config.write_text(json.dumps({**json.loads(right), "attention_bias": True}))
    with pytest.raises(CheckpointError, match="lack"):
        encoder.encode_query(["a text"])
    config.write_text(json.dumps({**json.loads(right), "use_sliding_window": True}))
    with pytest.raises(CheckpointError, match="sliding-window"):
        encoder.encode_query(["a text"])
    config.write_text(right)
    assert encoder.encode_query(["a text"]).shape == (1, 64)
