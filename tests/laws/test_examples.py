"""Every example runs as a user runs it: a script of its own process, offline.

One that can't says so in a line `# needs: …`, and is skipped with that reason.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import qwen3_embed_integrations

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
SOURCE = Path(qwen3_embed_integrations.__file__).parent.parent
MAX_LINES = 60
ARGUMENTS = {"chroma_rag": ("notes", "How do I open a collection safely?")}  # of those that take any


def the_wide_embeddings_gain(output: str) -> None:
    """The bundled model itself is fine-tuned here: half of its dimensions once drowned in the other."""
    metrics = re.findall(r"(\d+) numbers: nDCG@10 ([\d.]+) -> ([\d.]+)", output)
    assert [int(width) for width, _, _ in metrics] == [256, 128, 64, 32]
    assert all(float(after) > float(before) + 0.01 for _, before, after in metrics[:3]), output


CHECKS = {"fine_tune": the_wide_embeddings_gain}  # of what an example prints


@pytest.mark.parametrize("example", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_an_example_runs_and_prints(example: Path, tmp_path: Path) -> None:
    needs = [line for line in example.read_text(encoding="utf-8").splitlines() if line.startswith("# needs:")]
    if needs:
        pytest.skip(needs[0].removeprefix("# "))
    shutil.copytree(ROOT / "docs", tmp_path / "notes")
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(SOURCE), os.environ.get("PYTHONPATH", "")]),
        "HF_HUB_OFFLINE": "1",
    }
    ran = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-W", "error::UserWarning", str(example), *ARGUMENTS.get(example.stem, ())],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip()
    assert "Traceback" not in ran.stderr
    CHECKS.get(example.stem, str)(ran.stdout)


@pytest.mark.parametrize("example", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_an_example_fits_a_screen_and_has_a_main(example: Path) -> None:
    text = example.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MAX_LINES
    assert "def main(" in text
