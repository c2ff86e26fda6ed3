"""Questions to the demo's corpus, Python's standard library, each with the names that answer it.

Written from knowledge of the library, before any model was asked, and asked of none until the end. A passage
of a module, class or function of these names, or of anything inside it, is right.
"""

from __future__ import annotations

from qwen3_embed_integrations.rag.corpora.stdlib_docs import stdlib_documents

from .evalsets import HitSet
from .training_text import clean

_QUESTIONS = {
    "How do I write rows to a spreadsheet-like text file?": "csv",
    "parse command line arguments": "argparse optparse getopt",
    "How can I run a command of the operating system and read its output?": "subprocess os.popen asyncio.subprocess "
    "asyncio.create_subprocess_exec asyncio.create_subprocess_shell",
    "compress a file with gzip": "gzip zlib",
    "How do I make a zip archive?": "zipfile shutil.make_archive",
    "copy a whole folder": "shutil",
    "find all files that match a pattern such as *.txt": "glob fnmatch pathlib.Path.glob pathlib.Path.rglob",
    "pick a random element of a list": "random secrets.choice",
    "Generate a password that nobody can guess": "secrets",
    "compute the SHA-256 checksum of a string": "hashlib",
    "How do I read JSON?": "json",
    "store settings in an ini file": "configparser",
    "How do I log messages to a file?": "logging",
    "measure how long a small piece of code takes": "timeit time.perf_counter",
    "which functions of my program are slow": "cProfile profile pstats",
    "write a unit test that expects an exception": "unittest",
    "download a web page": "urllib.request http.client",
    "start a small web server for a folder": "http.server wsgiref.simple_server",
    "send a message by SMTP": "smtplib",
    "How do I fetch mail from an IMAP mailbox?": "imaplib",
    "split an internet address into host, path and query": "urllib.parse",
    "escape special characters for HTML": "html",
    "What is the square root of a negative number?": "cmath",
    "exact decimal arithmetic for money": "decimal",
    "rational numbers such as 1/3": "fractions",
    "mean and standard deviation of data": "statistics",
    "count how often each word occurs": "collections.Counter",
    "dictionary with a default value for missing keys": "collections.defaultdict",
    "a queue that several threads can use": "queue multiprocessing.Queue",
    "run functions in parallel on all processors": "multiprocessing concurrent.futures",
    "wait for several coroutines at once": "asyncio",
    "cache the results of a function": "functools",
    "all combinations of the elements of a list": "itertools",
    "keep a list sorted while inserting": "bisect heapq",
    "find the smallest items of a large list": "heapq",
    "How do I subtract two dates?": "datetime",
    "print the calendar of a month": "calendar",
    "time zones by name": "zoneinfo datetime",
    "replace text that matches a regular expression": "re",
    "wrap a long paragraph to a given width": "textwrap",
    "show the differences between two texts": "difflib",
    "save Python objects to disk and load them again": "pickle shelve marshal",
    "use a small SQL database without a server": "sqlite3",
    "make a temporary file that is deleted afterwards": "tempfile",
    "get the size of a file and when it was changed": "os.stat os.path pathlib.Path.stat stat os.fstat",
    "read an environment variable": "os",
    "define a class with fields and no boilerplate": "dataclasses",
    "a fixed set of named constants": "enum",
    "print the traceback of an error": "traceback sys.excepthook",
    "step through my program line by line": "pdb bdb",
    "pack integers into bytes as a C struct": "struct",
    "encode binary data as ASCII text": "base64 binascii",
    "parse an XML document": "xml",
    "draw with a turtle": "turtle",
    "make a window with a button": "tkinter",
    "read a line from the user without showing it": "getpass",
    "open the browser at an address": "webbrowser",
    "Who holds references to this object? garbage collection": "gc weakref",
    "translate the messages of my program": "gettext",
    "list all names that a module defines": "inspect pkgutil pyclbr builtins.dir pydoc",
}


def load_demo() -> HitSet:
    """Return the questions; documents are what the demo indexes, each cut as `clean` does."""
    documents = stdlib_documents()
    texts = [clean("\n".join(block.text for block in document.blocks)) for document in documents]
    relevant = []
    for names in _QUESTIONS.values():
        right = tuple(names.split())
        relevant.append(
            frozenset(
                number
                for number, document in enumerate(documents)
                if document.title in right or document.title.startswith(tuple(f"{name}." for name in right))
            )
        )
    return HitSet("demo", list(_QUESTIONS), texts, relevant, ("web",))
