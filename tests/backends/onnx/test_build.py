"""The backend "onnx": the same embeddings as torch's, by every integration's own means, and clear refusals."""

import multiprocessing
import os

import numpy as np
import pytest

from exported_models import TEXTS, exported
from processes import in_a_fresh_process
from qwen3_embed_integrations import (
    CheckpointError,
    ConfigError,
    EncoderConfig,
    MissingExtraError,
    OverloadedError,
    Qwen3Encoder,
    Qwen3Reranker,
    TruncationWarning,
)
from qwen3_embed_integrations.backends.onnx import build
from qwen3_embed_integrations.backends.registry import load_backend, model_info, report_plan

BOUND = 1e-6


def both(original, exported, **options):
    return (
        Qwen3Encoder(model=str(original), dtype="float32", **options),
        Qwen3Encoder(model=str(exported), backend="onnx", **options),
    )


def differences(torch_encoder, onnx_encoder, texts=TEXTS):
    return [
        np.abs(getattr(torch_encoder, name)(texts) - getattr(onnx_encoder, name)(texts)).max()
        for name in ("encode_document", "encode_query")
    ]


@pytest.mark.parametrize(
    "shape",
    [
        {},
        {"hidden_size": 96, "num_attention_heads": 6, "num_key_value_heads": 3, "head_dim": 16, "seed": 1},
        {"hidden_size": 64, "num_attention_heads": 2, "num_key_value_heads": 2, "head_dim": 128, "rope_theta": 1e6},
    ],
    ids=["grouped", "narrow-heads", "wide-heads"],
)
def test_embeddings_are_torchs_for_each_shape(shape, make_checkpoint, tmp_path):
    from exported_models import exported

    original = make_checkpoint(**shape)
    assert max(differences(*both(original, exported(original, tmp_path / "exported")))) <= BOUND


def test_the_bundled_models_embeddings_are_torchs():
    assert max(differences(*both("tiny", "tiny"))) <= BOUND


def test_an_empty_text_of_the_bundled_model_is_as_near_as_torchs_own_plans_are():
    assert max(differences(*both("tiny", "tiny"), texts=[""])) <= 2 * BOUND


def test_mean_pooling_is_torchs(exported_mean):
    assert max(differences(*both(*exported_mean))) <= BOUND


def test_scores_of_a_reranker_are_torchs(exported_reranker):
    original, exported = exported_reranker
    scores = [
        Qwen3Reranker(model=str(original), dtype="float32").score("Where is it?", TEXTS),
        Qwen3Reranker(model=str(exported), backend="onnx").score("Where is it?", TEXTS),
    ]
    np.testing.assert_allclose(*scores, atol=BOUND)
    assert np.ptp(scores[0]) > 0.01


def test_the_fingerprint_is_torchs(checkpoint, exported_folder):
    spaces = [one.space for one in both(checkpoint, exported_folder)]
    assert spaces[0].fingerprint == spaces[1].fingerprint
    assert spaces[0].differences(spaces[1].to_dict()) == {}


def test_an_export_in_few_bits_shares_no_cache_with_float32(checkpoint, tmp_path):
    from exported_models import exported
    from qwen3_embed_integrations.core.cache_keys import embedding_key

    keys = []
    for dtype in ("float32", "int4"):
        config = EncoderConfig(model=str(exported(checkpoint, tmp_path / dtype, weights_dtype=dtype)), backend="onnx")
        keys.append(embedding_key(config, model_info(config), ""))
    exact = EncoderConfig(model=str(checkpoint), dtype="float32")
    assert keys[0] == embedding_key(exact, model_info(exact), "")
    assert keys[0] != keys[1]


def test_dimension_truncation_and_task_are_torchs(checkpoint, exported_folder):
    for encoder in both(checkpoint, exported_folder, dimension=32, max_length=8, task="code"):
        with pytest.warns(TruncationWarning, match=r"max_length"):
            found = encoder.encode(TEXTS, "document")
        assert found.embeddings.shape == (len(TEXTS), 32)
        assert found.n_tokens.max() > 8


def test_no_torch_and_no_transformers_is_loaded():
    code = (
        "import sys; from qwen3_embed_integrations import Qwen3Encoder;"
        "Qwen3Encoder(model='tiny', backend='onnx').encode_query(['a']);"
        "print([name for name in ('torch', 'transformers', 'safetensors', 'onnx') if name in sys.modules])"
    )
    assert in_a_fresh_process(code) == "[]"


def test_too_many_waiting_calls_are_refused(exported_folder):
    encoder = Qwen3Encoder(model=str(exported_folder), backend="onnx", max_waiting_calls=1)
    backend = load_backend(encoder.config)
    first = encoder._submit(["a text " * 400] * 64, encoder._resolved(), "", None, None)
    with pytest.raises(OverloadedError):
        encoder.encode_query(["a"])
    first.result()
    assert backend.n_waiting == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_computes_what_its_parent_does(exported_folder):
    code = (
        "import os, sys, numpy as np, warnings; warnings.simplefilter('ignore')\n"
        "from qwen3_embed_integrations import Qwen3Encoder\n"
        f"encoder = Qwen3Encoder(model={str(exported_folder)!r}, backend='onnx')\n"
        "before = encoder.encode_query(['Where?'])\n"
        "pid = os.fork()\n"
        "if not pid:\n"
        "    same = np.array_equal(before, encoder.encode_query(['Where?']))\n"
        "    os._exit(0 if same else 7)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))"
    )
    assert in_a_fresh_process(code) == "0"


def test_a_spawned_process_loads_its_own(exported_folder):
    encoder = Qwen3Encoder(model=str(exported_folder), backend="onnx")
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        np.testing.assert_array_equal(pool.apply(encoder.encode_query, (["Where?"],)), encoder.encode_query(["Where?"]))


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"dtype": "bfloat16"}, "was exported in float32"),
        ({"device": "cuda"}, 'provider="cuda"'),
        ({"plan": "streams=1"}, "a runtime plans by itself"),
        ({"provider": "cuda"}, "has no provider 'cuda' here; it has .*CPUExecutionProvider.*onnxruntime-gpu"),
        ({"provider": "CPUExecutionProvidr"}, "Did you mean 'CPUExecutionProvider'"),
        ({"base_url": "http://127.0.0.1:1"}, 'base_url is for backend="remote"'),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_an_option_that_does_not_fit_is_named(option, message, exported_folder):
    with pytest.raises(ConfigError, match=message):
        Qwen3Encoder(model=str(exported_folder), backend="onnx", **option).encode_query(["a"])


def test_a_reranker_is_no_encoder(exported_reranker, exported_folder):
    with pytest.raises(CheckpointError, match=r"holds an exported reranker, and an encoder was asked for"):
        Qwen3Encoder(model=str(exported_reranker[1]), backend="onnx").encode_query(["a"])
    with pytest.raises(CheckpointError, match=r"Use Qwen3Encoder"):
        Qwen3Reranker(model=str(exported_folder), backend="onnx").score("a", ["b"])


@pytest.mark.parametrize(("runtime", "package"), [("onnxruntime", "onnxruntime"), ("openvino", "openvino")])
def test_a_missing_runtime_names_its_extra(runtime, package, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, package, None)
    for name in [name for name in sys.modules if name.endswith(f"{runtime}_session")]:
        monkeypatch.delitem(sys.modules, name)
    extra = "onnx" if runtime == "onnxruntime" else "openvino"
    encoder = Qwen3Encoder(model="tiny", backend="onnx", runtime=runtime, max_batch_tokens=77)
    with pytest.raises(MissingExtraError, match=rf"qwen3-embed-integrations\[{extra}\]"):
        encoder.encode_query(["a"])


def test_8_bits_in_blocks_are_int8_as_well(checkpoint, tmp_path):
    folder = exported(checkpoint, tmp_path / "blocks", weights_dtype="int8_blocks")
    plain, named = (Qwen3Encoder(model=str(folder), backend="onnx", dtype=dtype) for dtype in ("auto", "int8"))
    np.testing.assert_array_equal(plain.encode_query(TEXTS), named.encode_query(TEXTS))
    with pytest.raises(ConfigError, match=r"was exported in int8_blocks"):
        Qwen3Encoder(model=str(folder), backend="onnx", dtype="float32").encode_query(TEXTS)


def test_openvino_refuses_int8_by_name(checkpoint, tmp_path):
    folder = exported(checkpoint, tmp_path / "int8", weights_dtype="int8")
    with pytest.raises(ConfigError, match=r"exported in int8, whose products OpenVINO does not compute"):
        Qwen3Encoder(model=str(folder), backend="onnx", runtime="openvino").encode_query(["a"])


@pytest.mark.parametrize(("dtype", "computed"), [("auto", "float32"), ("bfloat16", "bfloat16")])
def test_the_report_says_what_openvino_computes_in(monkeypatch, exported_folder, dtype, computed):
    monkeypatch.setattr(build, "_runtime", lambda config: config.runtime)
    config = EncoderConfig(model=str(exported_folder), backend="onnx", runtime="openvino", dtype=dtype)
    found = dict(report_plan(config))
    assert found["runtime"] == "openvino"
    assert found["computed in"] == computed


def test_the_report_names_files_runtime_and_provider(exported_folder):
    found = dict(report_plan(EncoderConfig(model=str(exported_folder), backend="onnx")))
    assert "float32, opset 23" in found["model"]
    assert found["runtime"].endswith("CPUExecutionProvider")
    with pytest.raises(ConfigError, match=r"has no provider"):
        report_plan(EncoderConfig(model=str(exported_folder), backend="onnx", provider="directml"))
