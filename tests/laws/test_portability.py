"""Nothing that only POSIX has is needed: the package runs where fcntl, resource and fork don't exist."""

import ast
import os
from pathlib import Path

import pytest

import qwen3_embed_integrations
from processes import in_a_fresh_process

PACKAGE = Path(qwen3_embed_integrations.__file__).parent
MODULES = {"fcntl", "grp", "pty", "pwd", "resource", "syslog", "termios", "tty"}
GUARDED = {
    ("resource", "rag/corpora/reader_process.py"),  # an ImportError is caught
    ("resource", "server/connections.py"),  # an ImportError is caught
    ("sysconf", "backends/torch/memory.py"),  # an AttributeError is caught
}
FUNCTIONS = {
    *("O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK", "fchmod", "fork", "forkpty", "getegid", "geteuid", "getgid", "getuid"),
    *("killpg", "register_at_fork", "sched_getaffinity", "setsid", "sysconf", "waitstatus_to_exitcode"),
}
"""Members of os that Windows lacks, of those that a program of this kind might use."""

TAKEN_AWAY = f"""
import os, subprocess, sys
for name in {sorted(MODULES)!r}:
    sys.modules[name] = None
for name in {sorted(FUNCTIONS)!r}:
    if hasattr(os, name):
        delattr(os, name)
"""
WITHOUT_POSIX = f"""
import numpy, pydantic
if BACKEND == "torch":
    import torch
else:
    import onnxruntime, tokenizers
{TAKEN_AWAY}"""
"""Other packages are imported first: on Linux they may use what Linux has."""


@pytest.mark.parametrize("backend", ["torch", "onnx"])
def test_each_backend_embeds_and_caches_without_posix(backend, tmp_path):
    code = f"""BACKEND = {backend!r}{WITHOUT_POSIX}
from qwen3_embed_integrations import Qwen3Encoder
encoder = Qwen3Encoder(model="tiny", backend=BACKEND, cache_path={str(tmp_path / "cache.sqlite")!r})
print(encoder.encode_query(["Where?"]).shape, encoder.encode_query(["Where?"]).shape)
"""
    assert in_a_fresh_process(code) == "(1, 256) (1, 256)"


@pytest.mark.parametrize("backend", ["torch", "onnx"])
def test_the_command_reads_files_in_its_child_process_indexes_and_locks_without_posix(backend, tmp_path):
    """The child process lacks the same; filelock falls back to a lock that is a plain file."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(TAKEN_AWAY)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "invoices.md").write_text("# Invoices\n\nInvoices are sent on the first of each month.\n")
    (tmp_path / "docs" / "page.html").write_text("<h1>Leave</h1><p>Leave is asked for two weeks ahead.</p>")
    arguments = [
        *("rag", "--model", "tiny", "--backend", backend, "--docs", str(tmp_path / "docs")),
        *("--index", str(tmp_path / "index"), "--ask", "When are invoices sent?"),
    ]
    code = f"""BACKEND = {backend!r}
import asyncio, chromadb.api.rust, langchain_chroma, multiprocessing{WITHOUT_POSIX}
os.environ["PYTHONPATH"] = {str(tmp_path / "site")!r}
sys.stderr = sys.stdout
from qwen3_embed_integrations.cli import main
for arguments in ({arguments!r}, ["doctor", "--model", "tiny", "--backend", BACKEND], ["models"]):
    sys.argv = ["qwen3-embed", *arguments]
    try:
        main()
    except SystemExit as ended:
        print("exit code", ended.code)
"""
    out = in_a_fresh_process(code)
    assert out.count("exit code 0") == 3, out
    assert "first of each month" in out
    assert (tmp_path / "index" / "chroma.sqlite3").is_file()


def posix_only(tree):
    """Yield what a module imports, and the members of os that it uses, that Windows lacks."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.partition(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module in MODULES:
            yield node.module
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os":
            yield from {node.attr} & FUNCTIONS


def test_what_windows_lacks_is_asked_for_before_it_is_used():
    for path in PACKAGE.rglob("*.py"):
        text, name = path.read_text(encoding="utf-8"), path.relative_to(PACKAGE).as_posix()
        for found in posix_only(ast.parse(text)):
            is_asked_for = f'hasattr(os, "{found}")' in text or f'getattr(os, "{found}"' in text
            assert is_asked_for or (found, name) in GUARDED, f"{name} uses {found}, which Windows lacks"


def test_what_windows_lacks_is_noticed():
    assert list(posix_only(ast.parse("import fcntl, os\nfrom resource import RLIMIT_AS\nos.fork()\nos.getpid()"))) == [
        "fcntl",
        "resource",
        "fork",
    ]
    if os.name == "posix":
        assert hasattr(os, "fork")
