"""A new user's path, timed: a fresh environment, the pip line of a guide, three lines of code, an embedding.

    python benchmarks/new_user.py --write benchmarks/results/new_user.json
    python benchmarks/new_user.py --only base langchain      some of the paths

Each path has an environment of its own, made in a temporary folder and removed again. pip installs this checkout in
place of the name, and uses its cache unless --no-cache is given: downloads depend on the network, not on this package.
The code runs in a process of its own, as the user's would. Its time includes loading the model.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import sysconfig
import tempfile
import time
import venv
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAME = "qwen3-embed-integrations"
MEASURE = """
import resource, time
start = time.perf_counter()
{code}
seconds = time.perf_counter() - start
used = resource.getrusage(resource.RUSAGE_SELF)
print()
print(len(embedding), seconds, used.ru_utime + used.ru_stime)
"""


@dataclass(frozen=True)
class NewUser:
    """What a guide tells a new user to do.

    Attributes:
        extras: Of the pip line.
        code: Three lines that end in `embedding`.
    """

    extras: str
    code: str


PATHS = {
    "base": NewUser(
        "",
        "from qwen3_embed_integrations import EncoderConfig\n"
        'config = EncoderConfig(model="tiny", dimension=128)\n'
        "embedding = [0.0] * config.dimension  # the base install has no model",
    ),
    "encoder": NewUser(
        "torch",
        "from qwen3_embed_integrations import Qwen3Encoder\n"
        'encoder = Qwen3Encoder("tiny")\n'
        'embedding = encoder.encode_query(["How do I sort a list?"])[0]',
    ),
    "langchain": NewUser(
        "torch,langchain",
        "from qwen3_embed_integrations.langchain import Qwen3Embeddings\n"
        'embeddings = Qwen3Embeddings(model="tiny")\n'
        'embedding = embeddings.embed_query("How do I sort a list?")',
    ),
    "llama_index": NewUser(
        "torch,llama-index",
        "from qwen3_embed_integrations.llama_index import Qwen3Embedding\n"
        'embed_model = Qwen3Embedding("tiny")\n'
        'embedding = embed_model.get_query_embedding("How do I sort a list?")',
    ),
    "haystack": NewUser(
        "torch,haystack",
        "from qwen3_embed_integrations.haystack import Qwen3TextEmbedder\n"
        'embedder = Qwen3TextEmbedder("tiny")\n'
        'embedding = embedder.run("How do I sort a list?")["embedding"]',
    ),
    "chroma": NewUser(
        "torch,chroma",
        "from qwen3_embed_integrations.chroma import Qwen3EmbeddingFunction\n"
        'function = Qwen3EmbeddingFunction("tiny")\n'
        'embedding = function.embed_query(["How do I sort a list?"])[0]',
    ),
}


@dataclass(frozen=True)
class Taken:
    """What a path took.

    Attributes:
        pip: The pip line, as the guide has it.
        install_s: Seconds of pip.
        n_distributions: Distributions that it installed.
        installed_mb: Their size on disk, in millions of bytes.
        ours_mb: The share of this package, the bundled model included.
        first_embedding_s: Seconds from the first line of code to the embedding, in the first process.
        again_s: The same in a second process, when all bytecode is compiled.
        again_cpu_s: Processor seconds of that process.
        dimension: Length of the embedding.
    """

    pip: str
    install_s: float
    n_distributions: int
    installed_mb: float
    ours_mb: float
    first_embedding_s: float
    again_s: float
    again_cpu_s: float
    dimension: int


def taken(user: NewUser, folder: Path, arguments: list[str]) -> Taken:
    """Walk the path of a new user in a fresh environment."""
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    site = Path(sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}))
    before, n_before = _size(site), _n_distributions(site)
    extras = f"[{user.extras}]" if user.extras else ""
    start = time.perf_counter()
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments]
    subprocess.run([*install, f"{ROOT}{extras}"], check=True)
    install_s = time.perf_counter() - start
    dimension, first_s, _ = _run(python, user.code)
    installed = _size(site) - before  # after the first run: with the bytecode that a user has on disk
    _, again_s, again_cpu_s = _run(python, user.code)
    return Taken(
        pip=f'pip install "{NAME}{extras}"' if extras else f"pip install {NAME}",
        install_s=round(install_s, 1),
        n_distributions=_n_distributions(site) - n_before,
        installed_mb=round(installed / 1e6, 1),
        ours_mb=round(_size(site / "qwen3_embed_integrations") / 1e6, 1),
        first_embedding_s=round(first_s, 2),
        again_s=round(again_s, 2),
        again_cpu_s=round(again_cpu_s, 2),
        dimension=dimension,
    )


def _run(python: Path, code: str) -> tuple[int, float, float]:
    done = subprocess.run(
        [str(python), "-c", MEASURE.format(code=code)], capture_output=True, text=True, check=True, cwd=Path.home()
    )
    dimension, seconds, cpu = done.stdout.splitlines()[-1].split()
    return int(dimension), float(seconds), float(cpu)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _n_distributions(site: Path) -> int:
    return len(list(site.glob("*.dist-info")))


def main() -> None:
    """Walk the paths, print what each took, write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=PATHS, default=list(PATHS), help="these paths")
    parser.add_argument("--write", type=Path, help="a JSON file")
    parser.add_argument("--no-cache", action="store_true", help="let pip download everything")
    parser.add_argument("--pip", nargs="+", default=[], metavar="OPTION", help="further options of pip install")
    options = parser.parse_args()
    arguments = ["--no-cache-dir"] * options.no_cache + options.pip
    found: dict[str, object] = {
        "command": "python benchmarks/new_user.py" + " --no-cache" * options.no_cache,
        "machine": f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}",
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
    }
    for name in options.only:
        with tempfile.TemporaryDirectory() as folder:
            one = taken(PATHS[name], Path(folder) / "venv", arguments)
        print(name, json.dumps(asdict(one)), flush=True)
        found[name] = asdict(one)
    if options.write:
        options.write.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
