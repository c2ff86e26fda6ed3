"""What the pages show is true: their Python runs, their table of options is that of the code.

The blocks of a page run in order, in one namespace, as a reader would type them. A block that can't run has
`<!-- not run: why -->` on the line above it.
"""

import importlib
import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"(?P<why><!-- not run: .+? -->\n)?^```python\n(?P<code>.*?)^```$", re.DOTALL | re.MULTILINE)


def blocks(page: Path) -> list[tuple[int, str]]:
    """Gives (line, code) of each Python block that runs."""
    text = page.read_text(encoding="utf-8")
    return [(text[: m.start("code")].count("\n"), m["code"]) for m in BLOCK.finditer(text) if not m["why"]]


def options_table() -> Any:
    spec = importlib.util.spec_from_file_location("options_table", ROOT / "tools" / "options_table.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page)], ids=lambda page: page.stem)
def test_a_pages_python_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": "__main__"}
    for line, code in blocks(page):
        exec(compile("\n" * line + code, str(page), "exec"), namespace)  # noqa: S102 - our own page


def test_every_pages_table_of_options_is_that_of_the_code() -> None:
    tool = options_table()
    assert tool.stale(PAGES) == [], "run: python tools/options_table.py"


def test_a_stale_table_is_noticed_and_rewritten(tmp_path: Path) -> None:
    tool, page = options_table(), tmp_path / "page.md"
    page.write_text("before\n<!-- options -->\n| old |\n<!-- /options -->\nafter\n", encoding="utf-8")
    assert tool.stale([page]) == [page]
    page.write_text(tool.render(page.read_text(encoding="utf-8")), encoding="utf-8")
    assert tool.stale([page]) == []
    text = page.read_text(encoding="utf-8")
    assert "| old |" not in text
    assert "| `dimension` | `int` | `None` | vectors |" in text
    assert text.startswith("before\n")
    assert text.endswith("<!-- /options -->\nafter\n")


def test_the_framework_pages_show_the_options() -> None:
    shown = {page.stem for page in PAGES if "<!-- options -->" in page.read_text(encoding="utf-8")}
    assert {"README", "langchain", "llama_index", "haystack", "chroma"} <= shown


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


def test_metrics_replace_their_own_block_of_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    pages = importlib.import_module("pages")
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
