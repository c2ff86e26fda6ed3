"""The report on this machine says what is installed, what is missing with its command, and how a model is computed."""

import platform
from importlib.metadata import PackageNotFoundError, version

import pytest

from qwen3_embed_integrations import EncoderConfig, __version__
from qwen3_embed_integrations.cli import machine


@pytest.fixture
def described(checkpoint):
    return lambda **options: dict(machine.describe_machine(EncoderConfig(model=str(checkpoint), **options)))


def test_versions_processor_and_memory_are_reported(described):
    found = described()
    assert found["package"] == f"qwen3-embed-integrations {__version__}, Python {platform.python_version()}"
    assert platform.machine() in found["system"]
    assert "cores for this process" in found["processor"]
    assert "GiB in all" in found["memory"]
    assert f"torch {version('torch')}" in found["[torch]"]


@pytest.mark.parametrize(
    ("cpuinfo", "expected"),
    [
        ("processor\t: 0\nmodel name\t: Some CPU @ 3 GHz\nflags\t\t: fpu avx2\n", "Some CPU @ 3 GHz"),
        ("processor\t: 0\nFeatures\t: fp asimd sve bf16 i8mm\nCPU part\t: 0xd40\n", "aarch64"),  # Linux on ARM
        (None, "arm"),  # macOS has no such file
    ],
)
def test_a_processor_is_named_on_other_kinds_of_machines(monkeypatch, tmp_path, cpuinfo, expected):
    path = tmp_path / "cpuinfo"
    if cpuinfo is not None:
        path.write_text(cpuinfo)
    monkeypatch.setattr(machine, "_CPUINFO", path)
    monkeypatch.setattr(platform, "processor", lambda: "" if cpuinfo else "arm")
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    assert machine._processor() == expected


def test_a_missing_package_is_named_with_the_extra_that_installs_it(described, monkeypatch):
    def lacking(package):
        if package == "numba":
            raise PackageNotFoundError(package)
        return version(package)

    monkeypatch.setattr(machine, "version", lacking)
    assert described()["[fast]"] == 'numba not installed: pip install "qwen3-embed-integrations[fast]"'


def test_the_plan_of_the_model_is_reported(described):
    found = described(dtype="float32")
    assert found["dtype"] == "float32"
    assert "matmul=" in found["plan"]


def test_cached_models_are_named(tmp_path, checkpoint):
    snapshot = tmp_path / "models--Qwen--Qwen3-Embedding-0.6B/snapshots/abc"
    snapshot.mkdir(parents=True)
    with (snapshot / "model.safetensors").open("wb") as file:
        file.truncate(300_000_000)
    (tmp_path / "models--Qwen--Qwen3-Embedding-0.6B/refs").mkdir()
    (tmp_path / "models--Qwen--Qwen3-Embedding-0.6B/refs/main").write_text("abc")
    found = dict(machine.describe_machine(EncoderConfig(model=str(checkpoint), cache_folder=str(tmp_path))))
    assert found["models"] == "tiny is bundled, 0.6B cached (0.3 GB)"


def test_a_model_that_is_not_there_is_a_finding():
    (found,) = [text for name, text in machine.describe_machine(EncoderConfig(model="tony")) if name == "model"]
    assert "Did you mean 'tiny'?" in found
