"""One word, one meaning: no identifier holds a word that the glossary of the architecture page forbids."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("src", "tests", "benchmarks", "tools", "examples")

FORBIDDEN = {
    "row": "embedding (or record, of a file)",
    "rows": "embeddings (or records, of a file)",
    "door": "integration",
    "doors": "integrations",
    "job": "pending request",
    "jobs": "pending requests",
    "lane": "worker thread, or stream",
    "lanes": "streams",
    "team": "thread team",
    "facts": "model info",
    "judged": "dataset",
    "measures": "metrics",
    "measuring": "evaluator",
    "ladder": "matryoshka dims",
    "taught": "with teacher vectors",
    "teaching": "distillation",
    "student": "model",
    "fitting": "trainer",
    "workplace": "run directory",
    "papers": "artifacts",
    "rowwise": "torch ops",
    "abandon": "close(discard=True)",
    "refuse": "raise problems",
    "explain": "option errors",
    "turns": "event loop",
    "gossip": "peers",
    "dice": "random values",
}
NAMES = {
    "RawRows": "RawEmbeddings",
    "Job": "PendingRequest",
    "Ask": "HttpRequest",
    "ModelCard": "PublishedModel",
    "ModelFacts": "ModelInfo",
    "JudgedSet": "RetrievalDataset",
    "Figures": "RetrievalMetrics",
    "Shape": "Qwen3Architecture",
    "Plan": "ExecutionPlan, RequestPlan or TrainingPlan",
    "Row": "Record",
    "mlp_width": "intermediate_size",
    "head_size": "head_dim",
    "n_layers": "num_hidden_layers",
    "usual_length": "max_seq_length",
    "in_turns": "run_fairly",
    "own_copy": "copy_exception",
    "own_thread": "run_in_thread",
}
MODULES = frozenset(
    [
        "arrays",
        "base",
        "calls",
        "columns",
        "compiled",
        "dev",
        "digest",
        "doors",
        "evaluating",
        "explain",
        "facts",
        "fitting",
        "graph",
        "guard",
        "hub",
        "job",
        "judged",
        "lane",
        "linears",
        "measures",
        "measuring",
        "own_thread",
        "places",
        "planning",
        "profiles",
        "readers",
        "reference",
        "refusals",
        "rowwise",
        "shape",
        "space",
        "student",
        "tables_of_figures",
        "teaching",
        "team",
        "texts",
        "turns",
        "wire",
        "workplace",
        "writing",
    ]
)
"""Names of modules that have a better one now; in the package only."""

ALLOWED = {  # a word that is right in one place, and why
    ("row", "src/qwen3_embed_integrations/backends/torch/kernels/"): "an axis of an array",
    ("rows", "src/qwen3_embed_integrations/backends/torch/kernels/"): "an axis of an array",
    ("rows", "src/qwen3_embed_integrations/backends/torch/"): "an axis of an array: what a matrix product multiplies",
    ("row", "src/qwen3_embed_integrations/backends/torch/"): "an axis of an array: what a matrix product multiplies",
    ("row", "src/qwen3_embed_integrations/cache/sqlite_store.py"): "a row of an SQLite table",
    ("rows", "src/qwen3_embed_integrations/cache/sqlite_store.py"): "rows of an SQLite table",
    ("rows", "src/qwen3_embed_integrations/bulk/ray_executor.py"): "Ray Data's word",
    ("row", "src/qwen3_embed_integrations/cli/"): "a row of a table that is printed; rich's word",
    ("rows", "src/qwen3_embed_integrations/cli/"): "an axis of the matrix that is printed",
    ("row", "src/qwen3_embed_integrations/evaluation/"): "a row of a table that is printed, an axis of a picture",
    ("rows", "src/qwen3_embed_integrations/evaluation/plots.py"): "an axis of a picture",
    ("row", "src/qwen3_embed_integrations/rag/corpora/loaders/"): "a row of a table in a document",
    ("rows", "src/qwen3_embed_integrations/rag/corpora/loaders/"): "python-pptx's and calamine's word",
    ("row", "src/qwen3_embed_integrations/rag/terminal.py"): "rich's word",
    ("row", "src/qwen3_embed_integrations/stores/pgvector_sql.py"): "psycopg's word",
    ("row", "tests/support/document_files.py"): "a row of a table in a document",
    ("row", "tests/backends/torch/kernels/"): "an axis of an array",
    ("rows", "tests/backends/torch/kernels/"): "an axis of an array",
    ("row", "benchmarks/"): "a row of a table of results",
    ("rows", "benchmarks/"): "rows of a table of results",
    ("row", "tools/"): "a row of a table that is printed",
    ("rows", "tools/"): "rows of a table that is printed",
}
WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+")


def words_of(name: str) -> list[str]:
    return [word.lower() for word in WORD.findall(name)]


def forbidden_in(name: str) -> Iterator[tuple[str, str]]:
    """(word, what to say) for each forbidden word of an identifier."""
    if name in NAMES:
        yield name, NAMES[name]
    words = words_of(name)
    for index, word in enumerate(words):
        is_thread_team = word == "team" and index > 0 and words[index - 1] == "thread"
        if word in FORBIDDEN and not is_thread_team:
            yield word, FORBIDDEN[word]


def identifiers(text: str) -> Iterator[tuple[str, int]]:
    """(identifier, line) of a source text, those inside f-strings included."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.NAME:
            yield token.string, token.start[0]
        elif token.type == tokenize.STRING and "f" in token.string[:2].lower():  # one token before Python 3.12
            inner = ast.walk(ast.parse(f"({token.string})"))
            names = (getattr(node, "id", None) or getattr(node, "attr", None) for node in inner)
            yield from ((name, token.start[0]) for name in names if isinstance(name, str))


def is_allowed(word: str, path: str) -> bool:
    return any(word == known and path.startswith(folder) for known, folder in ALLOWED)


def problems_in(path: str, text: str) -> list[str]:
    return [
        f"{path}:{line}: {name} says {word!r}; the word is {better}"
        for name, line in identifiers(text)
        for word, better in forbidden_in(name)
        if not is_allowed(word, path)
    ]


def sources() -> dict[str, str]:
    paths = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def test_no_identifier_says_what_the_glossary_forbids() -> None:
    found = [
        problem for path, text in sources().items() if not path.endswith("laws/test_glossary.py")
        for problem in problems_in(path, text)
    ]  # fmt: skip
    assert found == []


def test_no_module_of_the_package_has_a_forbidden_name() -> None:
    assert [path for path in sources() if path.startswith("src/") and Path(path).stem in MODULES] == []


@pytest.mark.parametrize(
    "planted",
    [
        "query_row = 1",
        "def door(): ...",
        "x.full_rows",
        "class RawRows: ...",
        "f(n_lanes=1)",
        "f'{self.facts.width}'",
        "class Team: ...",
    ],
)  # fmt: skip
def test_a_planted_name_is_found(planted: str) -> None:
    assert problems_in("src/qwen3_embed_integrations/encoder.py", planted) != []


def test_a_word_that_only_holds_a_forbidden_one_is_fine() -> None:
    assert (
        problems_in("src/qwen3_embed_integrations/encoder.py", "grow = narrow = thread_team = ThreadTeam = returns")
        == []
    )
