import ast
import subprocess
import sys

import pytest

from qwen3_embed_integrations.rag.corpora.source_modules import source_modules
from qwen3_embed_integrations.rag.corpora.stdlib_docs import stdlib_documents, stdlib_name

TEXTS = {"pydoc_data", "pydoc_data.topics"}  # one dictionary


@pytest.fixture(scope="module")
def entries():
    return {entry.source: "\n\n".join(block.text for block in entry.blocks) for entry in stdlib_documents()}


def test_there_are_thousands_of_entries_and_no_private_one(entries):
    assert len(entries) > 5000
    assert not [name for name in entries if any(part.startswith("_") for part in name.split("."))]


@pytest.mark.parametrize(
    "name",
    [
        "asyncio.gather",  # defined in asyncio.tasks, starred by the package
        "os.path.join" if sys.platform != "win32" else "os.path.splitdrive",  # posixpath under its known name
        "os.path.getsize",  # starred from genericpath, which nobody imports
        "importlib.metadata.EntryPoint",  # a class that __all__ leaves out, and functions return
        "collections.abc.Mapping",  # defined in a private source file
        "json.JSONDecoder",  # imported by the package
        "concurrent.futures.ThreadPoolExecutor",  # loaded on demand, documented in __init__
        "os.listdir",  # from a compiled module, under a computed __all__
        "struct.pack",  # starred from a compiled module
        "sqlite3.connect",  # starred twice
        "math.sqrt",  # a compiled module
        "str.join",  # a builtin's method
        "pathlib.Path.read_text",  # a method
        "argparse",  # a module
    ],
)
def test_a_name_is_the_one_that_a_reader_imports(entries, name):
    assert entries[name].startswith(name)


@pytest.mark.parametrize("name", ["asyncio.tasks.gather", "builtins.str.join", "sqlite3.dbapi2.connect", "this"])
def test_an_inner_name_is_no_second_entry(entries, name):
    assert name not in entries


@pytest.mark.parametrize(
    "name",
    [
        "genericpath.getsize",  # os.path.getsize
        "ntpath.join" if sys.platform != "win32" else "posixpath.join",
        "asyncio.tasks",  # whose functions are asyncio's
        "tarfile.nti",  # a function that __all__ leaves out
    ],
)
def test_what_the_library_uses_itself_is_no_entry(entries, name):
    assert name not in entries


def test_an_entry_holds_signature_and_docstring(entries):
    assert entries["shutil.copytree"].startswith("shutil.copytree(src, dst, symlinks=False")
    assert "Recursively copy a directory tree" in entries["shutil.copytree"]
    assert entries["queue.Queue"].startswith("queue.Queue(maxsize=0)")


def test_a_module_ends_in_what_it_defines_with_the_first_sentence_of_each(entries):
    contents = entries["smtplib"].rpartition("SMTP: ")[2]
    assert contents.startswith("This class manages a connection to an SMTP or ESMTP server.\n")
    assert 'Sniffer: "Sniffs" the format of a CSV file (i.e. delimiter, quotechar)' in entries["csv"]
    assert "SMTP.sendmail" not in entries["smtplib"]
    assert "sqrt: Return the square root of x." in entries["math"]


def test_the_topics_of_help_are_part_of_it(entries):
    assert "with" in entries['help("with")']


def test_two_readings_are_equal():
    assert stdlib_documents() == stdlib_documents()


def test_reading_runs_no_source_module_and_prints_nothing():
    """Except what compiled modules import (`_elementtree` xml.etree.ElementPath, `_asyncio` asyncio), and texts."""
    code = (
        "import asyncio, ssl, sys; from qwen3_embed_integrations.rag.corpora import stdlib_docs, source_modules;"
        "before = set(sys.modules); stdlib_docs.stdlib_documents();"
        "print(sorted((set(sys.modules) - before) & set(source_modules.source_modules())))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - our own code
    assert set(ast.literal_eval(done.stdout)) <= {"xml", "xml.etree", "xml.etree.ElementPath", *TEXTS}
    assert done.stderr == ""


def test_every_source_module_of_the_library_is_read():
    modules = source_modules()
    assert {"asyncio.tasks", "_collections_abc", "xml.etree.ElementTree"} <= modules.keys()
    assert not [name for name in modules if "test" in name.split(".")]


def test_the_name_tells_the_version():
    assert stdlib_name() == f"Python {sys.version_info.major}.{sys.version_info.minor} standard library"
