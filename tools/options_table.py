"""Write the tables of options into docs/options.md, between `<!-- options -->` and `<!-- /options -->`.

python tools/options_table.py            rewrite the page
python tools/options_table.py --check    fail where the page is stale
"""

from __future__ import annotations

import argparse
import re
import sys
import types
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import SecretStr

from qwen3_embed_integrations import EncoderConfig

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "options.md"
BLOCK = re.compile(r"(<!-- options -->\n).*?(<!-- /options -->)", re.DOTALL)
TITLES = {
    "model": "Which weights, and what computes them",
    "space": "Which vectors",
    "call": "How a call runs",
}
"""Scope of an option → title of its table. Encoders that agree in the first table share one loaded model."""


def tables() -> str:
    """Return every option of EncoderConfig as Markdown tables, one for each scope: name, type, default, help."""
    parts = []
    for scope, title in TITLES.items():
        lines = [f"## {title}", "", "| option | type | default | |", "|---|---|---|---|"]
        lines += [_line(name, field) for name, field in EncoderConfig.model_fields.items() if _scope(field) == scope]
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def render(page: str) -> str:
    """Return a page's text with the current tables in its block."""
    return BLOCK.sub(lambda block: f"{block[1]}\n{tables()}\n\n{block[2]}", page)


def is_stale(page: Path) -> bool:
    """Return whether a page's tables differ from the current ones."""
    text = page.read_text(encoding="utf-8")
    return render(text) != text


def main() -> int:
    """Rewrite or check the page; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the page is stale")
    check = parser.parse_args().check
    if not is_stale(PAGE):
        return 0
    if check:
        print(f"{PAGE.relative_to(ROOT)} is stale: run python tools/options_table.py")
        return 1
    PAGE.write_text(render(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)} rewritten")
    return 0


def _scope(field: Any) -> str:
    return str(field.json_schema_extra["scope"])


def _line(name: str, field: Any) -> str:
    default = f"`{field.default!r}`".replace("'", '"')
    cells = (f"`{name}`", _type(field.annotation), default, field.description or "")
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def _type(annotation: Any) -> str:
    """Return a type as a user writes its values; None is told by the default and the help."""
    if get_origin(annotation) in {Union, types.UnionType}:
        return " or ".join(_type(part) for part in get_args(annotation) if part is not type(None))
    if get_origin(annotation) is Literal:
        return ", ".join(f'`"{value}"`' for value in get_args(annotation))
    return "`str`" if annotation is SecretStr else f"`{annotation.__name__}`"


if __name__ == "__main__":
    sys.exit(main())
