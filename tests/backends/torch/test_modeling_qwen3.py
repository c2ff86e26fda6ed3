"""PackedQwen3 against transformers' own module."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from checkpoints import write_json
from qwen3_embed_integrations import CheckpointError, Qwen3Encoder
from qwen3_embed_integrations.backends.torch.architecture import Qwen3Architecture, is_plain
from qwen3_embed_integrations.backends.torch.attention import Layout
from qwen3_embed_integrations.backends.torch.matmul_selection import why_not_prepacked
from qwen3_embed_integrations.backends.torch.modeling_qwen3 import PackedQwen3
from qwen3_embed_integrations.backends.torch.thread_team import ThreadTeam
from qwen3_embed_integrations.backends.torch.transformers_model import ReferenceQwen3, load_reference
from qwen3_embed_integrations.backends.torch.weights import FolderWeights
from qwen3_embed_integrations.core.execution_plan import ExecutionPlan
from qwen3_embed_integrations.core.packing import pack
from qwen3_embed_integrations.scheduling.worker_thread import pausing

CPU = torch.device("cpu")
SHAPES = [{}, {"num_key_value_heads": 1, "hidden_size": 96}, {"head_dim": 16, "rope_theta": 1e6, "rms_norm_eps": 1e-5}]


def packed():
    rng = np.random.default_rng(0)
    batch = pack(sorted((rng.integers(0, 999, n).tolist() for n in (1, 2, 2, 9, 40, 300)), key=len))
    ids, positions, cu_seqlens = map(torch.from_numpy, (batch.input_ids, batch.position_ids, batch.cu_seqlens))
    return ids, positions, Layout.of(batch.lengths.tolist(), cu_seqlens), cu_seqlens[1:] - 1


def own(folder, dtype, **plan):
    shape = Qwen3Architecture.of(json.loads((folder / "config.json").read_text()))
    stored = torch.bfloat16 if dtype == torch.int8 else dtype
    return PackedQwen3(shape, FolderWeights(folder, CPU, stored), dtype, ExecutionPlan(**plan))


@pytest.fixture(scope="module", params=range(len(SHAPES)))
def folder(request, make_checkpoint):
    return make_checkpoint(seed=request.param, **SHAPES[request.param])


@torch.inference_mode()
def test_states_equal_transformers_states_in_float32(folder):
    ids, positions, layout, ends = packed()
    reference = ReferenceQwen3(load_reference(folder, CPU, torch.float32))
    model = own(folder, torch.float32)
    torch.testing.assert_close(
        model(ids, positions, layout, None), reference(ids, positions, layout, None), atol=1e-5, rtol=1e-5
    )
    torch.testing.assert_close(
        model(ids, positions, layout, ends), reference(ids, positions, layout, ends), atol=1e-5, rtol=1e-5
    )


@pytest.mark.parametrize("block_tokens", [64, 512])
@torch.inference_mode()
def test_a_thread_team_gives_the_states_that_one_thread_gives(folder, block_tokens):
    ids, positions, layout, ends = packed()
    model = own(folder, torch.float32, block_tokens=block_tokens)
    alone = model(ids, positions, layout, ends)
    with ThreadTeam(2, of=torch.get_num_threads()) as thread_team:
        torch.testing.assert_close(model(ids, positions, layout, ends, (), thread_team), alone, atol=1e-5, rtol=1e-5)


@torch.inference_mode()
def test_what_is_kept_of_a_prefix_is_its_keys_and_values_alone(folder):
    ids = torch.arange(5)
    for kept in own(folder, torch.float32).keys_values(ids, Layout.of([5], torch.tensor([0, 5]))):
        for states in (kept.key, kept.value):
            assert states.untyped_storage().nbytes() == states.nbytes


@torch.inference_mode()
def test_bfloat16_states_are_nearer_to_float32_than_transformers_are(folder):
    inputs = packed()
    exact = own(folder, torch.float32)(*inputs)
    near = torch.cosine_similarity(own(folder, torch.bfloat16)(*inputs), exact).min()
    theirs = ReferenceQwen3(load_reference(folder, CPU, torch.bfloat16))(*inputs)
    assert near > 0.999
    assert near >= torch.cosine_similarity(theirs, exact).min()


PLANS = [
    {"matmul": matmul, "ops": ops, "block_tokens": block_tokens}
    for matmul, ops, block_tokens in [
        ("prepacked", "torch", 7),
        ("plain", "numba", 2048),
        ("prepacked", "numba", 64),
    ]
]


def skip_without_numba(plan):
    if plan.get("ops") == "numba":
        pytest.importorskip("numba", reason='the extra "fast" is not installed')


def skip_unless_it_runs(plan, dtype):
    skip_without_numba(plan)
    if plan.get("matmul") == "prepacked" and (reason := why_not_prepacked(dtype)):
        pytest.skip(f"this CPU has no such product: {reason}")


@pytest.mark.parametrize("plan", PLANS, ids=str)
@torch.inference_mode()
def test_every_plan_gives_the_plain_states_in_float32(checkpoint, plan):
    skip_without_numba(plan)
    ids, positions, layout, ends = packed()
    plain, planned = own(checkpoint, torch.float32), own(checkpoint, torch.float32, **plan)
    for wanted in (None, ends):
        torch.testing.assert_close(
            planned(ids, positions, layout, wanted), plain(ids, positions, layout, wanted), atol=2e-6, rtol=2e-6
        )


LOW_MEMORY = [{"matmul": "upcast", "ops": "torch"}, {"matmul": "upcast", "ops": "numba", "block_tokens": 64}]


@pytest.mark.parametrize("plan", [*PLANS, *LOW_MEMORY], ids=str)
@torch.inference_mode()
def test_every_plan_keeps_bfloat16_near_to_float32(checkpoint, plan):
    skip_unless_it_runs(plan, torch.bfloat16)
    exact = own(checkpoint, torch.float32)(*packed())
    assert torch.cosine_similarity(own(checkpoint, torch.bfloat16, **plan)(*packed()), exact).min() > 0.9995


@torch.inference_mode()
def test_stored_bfloat16_computes_as_float32_on_rounded_weights(checkpoint):
    rounded = own(checkpoint, torch.bfloat16, matmul="upcast")(*packed())
    exact = own(checkpoint, torch.float32)(*packed())
    assert torch.cosine_similarity(rounded, exact).min() > 0.9999
    assert torch.cosine_similarity(own(checkpoint, torch.bfloat16)(*packed()), exact).min() < (
        torch.cosine_similarity(rounded, exact).min()
    )


@pytest.mark.parametrize("plan", [{}, *PLANS[::2], *LOW_MEMORY], ids=str)
@torch.inference_mode()
def test_int8_stays_near_to_float32(checkpoint, plan):
    skip_unless_it_runs(plan, torch.int8)
    exact = own(checkpoint, torch.float32)(*packed())
    assert torch.cosine_similarity(own(checkpoint, torch.int8, **plan)(*packed()), exact).min() > 0.995


@pytest.mark.parametrize("n_prefix", [1, 20])
@torch.inference_mode()
def test_a_kept_prefix_gives_the_states_of_whole_sequences(checkpoint, n_prefix):
    model = own(checkpoint, torch.float32)
    rng = np.random.default_rng(1)
    prefix = tuple(rng.integers(0, 999, n_prefix).tolist())
    batch = pack([rng.integers(0, 999, n).tolist() for n in (1, 3, 3, 40)], prefix)
    whole = batch.without_prefix()
    states = [
        model(ids, positions, Layout.of(one.lengths.tolist(), cu_seqlens), cu_seqlens[1:] - 1, kept)
        for one, kept in ((batch, model.keys_values(*prefix_inputs(prefix))), (whole, ()))
        for ids, positions, cu_seqlens in [map(torch.from_numpy, (one.input_ids, one.position_ids, one.cu_seqlens))]
    ]
    torch.testing.assert_close(*states, atol=2e-6, rtol=2e-6)


def prefix_inputs(prefix):
    return torch.tensor(prefix), Layout.of([len(prefix)], torch.tensor([0, len(prefix)]))


@pytest.mark.parametrize(
    "change",
    [
        {"rope_parameters": {"rope_type": "yarn", "factor": 4.0, "rope_theta": 1e4}},
        {"rope_scaling": {"type": "linear", "factor": 2.0}},
        {"attention_bias": True},
        {"quantization_config": {"quant_method": "gptq"}},
        {"hidden_act": "gelu"},
    ],
)
def test_an_unusual_checkpoint_is_left_to_transformers(checkpoint, change):
    config = json.loads((checkpoint / "config.json").read_text())
    assert is_plain(config)
    assert not is_plain({**config, **change})


def test_stretched_positions_run_through_transformers_and_change_the_embeddings(own_checkpoint, checkpoint):
    config = json.loads((own_checkpoint / "config.json").read_text())
    stretched = {"rope_type": "linear", "factor": 4.0, "rope_theta": config["rope_parameters"]["rope_theta"]}
    write_json(own_checkpoint / "config.json", {**config, "rope_parameters": stretched})
    embeddings = Qwen3Encoder(model=str(own_checkpoint)).encode_document(["one two three four"])
    assert np.abs(embeddings - Qwen3Encoder(model=str(checkpoint)).encode_document(["one two three four"])).max() > 1e-4


def test_weights_named_as_in_the_language_model_load_too(own_checkpoint, checkpoint):
    weights = load_file(own_checkpoint / "model.safetensors")
    renamed = {f"model.{name}": weight for name, weight in weights.items()}
    save_file(renamed, own_checkpoint / "model.safetensors", metadata={"format": "pt"})
    embeddings = Qwen3Encoder(model=str(own_checkpoint)).encode_document(["x"])
    np.testing.assert_array_equal(embeddings, Qwen3Encoder(model=str(checkpoint)).encode_document(["x"]))


def test_a_weight_of_another_shape_is_refused(own_checkpoint):
    config = json.loads((own_checkpoint / "config.json").read_text())
    write_json(own_checkpoint / "config.json", {**config, "intermediate_size": 256})
    with pytest.raises(CheckpointError, match=r"has shape \(128, 64\), config.json says \(256, 64\)"):
        Qwen3Encoder(model=str(own_checkpoint)).load()


def test_the_usual_checkpoint_runs_without_importing_transformers(checkpoint):
    import subprocess
    import sys

    code = (
        "import sys; from qwen3_embed_integrations import Qwen3Encoder;"
        f"Qwen3Encoder(model={str(checkpoint)!r}).encode_query(['x']); print('transformers' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - our own code
    assert done.stdout == "False\n"


@torch.inference_mode()
def test_another_batch_between_the_products_changes_no_state(folder):
    ids, positions, layout, ends = packed()
    model = own(folder, torch.float32, block_tokens=64)
    expected = model(ids, positions, layout, ends)
    short = torch.arange(5), torch.arange(5), Layout.of([5], torch.tensor([0, 5])), torch.tensor([4])
    expected_short, found_short = model(*short), []
    with pausing(lambda: found_short.append(model(*short))):
        found = model(ids, positions, layout, ends)
    assert torch.equal(found, expected)
    assert len(found_short) > 3 * len(model._layers)
    assert all(torch.equal(one, expected_short) for one in found_short)


@torch.inference_mode()
def test_repeated_ids_have_the_states_of_each_alone(checkpoint):
    """The first layer's product is computed once for each id of a large batch."""
    model = own(checkpoint, torch.float32)
    sequences = [[7, 7, 7, 1, 2, 7] * 20, [7, 1] * 30]
    alone = [model(*_inputs([one])) for one in sequences]
    short = [model(*_inputs([one[:60]])) for one in sequences]  # too few tokens to look for repeated ones
    together = model(*_inputs(sequences))
    torch.testing.assert_close(together, torch.cat(alone), atol=2e-6, rtol=2e-6)
    torch.testing.assert_close(model(*_inputs([one[:60] for one in sequences])), torch.cat(short), atol=2e-6, rtol=2e-6)


def _inputs(sequences):
    batch = pack(sequences)
    ids, positions, cu_seqlens = map(torch.from_numpy, (batch.input_ids, batch.position_ids, batch.cu_seqlens))
    return ids, positions, Layout.of(batch.lengths.tolist(), cu_seqlens), cu_seqlens[1:] - 1
