"""What the pages show is true: their Python runs, prints what they say, and needs no more than they install.

The blocks of a page run in order, in one namespace, in a process that sees only what the page's first block installs.
A `text` block right after a Python block is what it prints; "…" stands for anything. A block that can't run has
`<!-- not run: why -->` on the line above it. In a `diff` block the added lines run.
"""

import importlib
import importlib.util
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from page_environment import closure

ROOT = Path(__file__).resolve().parents[2]
RUNNER = ROOT / "tests" / "support" / "page_runner.py"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
NO_CODE_TO_INSTALL = {"architecture", "options", "performance", "reliability", "why"}
BLOCK = re.compile(
    r"(?P<why><!-- not run: .+? -->\n)?^```python\n(?P<code>.*?)^```$(?:\n\n```text\n(?P<printed>.*?)^```$)?",
    re.DOTALL | re.MULTILINE,
)
INSTALL = re.compile(r"^```console\n\$ pip install (?P<wanted>.+)\n```$", re.MULTILINE)
README_LINES = 130


def blocks(page: Path) -> list[tuple[int, str, str | None]]:
    """Return (line, code, what it prints) of each Python block that runs."""
    text = page.read_text(encoding="utf-8")
    found = (m for m in BLOCK.finditer(text) if not m["why"])
    return [(text[: m.start("code")].count("\n"), m["code"], m["printed"]) for m in found]


def installed(page: Path) -> list[str] | None:
    """Return the distributions that the page's install line installs; None: the page has none."""
    line = INSTALL.search(page.read_text(encoding="utf-8"))
    return sorted(closure(shlex.split(line["wanted"]))) if line else None


def is_as_shown(written: str, shown: str) -> bool:
    return re.fullmatch(".*?".join(map(re.escape, shown.split("…"))), written, re.DOTALL) is not None


def tool(name: str, folder: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, ROOT / folder / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run_blocks(page: str, code: list[tuple[int, str]], distributions: list[str] | None, folder: Path) -> Any:
    return subprocess.run(  # noqa: S603 - our own script
        [sys.executable, str(RUNNER)],
        input=json.dumps({"page": page, "blocks": code, "installed": distributions}),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page)], ids=lambda page: page.stem)
def test_a_pages_python_runs_where_only_its_install_line_was_run(page: Path, tmp_path: Path) -> None:
    found = blocks(page)
    ran = run_blocks(str(page), [(line, code) for line, code, _ in found], installed(page), tmp_path)
    assert ran.returncode == 0, ran.stderr
    for (line, _, printed), written in zip(found, json.loads(ran.stdout.splitlines()[-1]), strict=True):
        assert printed is None or is_as_shown(written, printed), f"{page.name}:{line} prints\n{written}"


def test_a_page_that_needs_more_than_it_installs_is_noticed(tmp_path: Path) -> None:
    few = sorted(closure(["qwen3-embed-integrations[torch,langchain]"]))
    code = [(0, "import torch, langchain_core\nimport chromadb\n")]
    ran = run_blocks("page", code, few, tmp_path)
    assert "ModuleNotFoundError: No module named 'chromadb'" in ran.stderr
    assert run_blocks("page", code, [*few, "chromadb", *closure(["chromadb"])], tmp_path).returncode == 0


def test_a_guide_starts_with_its_install_line() -> None:
    for page in PAGES:
        first = page.read_text(encoding="utf-8").partition("```")[2]
        assert page.stem in {*NO_CODE_TO_INSTALL, "README"} or first.startswith("console\n$ pip install "), page.name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_lines_that_a_diff_adds_run(page: Path) -> None:
    for diff in re.findall(r"^```diff\n(.*?)^```$", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE):
        added = [line[1:] for line in diff.splitlines() if line.startswith("+")]
        assert len(added) == diff.count("\n-") + diff.startswith("-"), "a swap changes lines, it adds none"
        exec("\n".join(added), {})  # noqa: S102 - our own page


def test_the_readme_is_read_in_a_minute() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= README_LINES


def test_pictures_of_the_readme_have_absolute_addresses() -> None:
    pictures = re.findall(r"!\[[^]]*\]\(([^)]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert pictures
    assert all(address.startswith("https://") for address in pictures)


def test_the_tables_of_options_are_those_of_the_code() -> None:
    options_table = tool("options_table", "tools")
    assert not options_table.is_stale(options_table.PAGE), "run: python tools/options_table.py"


def test_a_stale_table_is_noticed_and_rewritten(tmp_path: Path) -> None:
    options_table, page = tool("options_table", "tools"), tmp_path / "page.md"
    page.write_text("before\n<!-- options -->\n| old |\n<!-- /options -->\nafter\n", encoding="utf-8")
    assert options_table.is_stale(page)
    page.write_text(options_table.render(page.read_text(encoding="utf-8")), encoding="utf-8")
    assert not options_table.is_stale(page)
    text = page.read_text(encoding="utf-8")
    assert "| old |" not in text
    assert "| `dimension` | `int` | `None` |" in text.partition("## Which vectors")[2].partition("##")[0]
    assert text.startswith("before\n")
    assert text.endswith("<!-- /options -->\nafter\n")


def test_every_test_that_a_page_names_exists() -> None:
    defined = {
        path.relative_to(ROOT).as_posix(): set(re.findall(r"def (test_\w+)", path.read_text(encoding="utf-8")))
        for path in (ROOT / "tests").rglob("test_*.py")
    }
    named = 0
    for page in PAGES:
        where: set[str] = set()
        for file, test in re.findall(r"`(tests/[\w/]+\.py)`|`(test_\w+)`", page.read_text(encoding="utf-8")):
            if file:
                where = defined[file]
            else:
                named += 1
                assert test in where, f"{page.name}: {test}"
    assert named > 50


def test_every_file_that_the_architecture_names_exists() -> None:
    package = ROOT / "src" / "qwen3_embed_integrations"
    there = [
        f"/{path.relative_to(package).as_posix()}"
        for path in package.rglob("*")
        if path.is_dir() or path.suffix == ".py"
    ]
    named = re.findall(r"`([\w/]+(?:\.py|/))`", (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8"))
    assert len(named) > 20
    missing = [name for name in named if not any(path.endswith(f"/{name.rstrip('/')}") for path in there)]
    assert missing == []


def test_figures_replace_their_own_block_of_a_page(tmp_path: Path) -> None:
    pages = tool("pages", "benchmarks")
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- x 1 -->\nold\n<!-- /x 1 -->\nb\n<!-- x 2 -->\nkept\n<!-- /x 2 -->\n", encoding="utf-8")
    pages.replace_block(page, "x 1", pages.as_markdown([("speed", "7 queries/s")], "python it.py"))
    text = page.read_text(encoding="utf-8")
    assert text.startswith("a\n<!-- x 1 -->\n\n`python it.py` on ")
    assert "\n\n| measured | found |\n|---|---|\n| speed | 7 queries/s |\n\n<!-- /x 1 -->\nb\n" in text
    assert text.endswith("<!-- x 2 -->\nkept\n<!-- /x 2 -->\n")
    assert "old" not in text
    pages.require_block(page, "x 2")
    with pytest.raises(pages.NoBlockError, match="no block <!-- x 3 -->"):
        pages.require_block(page, "x 3")


def test_the_races_tables_are_those_of_its_results(tmp_path: Path) -> None:
    results = ROOT / "benchmarks" / "results"
    copy = tmp_path / "performance.json"
    copy.write_bytes((results / "performance.json").read_bytes())
    command = [sys.executable, str(ROOT / "benchmarks" / "race"), "--render", "--json", str(copy)]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own script
    written = copy.with_suffix(".md").read_text(encoding="utf-8")
    assert written == (results / "performance.md").read_text(encoding="utf-8"), f"run: {' '.join(command[1:])}"
