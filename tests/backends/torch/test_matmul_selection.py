"""Which products this CPU uses, and which other ones would: forced with oneDNN's own switch in a child process."""

import os
import subprocess
import sys
import textwrap
import warnings

import pytest
import torch

from qwen3_embed_integrations.backends.torch import matmul_selection
from qwen3_embed_integrations.backends.torch.device import has_bfloat16_matmul
from qwen3_embed_integrations.backends.torch.kernels import linear
from qwen3_embed_integrations.backends.torch.matmul_selection import choose_matmul, why_not_prepacked


def on_avx2(code, *arguments):
    """Run code as on CPUs before AVX-512."""
    return restricted("AVX2", code, *arguments)


def restricted(isa, code, *arguments):
    """Run code where oneDNN may use no more than an instruction set; return what it printed."""
    environment = {**os.environ, "ONEDNN_MAX_CPU_ISA": isa, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.int8])
def test_each_choice_runs_here_and_says_what_was_measured(dtype):
    matmul, reason = choose_matmul(dtype)
    assert "µs" in reason or "don't run" in reason or "reference code" in reason
    if matmul == "prepacked":
        assert why_not_prepacked(dtype) == ""
    if dtype == torch.bfloat16:
        assert (matmul == "upcast") <= (not has_bfloat16_matmul())


def test_int8_that_runs_in_reference_code_is_not_chosen(monkeypatch):
    monkeypatch.setattr(matmul_selection, "_TRIAL_RATIO", 0.0)  # as if every product took too long
    matmul, reason = choose_matmul(torch.int8)
    assert matmul == "upcast"
    assert "reference code" in reason


@pytest.mark.parametrize("isa", ["AVX2", "AVX512_CORE_VNNI", "AVX512_CORE_BF16", "DEFAULT"])
def test_int8_products_never_run_in_reference_code(isa):
    printed = restricted(
        isa,
        """
        import torch
        from qwen3_embed_integrations.backends.torch import matmul_selection
        weight, rows = torch.randn(128, 128), torch.randn(16, 128)
        print(matmul_selection._int8_problem(weight, rows) or "none")
        """,
    )
    assert printed == ["none"]


def test_int8_that_returns_other_numbers_is_not_chosen(monkeypatch):
    monkeypatch.setattr(matmul_selection.linear, "int8", lambda weight, _: linear.plain(weight * 1.1))
    monkeypatch.setattr(matmul_selection, "int8_rows", linear.ScaledTensor)
    assert choose_matmul(torch.int8)[1].startswith("torch's oneDNN int8 products return other numbers")


def test_an_avx2_cpu_never_asks_onednn_for_bfloat16():
    printed = on_avx2(
        """
        import torch
        from qwen3_embed_integrations.backends.torch.matmul_selection import *
        from qwen3_embed_integrations.backends.torch.matmul_selection import int8_inputs, int8_output
        from qwen3_embed_integrations.backends.torch.device import has_bfloat16_matmul
        print(has_bfloat16_matmul(), int8_inputs(), int8_output())
        print(choose_matmul(torch.bfloat16)[0])
        print(choose_matmul(torch.int8)[1])
        """
    )
    assert printed[0] == "False torch.uint8 torch.float32"
    assert printed[1] == "upcast"
    assert "in int8" in printed[2]
    assert "in float32" in printed[2]


@pytest.mark.parametrize("dtype", ["bfloat16", "int8"])
@pytest.mark.parametrize("plan", ["auto", "matmul=upcast", "matmul=prepacked ops=torch", "matmul=prepacked ops=numba"])
def test_the_embeddings_of_an_avx2_cpu_are_near_to_float32(checkpoint, dtype, plan):
    if "numba" in plan:
        pytest.importorskip("numba", reason='the extra "fast" is not installed')
    printed = on_avx2(
        """
        import sys, numpy as np
        from qwen3_embed_integrations import ConfigError, Qwen3Encoder
        model, dtype, plan = sys.argv[1:]
        texts = [f"text {i} {'word ' * (i * 7 % 90)}" for i in range(24)]
        exact = Qwen3Encoder(model=model, dtype="float32").encode_document(texts)
        try:
            found = Qwen3Encoder(model=model, dtype=dtype, plan=plan).encode_document(texts)
            print((found * exact).sum(axis=1).min(), "near")
        except ConfigError as error:
            print(error, "refused")
        """,
        checkpoint,
        dtype,
        plan,
    )
    said, how = printed[0].rsplit(" ", 1)
    if dtype == "bfloat16" and "prepacked" in plan:
        assert how == "refused" or float(said) > 0.999
    else:
        assert float(said) > (0.999 if dtype == "bfloat16" else 0.995)


def test_a_measurement_that_torch_warns_of_stays_quiet(monkeypatch, recwarn):
    """As on ARM without bfloat16, seen under QEMU: torch says in C++ that oneDNN refused, and takes another product."""

    def warning(weight):
        def product(inputs):
            warnings.warn("mkldnn_matmul failed, switching to BLAS gemm: needs a cpu with bf16 support", stacklevel=2)
            return linear.ScaledTensor(inputs.values @ weight.T)

        return product

    monkeypatch.setattr(matmul_selection, "has_bfloat16_matmul", lambda: False)
    monkeypatch.setattr(linear, "plain", warning)
    assert choose_matmul(torch.bfloat16)[0] in {"plain", "upcast"}
    assert not recwarn.list
