"""What both runtimes share: the graph's names, and the number of threads."""

import os

import pytest

from qwen3_embed_integrations import CheckpointError, ConfigError
from qwen3_embed_integrations.backends.onnx.graph_inputs import INPUT_NAMES, OUTPUT_NAMES
from qwen3_embed_integrations.backends.onnx.session import ThreadPlan, check_bfloat16, check_names, plan_threads

LARGE = 2_000_000_000


def test_a_graph_of_another_tool_is_refused_by_its_inputs(tmp_path):
    check_names(tmp_path, INPUT_NAMES, OUTPUT_NAMES)
    with pytest.raises(CheckpointError, match=r"has the inputs attention_mask, input_ids; .*position_ids"):
        check_names(tmp_path, ["input_ids", "attention_mask"], OUTPUT_NAMES)
    with pytest.raises(CheckpointError, match=r"has the outputs last_hidden_state; "):
        check_names(tmp_path, INPUT_NAMES, ["last_hidden_state"])


def test_threads_are_those_that_are_stated_or_allowed(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert plan_threads(LARGE) == ThreadPlan(1, 3)
    monkeypatch.delenv("OMP_NUM_THREADS")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    assert plan_threads(LARGE) == ThreadPlan(1, 2)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    assert plan_threads(LARGE) == ThreadPlan(1, None)
    monkeypatch.delattr(os, "sched_getaffinity")
    assert plan_threads(LARGE) == ThreadPlan(1, None)


def test_batches_of_a_small_model_run_side_by_side(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert plan_threads(20_000_000) == ThreadPlan(3, 1)
    assert str(ThreadPlan(3, 1)) == "3 batch(es) at once, 1 thread(s) each"
    assert "physical core" in str(ThreadPlan(1, None))


def test_a_cpu_without_bfloat16_is_named():
    with pytest.raises(ConfigError, match=r"OpenVINO has FP32, INT8 on this CPU. Omit dtype"):
        check_bfloat16(["FP32", "INT8"])
