"""hit@3 of 30 judged questions each on two manuals as Debian ships them, step by step.

    apt-get download python3.11-doc git-doc
    for package in *.deb; do dpkg-deb -x "$package" manuals; done
    python benchmarks/manuals.py manuals --cache manuals.sqlite3 [--only git] [--minilm FOLDER]
                                 [--steps whole main once spread] [--write benchmarks/results/manuals.json]

The steps, each on top of those before it: `whole` reads every file as it is; `main` leaves navigation out of pages and
ranks lists of links last; `once` reads a page but not its source, and a text that stands in several files once;
`spread` shows at most two passages of a file and no two that nearly repeat each other, as `qwen3-embed rag` does.
`--steps main trafilatura` compares our own main content with that of trafilatura (pip install trafilatura).
Each step is measured with BM25, with exact search by cosine, and with both fused. A second run embeds nothing.
The judgements were pooled: a person read what each of the three, and MiniLM, put first, and added what answers.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from qwen3_embed_integrations import BM25Index, HybridRetriever, Qwen3Encoder
from qwen3_embed_integrations.rag.corpora import folder
from qwen3_embed_integrations.rag.corpora.blocks import Block, ParsedDocument
from qwen3_embed_integrations.rag.corpora.chunking import Chunk, ChunkOptions, document_chunks
from qwen3_embed_integrations.rag.corpora.corpus import content_digest
from qwen3_embed_integrations.rag.corpora.decoding import decode
from qwen3_embed_integrations.rag.corpora.loaders.html import html_blocks
from qwen3_embed_integrations.rag.corpora.page_sources import merge_page_sources
from qwen3_embed_integrations.rag.passage import Passage
from qwen3_embed_integrations.rag.selection import n_candidates, select
from qwen3_embed_integrations.rag.study.questions import AnsweredQuestion, read_questions

QUESTIONS = Path(__file__).parent.parent / "tests" / "judged"
FOLDERS = {"git": "usr/share/doc/git/html", "python": "usr/share/doc/python3.11/html"}
STEPS = ("whole", "main", "once", "spread")
PEER = "trafilatura"  # a step of its own: as `main`, with another extractor
SHOWN = 3
HELD = 0.5  # share of a quote that a passage has to hold
BATCH = 512
Array = npt.NDArray[Any]
Role = Literal["query", "document"]
Embed = Callable[[Sequence[str], Role], Array]


def read_whole_page(path: Path) -> tuple[str, list[Block]]:
    """Read a page with its navigation; the reader of the step `whole`."""
    return html_blocks(decode(path.read_bytes()))


def read_with_trafilatura(path: Path) -> tuple[str, list[Block]]:
    """Read what trafilatura takes for a page's main content; the whole page where it finds none."""
    import trafilatura

    text = decode(path.read_bytes())
    options = {"output_format": "html", "include_formatting": True, "include_tables": True, "favor_recall": True}
    found = trafilatura.extract(text, **options)
    title = html_blocks(text)[0]
    return title, html_blocks(found or text)[1]


def read(root: Path, step: str) -> list[ParsedDocument]:
    """Return the documents of a manual; those of `whole` and `main` hold the sources of pages too."""
    function = {"whole": "read_whole_page", PEER: "read_with_trafilatura"}.get(step)
    given = {"html": f"{Path(__file__).stem}:{function}"} if function else {}
    merge = folder.merge_page_sources
    folder.merge_page_sources = list  # the step that is measured
    try:
        documents = folder.folder_corpus(root, skip_unreadable=True, given_readers=given).documents
    finally:
        folder.merge_page_sources = merge
    return merge_page_sources(documents) if step in ("once", "spread") else documents


def cut(documents: Sequence[ParsedDocument], encoder: Qwen3Encoder, step: str) -> tuple[list[Chunk], list[list[Chunk]]]:
    """Return the chunks to search, and for each all chunks that it stands for."""

    def count(texts: Sequence[str]) -> list[int]:
        return [int(n) - 1 for n in encoder.count_tokens(texts)]

    groups: dict[Any, list[Chunk]] = {}
    for document in documents:
        for chunk in document_chunks(document, ChunkOptions(), count):
            key = content_digest(chunk) if step in ("once", "spread") else (chunk.id, chunk.ordinal)
            groups.setdefault(key, []).append(chunk)
    return [group[0] for group in groups.values()], list(groups.values())


def answers(question: AnsweredQuestion, groups: Sequence[Sequence[Chunk]]) -> set[int]:
    """Return the numbers of the chunks that hold half of one of the question's quotes."""
    quotes = [quote for places in question.quotes for quote in places]
    return {
        number
        for number, group in enumerate(groups)
        for chunk in group
        for quote in quotes
        if chunk.source == quote.source
        and min(chunk.end, quote.end) - max(chunk.start, quote.start) >= HELD * (quote.end - quote.start)
    }


def candidates(
    questions: Sequence[str], queries: Array, chunks: Sequence[Chunk], embeddings: Array
) -> dict[str, list[list[int]]]:
    """Return, for BM25, cosine and both, the numbers of the best chunks of each question."""
    index, k = BM25Index(), n_candidates(SHOWN)
    index.add([str(number) for number in range(len(chunks))], [chunk.embedded for chunk in chunks])

    def nearest(embedding: Array, k: int) -> list[tuple[str, float]]:
        scores = embeddings @ embedding
        return [(str(number), float(scores[number])) for number in np.argsort(-scores, kind="stable")[:k]]

    def scores(embedding: Array, ids: Sequence[str]) -> dict[str, float]:
        return {name: float(embeddings[int(name)] @ embedding) for name in ids}

    retriever = HybridRetriever(Qwen3Encoder(model="tiny"), nearest, index, dense_scores=scores)
    pairs = list(zip(questions, queries, strict=True))
    return {
        "BM25": [[int(hit.id) for hit in index.search(text, k)] for text, _ in pairs],
        "cosine": [[int(name) for name, _ in nearest(embedding, k)] for _, embedding in pairs],
        "hybrid": [[int(hit.id) for hit in retriever.retrieve_by_embedding(text, one, k)] for text, one in pairs],
    }


def shown(best: list[int], chunks: Sequence[Chunk], step: str) -> list[int]:
    """Return the numbers of the passages that are shown."""
    if step == "whole":
        return best[:SHOWN]
    if step != "spread":
        return sorted(best, key=lambda number: chunks[number].first.kind == "links")[:SHOWN]
    passages = [Passage(chunks[n].text, chunks[n].source, str(n), 0.0, kind=chunks[n].first.kind) for n in best]
    return [int(passage.title) for passage in select(passages, SHOWN, per_file=2)]


def measure(root: Path, file: Path, encoder: Qwen3Encoder, embed: Embed, step: str) -> dict[str, Any]:
    """Return hit@3 of one step, and what it costs."""
    started = time.perf_counter()
    documents = read(root, step)
    questions = read_questions(file, documents)
    chunks, groups = cut(documents, encoder, step)
    embeddings = embed([chunk.embedded for chunk in chunks], "document")
    texts = [question.text for question in questions]
    right = [answers(question, groups) for question in questions]
    found = {
        name: [shown(best, chunks, step) for best in ranked]
        for name, ranked in candidates(texts, embed(texts, "query"), chunks, embeddings).items()
    }
    hits = {
        name: [bool(one.intersection(top)) for one, top in zip(right, tops, strict=True)]
        for name, tops in found.items()
    }
    tops = found["hybrid"]
    return {
        "documents": len(documents),
        "chunks": len(chunks),
        "questions": len(questions),
        "hit@3": {name: round(sum(one) / len(one), 4) for name, one in hits.items()},
        "files in the first 3": round(float(np.mean([len({chunks[n].source for n in top}) for top in tops])), 2),
        "lists of links in the first 3": sum(chunks[n].first.kind == "links" for top in tops for n in top),
        "seconds": round(time.perf_counter() - started, 1),
        "missed": [text for text, hit in zip(texts, hits["hybrid"], strict=True) if not hit],
    }


def without_files(file: Path, scratch: Path) -> Path:
    """Write the questions without the column `file`: a quote counts wherever it stands, in a page or its source."""
    records = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    lines = [json.dumps({name: record[name] for name in ("question", "quote")}) for record in records]
    scratch.write_text("\n".join(lines), encoding="utf-8")
    return scratch


def embedders(cache: Path, minilm: Path | None) -> tuple[Qwen3Encoder, dict[str, Embed]]:
    """Return the encoder, whose tokens cut the documents for all models, and each model by its name."""
    encoder = Qwen3Encoder(model="tiny", cache_path=str(cache))

    def tiny(texts: Sequence[str], role: Role) -> Array:
        if role == "query":
            return encoder.encode_query(texts)
        parts = [encoder.encode_document(texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)]
        return np.concatenate(parts)

    found: dict[str, Embed] = {"tiny": tiny}
    if minilm:
        from sentence_transformers import SentenceTransformer

        model = SentenceTransformer(str(minilm), device="cpu")
        found["all-MiniLM-L6-v2"] = lambda texts, _: np.asarray(model.encode(list(texts), normalize_embeddings=True))
    return encoder, found


def main() -> None:
    """Measure every step on every manual and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manuals", type=Path, help="where the two packages are unpacked")
    parser.add_argument("--cache", type=Path, default=Path("manuals.sqlite3"), help="cache of embeddings")
    parser.add_argument("--only", choices=tuple(FOLDERS), help="measure one manual")
    parser.add_argument("--steps", nargs="+", choices=(*STEPS, PEER), default=STEPS)
    parser.add_argument("--minilm", type=Path, help="folder of all-MiniLM-L6-v2, a yardstick")
    parser.add_argument("--write", type=Path, help="JSON file to write the figures to")
    args = parser.parse_args()
    encoder, models = embedders(args.cache, args.minilm)
    figures: dict[str, dict[str, dict[str, Any]]] = {}
    for manual in [args.only] if args.only else FOLDERS:
        file = without_files(QUESTIONS / f"{manual}_manual.jsonl", args.cache.with_suffix(".questions.jsonl"))
        for model, embed in models.items():
            for step in args.steps:
                result = measure(args.manuals / FOLDERS[manual], file, encoder, embed, step)
                figures.setdefault(manual, {})[f"{model}, {step}"] = result
                print(f"{manual} {model} {step}: {json.dumps(result)}", flush=True)
    if args.write:
        args.write.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
