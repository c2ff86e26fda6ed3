"""The roofline of benchmarks/race is the best rate of a run, so that no engine exceeds it."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
import torch

RACE = Path(__file__).resolve().parents[2] / "benchmarks" / "race"


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module, with products that take no time."""
    monkeypatch.syspath_prepend(RACE)
    module = importlib.import_module("machine")
    monkeypatch.setattr(module, "_SHAPES", ((64, 32),))
    monkeypatch.setattr(module, "_N_TOKENS", (16,))
    return module


def test_products_are_timed_together_and_apart_and_the_threads_are_kept(machine: Any) -> None:
    n_threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        rates = machine.measure_products()
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(n_threads)
    assert {"float32 F.linear, 1 product by 2 threads", "float32 F.linear, 2 products by 1 thread each"} <= rates.keys()


def test_the_better_of_two_measurements_counts(machine: Any) -> None:
    early = {"cpu": "x", "gflops": {"float32 a": 250, "int8": 9}, "read_gb_s": 20.0}
    late = {"cpu": "x", "gflops": {"float32 a": 290, "int8": 8}, "read_gb_s": 18.0}
    assert machine.faster_of(early, late) == {"cpu": "x", "gflops": {"float32 a": 290, "int8": 9}, "read_gb_s": 20.0}


def test_a_kind_that_the_cpu_lacks_is_left_out(machine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def lacks(*_: Any) -> None:
        raise RuntimeError("bf16 path needs the cpu support avx512bw")

    monkeypatch.setattr(machine, "_prepacked", lacks)
    assert not [name for name in machine.measure_products() if "prepacked" in name]


def test_the_roofline_takes_the_fastest_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(RACE)
    report = importlib.import_module("report")
    rates = {"float32 F.linear, 1 product by 2 threads": 240, "float32 F.linear, 2 products by 1 thread each": 290}
    known = {"gflops": rates, "flop": {"linear": 1e9, "attention": 0.0}}
    assert report.roofline(known, "float32", 128) == pytest.approx(290)
