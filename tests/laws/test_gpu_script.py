"""The script that measures a GPU: its parts exist, and their limits together leave it at nine minutes."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks" / "gpu"
SCRIPT = (FOLDER / "run.sh").read_text(encoding="utf-8")
LIMITS = {name: int(most) for name, most in re.findall(r"\[(\w+)\]=(\d+)", SCRIPT)}


def test_the_parts_have_limits_of_nine_minutes_together() -> None:
    assert {path.stem.removeprefix("part_") for path in FOLDER.glob("part_*.py")} == LIMITS.keys()
    assert sum(LIMITS.values()) <= 540
    assert re.search(r"parts=\(([\w ]+)\)", SCRIPT).group(1).split() == list(LIMITS)  # type: ignore[union-attr]


def test_without_a_folder_for_the_results_it_says_what_to_set() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "OUT"}
    done = subprocess.run(  # noqa: S603 - our own script
        ["/usr/bin/env", "bash", str(FOLDER / "run.sh"), "--dry"],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.returncode
    assert "set OUT to the folder of the results" in done.stderr


@pytest.mark.slow
def test_a_part_runs_dry_on_a_cpu_and_writes_its_file(tmp_path: Path) -> None:
    part = "environment"  # the others take a minute and a half together: run the script with --dry
    environment = {**os.environ, "OUT": str(tmp_path), "MODELS": str(tmp_path / "models"), "PYTHON": sys.executable}
    done = subprocess.run(  # noqa: S603 - our own script
        ["/usr/bin/env", "bash", str(FOLDER / "run.sh"), "--dry", part],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, done.stdout
    assert (tmp_path / f"{part}.json").exists()
