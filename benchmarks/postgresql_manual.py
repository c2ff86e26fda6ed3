"""The domain of the fine-tuning figures: headings of PostgreSQL's manual, each with the text below it.

Debian 12's package postgresql-doc-15 (PostgreSQL licence). None of its pages is a source of the bundled model.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bs4 import BeautifulSoup, Tag

PACKAGE = "postgresql-doc-15"
_NUMBER = re.compile(r"^(?:Chapter |Appendix )?[A-Z0-9]+(?:\.\d+)*\.\s+")  # "11.2.1. ", "Chapter 5. ", "F.7. "
_MIN_WORDS, _MAX_WORDS = 12, 160


def download(folder: Path) -> Path:
    """Return the folder of the manual's pages, fetched with apt and unpacked below `folder` once."""
    unpacked = folder / PACKAGE
    if not unpacked.exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "-qq", "download", PACKAGE], cwd=folder, check=True)  # noqa: S607 - where apt is
        archive = next(folder.glob(f"{PACKAGE}_*.deb")).resolve()
        partial = folder / f"{PACKAGE}.partial"
        subprocess.run(["dpkg-deb", "-x", str(archive), str(partial)], check=True)  # noqa: S607
        partial.rename(unpacked)
    return unpacked / "usr/share/doc" / PACKAGE / "html"


def write_pairs(pages: Path, target: Path) -> int:
    """Write JSON lines with query, positive and group (the page); return their number."""
    names = sorted(page for page in pages.glob("*.html") if not page.stem.startswith("release"))  # lists of changes
    rows = {row["positive"]: row for page in names for row in read_page(page)}
    with target.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows.values())
    return len(rows)


def read_page(page: Path) -> Iterator[dict[str, str]]:
    """Return the pairs of one page: section headings, purposes of commands, and settings with their descriptions."""
    soup = BeautifulSoup(page.read_bytes(), "html.parser")
    for found in soup.select("pre, table, .navheader, .navfooter, .toc, .indexterm"):
        found.decompose()
    candidates = [*_commands(soup), *_sections(soup)]
    if page.stem.startswith("runtime-config"):
        candidates += _settings(soup)
    for query, text in candidates:
        words = text.split()
        if query and len(words) >= _MIN_WORDS:
            yield {"query": query, "positive": " ".join(words[:_MAX_WORDS]), "group": page.stem}


def _commands(soup: BeautifulSoup) -> Iterator[tuple[str, str]]:
    """Return a command's one-line purpose ("define a new index") with its description, which names the command."""
    purpose = soup.select_one(".refnamediv p")
    description = next((one for one in soup.select(".refsect1") if _heading(one) == "Description"), None)
    if purpose and description:
        yield _plain(purpose).partition("—")[2].strip(), _own_text(description)


def _sections(soup: BeautifulSoup) -> Iterator[tuple[str, str]]:
    """Return each heading, preceded by that of its page ("Index Types: B-Tree"), with the paragraphs below it."""
    top = ""
    for section in soup.select(".chapter, .sect1, .sect2, .sect3, .sect4"):
        heading = _heading(section)
        top = top or heading
        yield heading if heading == top else f"{top}: {heading}", _own_text(section)


def _settings(soup: BeautifulSoup) -> Iterator[tuple[str, str]]:
    for term in soup.select("dl.variablelist > dt"):
        described = term.find_next_sibling("dd")
        name = re.sub(r"\s*\([^)]*\)", "", _plain(term)).replace("_", " ")
        if isinstance(described, Tag) and len(name.split()) > 1:
            yield name, _plain(described)


def _heading(section: Tag) -> str:
    title = section.select_one("h1, h2, h3, h4, h5, h6")
    return _NUMBER.sub("", _plain(title)) if title else ""


def _own_text(section: Tag) -> str:
    """Return the section's paragraphs without those of its subsections."""
    return " ".join(_plain(part) for part in section.find_all(["p", "ul", "ol"], recursive=False))


def _plain(element: Tag) -> str:
    return " ".join(element.get_text().split())


if __name__ == "__main__":
    print(write_pairs(download(Path("build/fine_tuning")), Path(sys.argv[1])))
