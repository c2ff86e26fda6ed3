"""Functions with the comments that document them: queries and answers for code search."""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from collections.abc import Iterator
from pathlib import Path

from tools.train_tiny.training_text import TrainingText, clean, is_useful

_MOST_CODE = 1400
_LEAST_CODE = 60
_LEAST_DOC, _MOST_DOC = 15, 400
_SKIPPED = frozenset({"test", "tests", "testing", "_vendor", "node_modules", "examples", "testdata"})
_COMMENTED = {
    ".go": re.compile(r"((?:^//[^\n]*\n)+)(^func [^\n]*\{\n.*?^\}$)", re.DOTALL | re.MULTILINE),
    ".rs": re.compile(
        r"((?:^ *///[^\n]*\n)+)(?:^ *#\[[^\n]*\n)*(^ *(?:pub(?:\([a-z]+\))? )?(?:async )?fn [^{;]*\{\n.*?^ {0,4}\}$)",
        re.DOTALL | re.MULTILINE,
    ),
    ".java": re.compile(
        r"^( *)/\*\*(.*?)\*/\s*((?:^ *@[^\n]*\n)*^ *(?:public|private|protected|static)[^;{=]*\([^;{]*\{.*?^\1\}$)",
        re.DOTALL | re.MULTILINE,
    ),
    ".js": re.compile(
        r"^( *)/\*\*(.*?)\*/\s*(^ *(?:export )?(?:default )?(?:async )?(?:function|const)\b[^\n]*\n.*?^\1\}[;)]*$)",
        re.DOTALL | re.MULTILINE,
    ),
}
_COMMENTED[".ts"] = _COMMENTED[".js"]
_COMMENT_MARKS = re.compile(r"^ *(?:///?|\*) ?", re.MULTILINE)
_TAGS = re.compile(r"\{@\w+ ([^}]*)\}|</?\w+[^>]*>|`")
_NAME_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def read_functions(source: str, folder: Path) -> Iterator[TrainingText]:
    """Yield, for every documented function below ``folder``, its description with the code as the answer.

    Python functions stand without their docstring, others without the comment above them. The name,
    cut into words, is a second query for one function in three.
    """
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".py" or path.suffix in _COMMENTED:
            parts = path.relative_to(folder).parts
            if _SKIPPED.isdisjoint(parts) and not path.stem.startswith("test") and not path.stem.endswith("_test"):
                yield from _texts(source, path)


def _texts(source: str, path: Path) -> Iterator[TrainingText]:
    text = path.read_text("utf-8", "replace")
    found = python_functions(text) if path.suffix == ".py" else _commented_functions(text, path.suffix)
    for number, (name, comment, code) in enumerate(found):
        description = first_sentences(comment)
        if not (_LEAST_DOC <= len(description) <= _MOST_DOC and len(code) >= _LEAST_CODE and is_useful(description)):
            continue
        yield TrainingText(source, "en", description, role="query", answer=code)
        words = " ".join(part.lower() for part in _NAME_PARTS.findall(name))
        if number % 3 == 0 and " " in words:
            yield TrainingText(source, "en", words, role="query", answer=code)


def python_functions(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield (name, docstring, code without it) of every documented function of a module."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes in the files' own strings
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return
    lines = text.splitlines()
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or len(node.body) < 2:  # noqa: PLR2004 - a docstring and code
            continue
        docstring = ast.get_docstring(node)
        if docstring and node.end_lineno:
            first = node.body[0]
            kept = lines[node.lineno - 1 : first.lineno - 1] + lines[first.end_lineno or first.lineno : node.end_lineno]
            yield node.name, docstring, _shortened(textwrap.dedent("\n".join(kept)))


def _commented_functions(text: str, suffix: str) -> Iterator[tuple[str, str, str]]:
    for match in _COMMENTED[suffix].finditer(text):
        comment, code = match.groups()[-2:]
        name = re.search(r"(\w+)\s*(?:=\s*)?(?:<[^>]*>)?\(", code)
        yield name[1] if name else "", _COMMENT_MARKS.sub("", comment), _shortened(textwrap.dedent(code))


def _shortened(code: str) -> str:
    return code.strip()[:_MOST_CODE]


def first_sentences(comment: str) -> str:
    """Return a comment's first paragraph without markup, up to the first tag such as ``@param``."""
    paragraph = re.split(r"\n\s*\n|^\s*@\w+|^\s*(?:Args|Parameters|Returns):?$", comment.strip(), flags=re.MULTILINE)[0]
    return clean(_TAGS.sub(r"\1", paragraph))
