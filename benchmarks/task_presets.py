"""What each task preset does to the bundled model: its figure with the instruction and without any.

    git clone https://github.com/brmson/dataset-sts
    apt-get download perl-doc && dpkg -x perl-doc_*.deb perl-doc
    python benchmarks/task_presets.py dataset-sts perl-doc --write

Symmetric presets: Spearman correlation x 100 on SemEval's similarity pairs of 2014, the instruction on both sides.
Code presets: nDCG@10 x 100 of finding networkx's functions (its BSD source is installed with torch) by the first
sentence of their docstring, which is cut out of them. The others: nDCG@10 x 100 on Perl's FAQ. None of these texts
suits every preset; a loss of several points shows an instruction that the weights do not know.

--write replaces task_effects.json in the model's folder, which the package reads to warn, and the same with
intervals in benchmarks/results/task_presets.json.
"""

from __future__ import annotations

import argparse
import ast
import json
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from hybrid import Array, Dataset, perlfaq

from qwen3_embed_integrations import TASKS, Qwen3Encoder, Task
from qwen3_embed_integrations.checkpoints.task_effects import FILE_NAME
from qwen3_embed_integrations.core.catalog import TINY

RESULTS = Path(__file__).parent / "results" / "task_presets.json"
N_DRAWS = 1000
MAX_LENGTH = 256
N_PAIRS = 1500
COMMAND = "python benchmarks/task_presets.py dataset-sts perl-doc --write"


@dataclass(frozen=True)
class Effect:
    """A preset's figure and the plain one, with the 95 % interval of their difference (paired bootstrap)."""

    dataset: str
    metric: str
    without: float
    with_task: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class Pairs:
    """Sentences and their likeness, as people judged it."""

    left: list[str]
    right: list[str]
    gold: Array


def similarity_pairs(folder: Path) -> Pairs:
    """Read SemEval's pairs of 2014, evenly thinned to `N_PAIRS`."""
    rows = [
        line.split("\t")
        for path in sorted(folder.rglob("semeval-sts/2014/*.test.tsv"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    rows = [row for row in rows if len(row) > 2 and row[0]]  # noqa: PLR2004 - a score and two sentences
    if not rows:
        raise SystemExit(f"There is no semeval-sts/2014/*.test.tsv below {folder}.")
    kept = [rows[i] for i in np.linspace(0, len(rows) - 1, min(N_PAIRS, len(rows))).astype(int)]
    return Pairs([row[1] for row in kept], [row[2] for row in kept], np.array([float(row[0]) for row in kept]))


def functions() -> Dataset:
    """Read the functions of networkx that have a docstring: its first sentence is the query, the rest the document."""
    found: dict[str, str] = {}
    spec = find_spec("networkx")
    if spec is None or spec.origin is None:
        raise SystemExit("networkx is not installed: pip install networkx")
    for path in sorted(Path(spec.origin).parent.rglob("*.py")):
        if "tests" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and (text := ast.get_docstring(node)) and len(node.body) > 1:
                node.body = node.body[1:]
                found.setdefault(" ".join(text.split("\n\n")[0].split()), ast.unparse(node))
    return Dataset(list(found), list(found.values()))


def ranks(values: Array) -> Array:
    """Return the ranks of the values, ties sharing the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return (ends - (counts - 1) / 2)[inverse]


def spearman(a: Array, b: Array) -> float:
    """Return the Spearman correlation x 100."""
    return float(np.corrcoef(ranks(a), ranks(b))[0, 1]) * 100


def interval(draws: Sequence[float]) -> tuple[float, float]:
    """Return the middle 95 % of the draws."""
    low, high = np.percentile(draws, [2.5, 97.5])
    return round(float(low), 1), round(float(high), 1)


def similarity_effect(encoder: Qwen3Encoder, pairs: Pairs, task: Task) -> Effect:
    """Compare a symmetric preset on both sides with raw texts on both."""
    plain = cosines(encoder.encode_document(pairs.left), encoder.encode_document(pairs.right))
    told = cosines(*(encoder.encode_query(side, task=task.name) for side in (pairs.left, pairs.right)))
    dice = np.random.default_rng(0)
    draws = []
    for _ in range(N_DRAWS):
        chosen = dice.integers(0, len(pairs.gold), len(pairs.gold))
        draws.append(spearman(told[chosen], pairs.gold[chosen]) - spearman(plain[chosen], pairs.gold[chosen]))
    scores = (round(spearman(one, pairs.gold), 1) for one in (plain, told))
    return Effect("SemEval 2014 similarity", "Spearman x 100", *scores, interval(draws))


def cosines(a: Array, b: Array) -> Array:
    """Return the cosine of each row of `a` with that of `b`."""
    return np.einsum("ij,ij->i", a, b)


def retrieval_effect(encoder: Qwen3Encoder, name: str, dataset: Dataset, documents: Array, task: Task) -> Effect:
    """Compare a preset in front of the queries with raw queries; documents are raw."""
    plain, told = (
        dataset.ndcg(lambda i, queries=queries: np.argsort(-(documents @ queries[i])).tolist()[:10]) * 100
        for queries in (encoder.encode_document(dataset.queries), encoder.encode_query(dataset.queries, task=task.name))
    )
    dice, n = np.random.default_rng(0), len(plain)
    draws = [(told - plain)[dice.integers(0, n, n)].mean() for _ in range(N_DRAWS)]
    return Effect(name, "nDCG@10 x 100", round(plain.mean(), 1), round(told.mean(), 1), interval(draws))


def measure(encoder: Qwen3Encoder, pairs: Pairs, faq: Dataset) -> dict[str, Effect]:
    """Return the effect of each preset."""
    sets = {"Perl FAQ": faq, "networkx functions": functions()}
    embedded = {name: encoder.encode_document(dataset.documents) for name, dataset in sets.items()}
    found = {}
    for task in TASKS.values():
        name = "networkx functions" if task.name in ("code", "code_problem", "code_comment") else "Perl FAQ"
        found[task.name] = (
            similarity_effect(encoder, pairs, task)
            if task.symmetric
            else retrieval_effect(encoder, name, sets[name], embedded[name], task)
        )
        print(f"{task.name:16} {found[task.name]}", flush=True)
    return found


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sts", type=Path, help="checkout of brmson/dataset-sts")
    parser.add_argument("perl_doc", type=Path, help="unpacked Debian package perl-doc")
    parser.add_argument("--write", action="store_true", help="write both JSON files")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")  # long functions are cut, harmful presets are warned of
    encoder = Qwen3Encoder(model=TINY, dtype="float32", max_length=MAX_LENGTH)
    effects = measure(encoder, similarity_pairs(arguments.sts), perlfaq(arguments.perl_doc))
    if not arguments.write:
        return
    weights = encoder.model_info.weights
    RESULTS.write_text(
        json.dumps(
            {"command": COMMAND, "weights": weights, "tasks": {name: asdict(one) for name, one in effects.items()}},
            indent=1,
        )
        + "\n",
        encoding="utf-8",
    )
    from qwen3_embed_integrations.checkpoints.locate import locate

    stored = {
        "weights": weights,
        "tasks": {
            name: {"dataset": one.dataset, "metric": one.metric, "without": one.without, "with": one.with_task}
            for name, one in effects.items()
        },
    }
    path = locate(encoder.config).folder / FILE_NAME
    path.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
    print(f"Wrote {path.name} of {encoder.model_info.model} and {RESULTS.name}.")


if __name__ == "__main__":
    main()
