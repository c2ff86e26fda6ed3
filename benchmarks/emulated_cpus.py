"""Compute exported models on CPUs that are not here, emulated by QEMU, and compare the embeddings with this CPU's.

    python benchmarks/emulated_cpus.py --write benchmarks/results/emulated_cpus.json

Run on Debian 12, x86-64, with the package qemu-user: x86 CPUs run this Python; 64-bit ARM ones run Debian's Python
3.11 and PyPI's wheels, downloaded into build/arm64. Emulation shows whether results are right, and nothing about speed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "build" / "arm64"
X86 = {"Haswell": "AVX2 without VNNI"}
ARM = {"neoverse-n1": "dot products of 8 bits"}
DTYPES = ("float32", "int8", "int4")
DEBIAN = (
    *("libbz2-1.0", "libc6", "libcrypt1", "libexpat1", "libffi8", "libgcc-s1", "libgomp1", "liblzma5", "libsqlite3-0"),
    *("libpython3.11-minimal", "libpython3.11-stdlib", "libssl3", "libstdc++6", "libuuid1", "python3.11-minimal"),
    "zlib1g",
)
WHEELS = ("cyclopts", "numpy", "onnxruntime", "pydantic", "rich", "tokenizers", "tqdm")
FEATURES = {
    "neoverse-n1": (
        "0xd0c",
        "fp asimd aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp",
    ),
}
"""CPU → its part number and features in /proc/cpuinfo, which QEMU would show of the machine around it."""
TEXTS = (
    "Cat.",
    "The Eiffel tower stands in Paris, on the Champ de Mars, and was finished in 1889.",
    "Der Rhein entspringt in den Schweizer Alpen und fließt über Köln in die Nordsee.",
    "北京是中国的首都。",
    "🚀",
    "def add(a, b):\n    return a + b\n",
    "Mix flour with water, then let it rest. " * 12,
    " ".join(f"word{i % 37} runs over hill {i}" for i in range(80)),
)
SCRIPT = """
import sys, numpy
from qwen3_embed_integrations import Qwen3Encoder
texts = sys.argv[3:]
encoder = Qwen3Encoder(model=sys.argv[1], backend="onnx")
numpy.save(sys.argv[2], numpy.concatenate((encoder.encode_document(texts), encoder.encode_query(texts))))
"""


def main() -> None:
    """Measure, print, and write the figures if asked."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", nargs="*", choices=[*X86, *ARM], default=[*X86, *ARM])
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    if set(given.only) & set(ARM):
        prepare_arm()
    result: dict[str, Any] = {"qemu": first_line("qemu-x86_64", "--version"), "cpus": {}}
    with tempfile.TemporaryDirectory() as parent:
        models = {"float32": "tiny"} | {dtype: export(dtype, Path(parent) / dtype) for dtype in DTYPES[1:]}
        here = {dtype: embeddings([sys.executable], model, this_python()) for dtype, model in models.items()}
        for cpu in given.only:
            has = {**X86, **ARM}[cpu]
            found = {dtype: compared(cpu, models[dtype], here[dtype]) for dtype in DTYPES}
            result["cpus"][cpu] = {"has": has, **found}
            print(cpu, json.dumps(result["cpus"][cpu]), flush=True)
    if given.write:
        given.write.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def compared(cpu: str, model: str, expected: Any) -> dict[str, float]:
    """Return the largest difference and the lowest cosine of a model's embeddings on an emulated CPU."""
    if cpu in X86:
        found = embeddings(["qemu-x86_64", "-cpu", cpu, sys.executable], model, this_python())
    else:
        root = FOLDER / "root"
        write_cpuinfo(root / "proc" / "cpuinfo", *FEATURES[cpu])
        python = ["qemu-aarch64", "-cpu", cpu, "-L", str(root), str(root / "usr" / "bin" / "python3.11")]
        found = embeddings(python, model, f"{ROOT / 'src'}:{FOLDER / 'site'}")
    cosines = (found.astype(np.float64) * expected).sum(axis=1)
    return {"largest_difference": float(np.abs(found - expected).max()), "lowest_cosine": float(cosines.min())}


def embeddings(python: list[str], model: str, path: str) -> Any:
    """Return the embeddings of `TEXTS` as documents and as queries, by another Python."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "embeddings.npy"
        environment = {"PATH": os.environ["PATH"], "HOME": folder, "LANG": "C.UTF-8", "PYTHONPATH": path}
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
        run([*python, "-c", SCRIPT, model, str(file), *TEXTS], env=environment)
        return np.load(file)


def export(dtype: str, folder: Path) -> str:
    """Export tiny and return the folder."""
    run(
        [
            sys.executable,
            "-m",
            "qwen3_embed_integrations",
            "export",
            "--model",
            "tiny",
            "--output",
            str(folder),
            "--dtype",
            dtype,
        ]
    )
    return str(folder)


def prepare_arm() -> None:
    """Download Debian's Python for ARM and PyPI's wheels, without changing the system's package lists."""
    if (FOLDER / "site" / "onnxruntime").is_dir():
        return
    for name in ("lists/partial", "cache/archives/partial", "debs", "root/proc"):
        (FOLDER / name).mkdir(parents=True, exist_ok=True)
    settings = {
        "APT::Architectures": "arm64",
        "APT::Architecture": "arm64",
        "Dir::State::Lists": FOLDER / "lists",
        "Dir::Cache": FOLDER / "cache",
        "APT::Sandbox::User": "root",
    }
    apt = ["apt-get", "-q", *(part for name, value in settings.items() for part in ("-o", f"{name}={value}"))]
    run([*apt, "update"])
    run([*apt, "download", *DEBIAN], cwd=FOLDER / "debs")
    for package in (FOLDER / "debs").glob("*.deb"):
        run(["dpkg", "-x", str(package), str(FOLDER / "root")])
    platforms = [f"--platform=manylinux_2_{minor}_aarch64" for minor in range(17, 29)]
    options = ["--python-version=3.11", "--implementation=cp", "--only-binary=:all:", *platforms]
    constraints = ["--constraint", str(ROOT / "constraints.txt")]
    run(
        [
            sys.executable,
            "-m",
            "pip",
            "install",
            "-q",
            "--target",
            str(FOLDER / "site"),
            *options,
            *constraints,
            *WHEELS,
        ]
    )


def write_cpuinfo(file: Path, part: str, features: str) -> None:
    """Write what ONNX Runtime reads of an ARM CPU; of an x86 one it would crash."""
    maker = "CPU implementer\t: 0x41\nCPU architecture: 8"
    one = f"processor\t: {{}}\nFeatures\t: {features}\n{maker}\nCPU part\t: {part}\n\n"
    file.write_text("".join(one.format(number) for number in range(os.cpu_count() or 1)), encoding="utf-8")


def this_python() -> str:
    """Return the path of the modules that this Python imports."""
    return ":".join([str(ROOT / "src"), *filter(None, sys.path[1:])])


def first_line(*command: str) -> str:
    """Return the first line that a command prints."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]


def run(command: list[str], **options: Any) -> None:
    """Run a command.

    Raises:
        SystemExit: It failed; its last words are shown.
    """
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode:
        raise SystemExit(f"{command[0]} ended with {done.returncode}: {(done.stderr or done.stdout)[-2000:]}")


if __name__ == "__main__":
    main()
