"""The plan: chosen by what is here, pinned by the user, never another embedding."""

import numpy as np
import pytest
import torch

from qwen3_embed_integrations import ConfigError, EncoderConfig, Qwen3Encoder
from qwen3_embed_integrations.backends.registry import report_plan
from qwen3_embed_integrations.backends.torch import matmul_selection
from qwen3_embed_integrations.backends.torch import plan_selection as planning
from qwen3_embed_integrations.backends.torch.device import HEAVY
from qwen3_embed_integrations.backends.torch.plan_selection import choose_plan
from qwen3_embed_integrations.core.execution_plan import ExecutionPlan

CPU = torch.device("cpu")


def test_a_small_model_runs_in_plain_torch():
    plan = choose_plan("auto", CPU, torch.float32, HEAVY - 1).plan
    assert (plan.matmul, plan.ops) == ("plain", "torch")


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.int8])
def test_each_choice_for_a_large_model_has_its_reason(dtype):
    chosen = choose_plan("auto", CPU, dtype, HEAVY)
    assert len(chosen.reasons) == 3
    assert "µs" in chosen.reasons[0] or "don't run" in chosen.reasons[0]
    assert chosen.plan.streams == torch.get_num_threads()


def test_what_is_pinned_is_not_chosen():
    plan = choose_plan("matmul=plain ops=torch streams=5 block_tokens=9", CPU, torch.bfloat16, HEAVY).plan
    assert plan == ExecutionPlan("plain", "torch", 5, 9)


def test_a_pin_that_can_not_be_kept_is_refused_before_anything_is_loaded():
    with pytest.raises(ConfigError, match=r"upcast.*dtype=\"bfloat16\" or \"int8\""):
        choose_plan("matmul=upcast", CPU, torch.float32, HEAVY)
    if matmul_selection.why_not_prepacked(torch.bfloat16):
        with pytest.raises(ConfigError, match="don't run here"):
            choose_plan("matmul=prepacked", CPU, torch.bfloat16, 1)


@pytest.mark.parametrize("n_parameters", [1, HEAVY])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.int8])
def test_low_memory_stores_weights_and_multiplies_in_float32(dtype, n_parameters):
    chosen = choose_plan("auto", CPU, dtype, n_parameters, "only 1 GB")
    assert chosen.plan.matmul == "upcast"
    assert (chosen.low_memory, chosen.reasons[0]) == ("only 1 GB", "only 1 GB")
    assert planning.computed_dtype(chosen.plan, dtype) == torch.float32
    assert planning.quantised_inputs(chosen.plan, dtype) is None


@pytest.mark.parametrize("size", [1, HEAVY])
def test_bfloat16_without_hardware_says_that_it_is_only_stored(size, monkeypatch):
    for module in (planning, matmul_selection):
        monkeypatch.setattr(module, "has_bfloat16_matmul", lambda: False)
    monkeypatch.setattr(matmul_selection, "_FASTER", 0.0)  # whatever a CPU that has it would measure
    chosen = choose_plan("auto", CPU, torch.bfloat16, size)
    assert chosen.plan.matmul == "upcast"
    assert "stored in bfloat16 and multiplied in float32" in chosen.reasons[0]


def test_without_numba_the_steps_run_in_torch_and_the_reason_says_what_to_install(monkeypatch):
    monkeypatch.setattr(planning, "find_numba_ops", lambda: None)
    chosen = choose_plan("auto", CPU, torch.bfloat16, HEAVY)
    assert chosen.plan.ops == "torch"
    assert any("[fast]" in reason for reason in chosen.reasons)
    with pytest.raises(ConfigError, match="numba"):
        choose_plan("ops=numba", CPU, torch.bfloat16, HEAVY)


def test_products_that_do_not_run_or_differ_fall_back_to_torch_s_own(monkeypatch):
    def broken(_):
        raise NotImplementedError("no such operator")

    monkeypatch.setattr(matmul_selection.linear, "prepacked", broken)
    chosen = choose_plan("auto", CPU, torch.float32, HEAVY)
    assert chosen.plan.matmul == "plain"
    assert "no such operator" in chosen.reasons[0]
    linear = matmul_selection.linear
    monkeypatch.setattr(linear, "prepacked", lambda weight: linear.plain(weight + 1))
    assert "other numbers" in choose_plan("auto", CPU, torch.float32, HEAVY).reasons[0]


def test_the_report_names_dtype_plan_and_reasons():
    report = report_plan(EncoderConfig(model="tiny"))
    assert dict(report)["dtype"] == "float32"
    assert "matmul=plain" in dict(report)["plan"]
    assert [name for name, _ in report][-2:] == ["because", "advice"]


@pytest.mark.parametrize("plan", ["streams=1", "streams=3", "streams=2 matmul=prepacked", "block_tokens=7"])
def test_a_pinned_plan_gives_the_same_embeddings(checkpoint, plan):
    texts = [f"text {i} {'word ' * (i % 29)}" for i in range(120)]
    plain = Qwen3Encoder(model=str(checkpoint))
    planned = Qwen3Encoder(model=str(checkpoint), plan=plan)
    for texts_of in (texts, texts[:1]):
        np.testing.assert_allclose(
            planned.encode_query(texts_of), np.concatenate([plain.encode_query([text]) for text in texts_of]), atol=2e-6
        )


def test_a_query_whose_ids_leave_the_prompt_s_own_falls_back(checkpoint):
    # "Query:" merges with what follows in some tokenizers; the embedding must be that of the whole text
    encoder = Qwen3Encoder(model=str(checkpoint))
    prompt = encoder.model_info.query_prompt(None)
    for text in ("::", "", " x", "//", "a" * 50):
        (embedding,), (whole,) = encoder.encode_query([text]), encoder.encode_document([prompt + text])
        np.testing.assert_allclose(embedding, whole, atol=2e-6)


@pytest.mark.parametrize(
    ("bfloat16", "amx", "expected"), [(True, False, True), (True, True, False), (False, False, False)]
)
def test_blocks_attend_where_bfloat16_products_are_fast_and_torch_has_no_tiles(monkeypatch, bfloat16, amx, expected):
    monkeypatch.setattr(planning, "has_amx", lambda: amx)
    monkeypatch.setattr(planning, "has_bfloat16_matmul", lambda: bfloat16)
    assert planning.attends_in_bfloat16(ExecutionPlan(), torch.bfloat16) == expected
    assert not planning.attends_in_bfloat16(ExecutionPlan(), torch.float32)
    assert not planning.attends_in_bfloat16(ExecutionPlan("upcast"), torch.bfloat16)


@pytest.mark.parametrize("amx", [True, False])
def test_heads_are_bfloat16_only_on_cpus_with_matrix_units(monkeypatch, amx):
    monkeypatch.setattr(planning, "has_amx", lambda: amx)
    plain = ExecutionPlan()
    assert planning.heads_dtype(plain, torch.bfloat16) == (torch.bfloat16 if amx else torch.float32)
    assert planning.ops_config(plain, torch.bfloat16, 64, 1e-6).dtype == torch.bfloat16
    assert planning.heads_dtype(plain, torch.float32) == torch.float32
    assert planning.heads_dtype(ExecutionPlan("upcast"), torch.bfloat16) == torch.float32
