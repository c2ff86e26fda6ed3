"""What the guards do with hostile files: for each the time until it is refused, and what is printed.

    python benchmarks/guards.py [--many 50000] [--write benchmarks/results/guards.md]

Each input lies in a folder of its own beside one readable file; the time is that of reading the folder, the start of
the child process included. `--only pdf` measures the inputs whose name or file name holds that word.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from qwen3_embed_integrations.rag.corpora.folder import folder_corpus, unknown_files
from qwen3_embed_integrations.rag.corpora.limits import (
    MAX_ENTRY_BYTES,
    MAX_FILE_BYTES,
    MAX_MEMORY_BYTES,
    MAX_RATIO,
    MAX_ZIP_ENTRIES,
)

sys.path.insert(0, str(Path(__file__).parent.parent / "tests/support"))
from document_files import pdf_bomb, zipped

MB = 1_000_000
LAUGHS = "<!DOCTYPE w [" + '<!ENTITY a "ha">' + "".join(f'<!ENTITY b{n} "&a;&a;">' for n in range(9)) + "]>"


def lying_archive() -> bytes:
    """Return an archive that declares 10 bytes for an entry of 3 MB."""
    data = zipped({"content.xml": bytes(3 * MB)})
    return data.replace((3 * MB).to_bytes(4, "little"), (10).to_bytes(4, "little"))


def sparse(path: Path) -> None:
    """Make a file of 250 MB that takes no space."""
    with path.open("wb") as file:
        file.truncate(250 * MB)


def bind(path: Path) -> None:
    """Leave a socket in the folder."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


def loop(path: Path) -> None:
    """Link a folder to its parent."""
    path.symlink_to(path.parent)


def written(data: Callable[[], bytes]) -> Callable[[Path], None]:
    """Return a function that writes these bytes to a path."""
    return lambda path: path.write_bytes(data()) and None


def cases() -> list[tuple[str, str, str, Callable[[Path], None]]]:
    """Return (input, limit, file name, what makes it)."""
    memory = f"{MAX_MEMORY_BYTES / 1e9:.0f} GB of memory"
    entities = {"content.xml": f"{LAUGHS}<w>&b8;</w>".encode()}
    return [
        ("a file of 250 MB", f"{MAX_FILE_BYTES // MB} MB", "big.log", sparse),
        ("3 MB of zeros in a .docx", f"{MAX_RATIO} times", "a.docx", written(lambda: zipped({"x": bytes(3 * MB)}))),
        ("150 MB in an .xlsx", f"{MAX_ENTRY_BYTES // MB} MB", "a.xlsx", written(lambda: zipped({"x": half_random()}))),
        (
            "10,001 entries",
            f"{MAX_ZIP_ENTRIES:,}",
            "a.epub",
            written(lambda: zipped({str(n): b"" for n in range(10_001)})),
        ),
        ("a declared size that is wrong", "measured", "a.odt", written(lying_archive)),
        ("XML entities", "none", "b.odt", written(lambda: zipped(entities))),
        ("a page of 3 million operators in a .pdf", memory, "a.pdf", written(lambda: pdf_bomb(3_000_000))),
        ("4,000 pages of 10,000 operators in a .pdf", "60 s", "b.pdf", written(lambda: pdf_bomb(10_000, 4_000))),
        ("100,000 brackets in a .json", "", "a.json", written(lambda: b"[" * 100_000)),
        ("a pipe", "", "pipe.txt", os.mkfifo),
        ("a socket", "", "socket.txt", bind),
        ("a link that leads nowhere", "", "gone.md", lambda path: path.symlink_to("nowhere")),
        ("a folder that links to itself", "", "loop", loop),
    ]


def half_random() -> bytes:
    """Return 150 MB that compress to about a hundredth."""
    return (os.urandom(10_000) + bytes(990_000)) * 150


def many_files(folder: Path, n_files: int) -> Path:
    """Return a folder with this many small files, 500 in each subfolder."""
    for number in range(n_files):
        path = folder / f"{number // 500:03}" / f"{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"Note {number}.")
    return folder


def read(folder: Path) -> tuple[float, str]:
    """Return the seconds that reading a folder took, and what is left out."""
    started = time.perf_counter()
    corpus = folder_corpus(folder, skip_unreadable=True)
    seconds = time.perf_counter() - started
    left_out = [*corpus.skipped, *([f"not read: {unknown_files(corpus.unknown)}"] if corpus.unknown else [])]
    return seconds, "; ".join(left_out) or f"nothing: {len(corpus.documents):,} documents were read"


def main() -> None:
    """Print the table, and write it if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--many", type=int, default=50_000, help="small files in the last folder")
    parser.add_argument("--only", default="", help="measure only inputs that hold this word")
    parser.add_argument("--write", type=Path, help="file for the table")
    args = parser.parse_args()
    lines = ["| input | limit | s | left out |", "|---|---|--:|---|"]
    with tempfile.TemporaryDirectory() as scratch:
        chosen = [case for case in cases() if args.only in f"{case[0]} {case[2]}"]
        for number, (name, limit, file, make) in enumerate(chosen):
            folder = Path(scratch, str(number))
            folder.mkdir()
            (folder / "zz.txt").write_text("This file is read.")
            make(folder / file)
            seconds, printed = read(folder)
            lines.append(f"| {name} | {limit} | {seconds:.1f} | {printed} |")
            print(lines[-1], flush=True)
        if args.only in (files := f"{args.many:,} files"):
            seconds, printed = read(many_files(Path(scratch, "many"), args.many))
            lines.append(f"| {files} | | {seconds:.1f} | {printed} |")
            print(lines[-1], flush=True)
    if args.write:
        args.write.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
