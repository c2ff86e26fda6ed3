"""Writes the table of options into the pages, between `<!-- options -->` and `<!-- /options -->`.

python tools/options_table.py            rewrite the pages
python tools/options_table.py --check    name the pages that are stale, and fail
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
BLOCK = re.compile(r"(<!-- options -->\n).*?(<!-- /options -->)", re.DOTALL)
DECIDES = {"model": "weights", "space": "vectors", "call": "call"}


def table() -> str:
    """Return every option of EncoderConfig as a Markdown table: name, type, default, what it decides, help."""
    lines = ["| option | type | default | decides | |", "|---|---|---|---|---|"]
    for name, field in EncoderConfig.model_fields.items():
        extra: Any = field.json_schema_extra
        cells = (
            f"`{name}`",
            _type(field.annotation),
            f"`{field.default!r}`".replace("'", '"'),
            DECIDES[extra["scope"]],
            field.description or "",
        )
        lines.append(f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |")
    return "\n".join(lines) + "\n"


def render(page: str) -> str:
    """Return the page with an up-to-date table in its block; return a page without a block unchanged."""
    return BLOCK.sub(lambda block: block[1] + table() + block[2], page)


def stale(pages: list[Path]) -> list[Path]:
    """Return the pages whose table is out of date."""
    return [page for page in pages if render(text := page.read_text(encoding="utf-8")) != text]


def pages() -> list[Path]:
    """Return README.md and every page of docs/."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def main() -> int:
    """Rewrite or check the pages; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a page is stale")
    check = parser.parse_args().check
    found = stale(pages())
    for page in found:
        print(f"{page.relative_to(ROOT)} {'is stale: run python tools/options_table.py' if check else 'rewritten'}")
        if not check:
            page.write_text(render(page.read_text(encoding="utf-8")), encoding="utf-8")
    return 1 if check and found else 0


def _type(annotation: Any) -> str:
    """Return a type as users write its values; leave None out, which default and help explain."""
    if get_origin(annotation) in {Union, types.UnionType}:
        return " or ".join(_type(part) for part in get_args(annotation) if part is not type(None))
    if get_origin(annotation) is Literal:
        return ", ".join(f'`"{value}"`' for value in get_args(annotation))
    return "`str`" if annotation is SecretStr else f"`{annotation.__name__}`"


if __name__ == "__main__":
    sys.exit(main())
