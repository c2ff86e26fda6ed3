"""Triton's kernels compiled for NVIDIA's cards, without one: no register is spilled, no stack used."""

import pytest

pytest.importorskip("triton", reason="triton is not installed: only its compiler can compile the kernels")

from triton_compilation import CASES, compiled


@pytest.mark.parametrize(("capability", "dtype"), [(75, "fp16"), (80, "bf16"), (90, "bf16")])
@pytest.mark.parametrize("case", CASES)
def test_it_compiles_without_spills(tmp_path, monkeypatch, case, capability, dtype):
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    found = compiled(case, capability, dtype)
    assert found.spilled_bytes == found.stack_bytes == 0
    assert 0 < found.registers <= 128  # half of what a thread may have: two blocks a multiprocessor at least
