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
from typing import TypeVar

import numpy as np
from hybrid import Array, Dataset, perlfaq

from qwen3_embed_integrations import TASKS, Qwen3Encoder, Task
from qwen3_embed_integrations.checkpoints.locate import locate
from qwen3_embed_integrations.checkpoints.task_effects import FILE_NAME
from qwen3_embed_integrations.core.catalog import TINY

RESULTS = Path(__file__).parent / "results" / "task_presets.json"
N_DRAWS = 1000
T = TypeVar("T")
MAX_LENGTH = 128


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


def similarity_pairs(folder: Path, n_most: int) -> Pairs:
    """Read SemEval's pairs of 2014, evenly thinned to `n_most`."""
    records = [
        line.split("\t")
        for path in sorted(folder.rglob("semeval-sts/2014/*.test.tsv"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    records = [record for record in records if len(record) > 2 and record[0]]  # noqa: PLR2004 - a score and two sentences
    if not records:
        raise SystemExit(f"There is no semeval-sts/2014/*.test.tsv below {folder}.")
    kept = thinned(records, n_most)
    left, right = ([record[side] for record in kept] for side in (1, 2))
    return Pairs(left, right, np.array([float(record[0]) for record in kept]))


def thinned(values: Sequence[T], n_most: int) -> list[T]:
    """Return at most `n_most` of the values, evenly."""
    return [values[i] for i in np.linspace(0, len(values) - 1, min(n_most, len(values))).astype(int)]


def functions(n_most: int) -> Dataset:
    """Return functions of networkx that have a docstring: its first paragraph is the query, the rest the document."""
    kept = thinned(networkx_functions(), n_most)
    numbers = [{number} for number in range(len(kept))]
    return Dataset("networkx", [query for query, _ in kept], [code for _, code in kept], numbers)


def networkx_functions() -> list[tuple[str, str]]:
    """Return the first paragraph of each docstring in networkx, with the code of its function."""
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
    return list(found.items())


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


def similarity_effect(encoder: Qwen3Encoder, pairs: Pairs, plain: Array, task: Task) -> Effect:
    """Compare a symmetric preset on both sides with `plain`, the cosines of raw texts."""
    told = cosines(*(encoder.encode_query(side, task=task.name) for side in (pairs.left, pairs.right)))
    random = np.random.default_rng(0)
    draws = []
    for _ in range(N_DRAWS):
        chosen = random.integers(0, len(pairs.gold), len(pairs.gold))
        draws.append(spearman(told[chosen], pairs.gold[chosen]) - spearman(plain[chosen], pairs.gold[chosen]))
    figures = (round(spearman(one, pairs.gold), 1) for one in (plain, told))
    return Effect("SemEval 2014 similarity", "Spearman x 100", *figures, interval(draws))


def cosines(a: Array, b: Array) -> Array:
    """Return the cosine of each record of `a` with that of `b`."""
    return np.einsum("ij,ij->i", a, b)


@dataclass(frozen=True)
class Embedded:
    """A dataset with the embeddings of its documents, and the nDCG of its queries without an instruction."""

    name: str
    dataset: Dataset
    documents: Array
    plain: Array

    @classmethod
    def of(cls, encoder: Qwen3Encoder, name: str, dataset: Dataset) -> Embedded:
        """Embed a dataset."""
        documents = encoder.encode_document(dataset.documents)
        return cls(name, dataset, documents, scores(dataset, documents, encoder.encode_document(dataset.queries)))


def scores(dataset: Dataset, documents: Array, queries: Array) -> Array:
    """Return each query's nDCG@10 x 100."""
    return dataset.ndcg(lambda i: np.argsort(-(documents @ queries[i])).tolist()[:10]) * 100


def retrieval_effect(encoder: Qwen3Encoder, embedded: Embedded, task: Task) -> Effect:
    """Compare a preset in front of the queries with raw queries; documents are raw."""
    plain = embedded.plain
    told = scores(embedded.dataset, embedded.documents, encoder.encode_query(embedded.dataset.queries, task=task.name))
    random, n = np.random.default_rng(0), len(plain)
    draws = [(told - plain)[random.integers(0, n, n)].mean() for _ in range(N_DRAWS)]
    return Effect(embedded.name, "nDCG@10 x 100", round(plain.mean(), 1), round(told.mean(), 1), interval(draws))


def measure(encoder: Qwen3Encoder, pairs: Pairs, faq: Dataset, code: Dataset) -> dict[str, Effect]:
    """Return the effect of each preset."""
    plain = cosines(encoder.encode_document(pairs.left), encoder.encode_document(pairs.right))
    questions, functions = Embedded.of(encoder, "Perl FAQ", faq), Embedded.of(encoder, "networkx functions", code)
    found = {}
    for task in TASKS.values():
        embedded = functions if task.name in ("code", "code_problem", "code_comment") else questions
        found[task.name] = (
            similarity_effect(encoder, pairs, plain, task)
            if task.symmetric
            else retrieval_effect(encoder, embedded, task)
        )
        print(f"{task.name:16} {found[task.name]}", flush=True)
    return found


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sts", type=Path, help="checkout of brmson/dataset-sts")
    parser.add_argument("perl_doc", type=Path, help="unpacked Debian package perl-doc")
    parser.add_argument("--most", type=int, default=1500, help="pairs, and functions")
    parser.add_argument("--write", action="store_true", help="write both JSON files")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")  # long functions are cut, harmful presets are warned of
    encoder = Qwen3Encoder(model=TINY, dtype="float32", max_length=MAX_LENGTH)
    pairs, code = similarity_pairs(arguments.sts, arguments.most), functions(arguments.most)
    effects = measure(encoder, pairs, perlfaq(arguments.perl_doc), code)
    if arguments.write:
        write(
            encoder, effects, f"python benchmarks/task_presets.py dataset-sts perl-doc --most {arguments.most} --write"
        )


def write(encoder: Qwen3Encoder, effects: dict[str, Effect], command: str) -> None:
    """Write both files."""
    weights = encoder.model_info.weights
    found = {name: asdict(one) for name, one in effects.items()}
    results = {"command": command, "max_length": MAX_LENGTH, "weights": weights, "tasks": found}
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    stored = {
        "weights": weights,
        "tasks": {
            name: {
                "dataset": one.dataset,
                "metric": one.metric,
                "without": one.without,
                "with": one.with_task,
                "difference_at_most": one.interval[1],
            }
            for name, one in effects.items()
        },
    }
    path = locate(encoder.config).folder / FILE_NAME
    path.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
    print(f"Wrote {path.name} of {encoder.model_info.model} and {RESULTS.name}.")


if __name__ == "__main__":
    main()
