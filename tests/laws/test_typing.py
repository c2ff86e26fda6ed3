"""Type checkers know every option: mypy and pyright refuse each wrong call and accept each right one."""

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from qwen3_embed_integrations import EncoderConfig, RerankerConfig, RerankerOptions
from qwen3_embed_integrations.core.encoder_options import EncoderOptions

ROOT = Path(__file__).resolve().parent.parent.parent
CALLS = Path(__file__).with_name("typing")


def run(*command: str) -> str:
    done = subprocess.run(  # noqa: S603 - the checkers of this environment
        [sys.executable, "-m", *command], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


def lines_refused_by_mypy() -> dict[str, set[int]]:
    printed = run("mypy", "--no-error-summary", *map(str, sorted(CALLS.glob("*.py"))))
    refused: dict[str, set[int]] = {"right_calls.py": set(), "wrong_calls.py": set()}
    for name, line in re.findall(r"(\w+\.py):(\d+): error", printed):
        refused.setdefault(name, set()).add(int(line))
    return refused


def lines_refused_by_pyright() -> dict[str, set[int]]:
    printed = run("pyright", "--outputjson", "--pythonpath", sys.executable, str(CALLS))
    refused: dict[str, set[int]] = {"right_calls.py": set(), "wrong_calls.py": set()}
    for problem in json.loads(printed)["generalDiagnostics"]:
        if problem["severity"] == "error":
            refused.setdefault(Path(problem["file"]).name, set()).add(problem["range"]["start"]["line"] + 1)
    return refused


@pytest.mark.slow
@pytest.mark.parametrize("refused", [lines_refused_by_mypy, lines_refused_by_pyright])
def test_a_type_checker_refuses_the_wrong_calls_and_no_right_one(refused: Any) -> None:
    source = (CALLS / "wrong_calls.py").read_text(encoding="utf-8").splitlines()
    wrong = {number for number, line in enumerate(source, start=1) if line.endswith("# wrong")}
    assert len(wrong) >= 25
    assert refused() == {"right_calls.py": set(), "wrong_calls.py": wrong}


def test_the_typed_dict_has_every_option_and_is_the_one_that_the_tool_writes() -> None:
    assert get_type_hints(EncoderOptions).keys() == EncoderConfig.model_fields.keys()
    assert get_type_hints(RerankerOptions).keys() == RerankerConfig.model_fields.keys()
    spec = importlib.util.spec_from_file_location("encoder_options_tool", ROOT / "tools" / "encoder_options.py")
    assert spec
    assert spec.loader
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    for module in tool.GENERATED:
        written = module.target.read_text(encoding="utf-8")
        assert written == tool.rendered(module), "run: python tools/encoder_options.py"
