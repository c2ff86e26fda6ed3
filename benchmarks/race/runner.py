"""Runs one engine through all workloads, in whatever environment has it, and prints one line of JSON.

python runner.py ENGINE MODEL_FOLDER TEXTS_JSON ROWS_NPZ
"""

from __future__ import annotations

import gc
import json
import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))
Embed = Callable[[list[str]], Any]
Pair = tuple[Embed, Embed]  # of documents, of queries
PROMPT = "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:"
_REPEATED = ("S",)  # one after another: every text is timed


def ours(dtype: str) -> Callable[[str], Pair]:
    """Gives this package's encoder."""

    def load(model: str) -> Pair:
        from qwen3_embed_integrations import Qwen3Encoder

        encoder = Qwen3Encoder(model=model, dtype=dtype).load()
        return encoder.encode_document, encoder.encode_query

    return load


def sentence_transformers(**options: Any) -> Callable[[str], Pair]:
    """Gives sentence-transformers with its best batch size for sorted documents, 32."""

    def load(model: str) -> Pair:
        from sentence_transformers import SentenceTransformer

        encoder = SentenceTransformer(model, device="cpu", **options)
        return (
            lambda texts: encoder.encode_document(texts, batch_size=32, normalize_embeddings=True),
            lambda texts: encoder.encode_query(texts, batch_size=32, normalize_embeddings=True),
        )

    return load


def openvino(*, int8: bool) -> Callable[[str], Pair]:
    """Gives sentence-transformers on OpenVINO; the exported model is kept beside the checkpoint."""

    def load(model: str) -> Pair:
        from sentence_transformers import SentenceTransformer

        exported = Path(model).parent / ("openvino-int8" if int8 else "openvino")
        if not (exported / "complete").exists():
            options = {"export": True, "load_in_8bit": int8}
            SentenceTransformer(model, backend="openvino", device="cpu", model_kwargs=options).save_pretrained(
                str(exported)
            )
            (exported / "complete").touch()
        encoder = SentenceTransformer(str(exported), backend="openvino", device="cpu")
        return (
            lambda texts: encoder.encode_document(texts, batch_size=32, normalize_embeddings=True),
            lambda texts: encoder.encode_query(texts, batch_size=32, normalize_embeddings=True),
        )

    return load


def langchain_huggingface(model: str) -> Pair:
    """Gives LangChain's own door, told to put the instruction in front."""
    from langchain_huggingface import HuggingFaceEmbeddings

    options = {"device": "cpu", "model_kwargs": {"dtype": "bfloat16"}}
    encode = {"normalize_embeddings": True, "batch_size": 32}
    peer = HuggingFaceEmbeddings(
        model_name=model, model_kwargs=options, encode_kwargs=encode, query_encode_kwargs={**encode, "prompt": PROMPT}
    )
    return peer.embed_documents, lambda texts: [peer.embed_query(text) for text in texts]


def llama_index_huggingface(model: str) -> Pair:
    """Gives LlamaIndex's own door, told to put the instruction in front."""
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding

    peer = HuggingFaceEmbedding(
        model_name=model,
        device="cpu",
        query_instruction=PROMPT,
        text_instruction="",
        embed_batch_size=32,
        model_kwargs={"dtype": "bfloat16"},
    )
    return peer.get_text_embedding_batch, lambda texts: [peer.get_query_embedding(text) for text in texts]


def haystack_sentence_transformers(model: str) -> Pair:
    """Gives Haystack's own components, told to put the instruction in front."""
    from haystack import Document
    from haystack.utils import ComponentDevice

    from haystack_integrations.components.embedders import sentence_transformers as peers

    common: Any = {
        "model": model,
        "device": ComponentDevice.from_str("cpu"),
        "normalize_embeddings": True,
        "progress_bar": False,
        "model_kwargs": {"dtype": "bfloat16"},
    }
    documents = peers.SentenceTransformersDocumentEmbedder(**common)
    documents.warm_up()
    texts_embedder = peers.SentenceTransformersTextEmbedder(prefix=PROMPT, **common)
    texts_embedder.warm_up()

    def embed(texts: list[str]) -> list[Any]:
        found = documents.run(documents=[Document(content=text) for text in texts])["documents"]
        return [document.embedding for document in found]

    return embed, lambda texts: [texts_embedder.run(text=text)["embedding"] for text in texts]


def door_langchain(model: str) -> Pair:
    """Gives this package's LangChain door."""
    from qwen3_embed_integrations.langchain import Qwen3Embeddings

    door = Qwen3Embeddings(model=model)
    return door.embed_documents, lambda texts: [door.embed_query(text) for text in texts]


def door_llama_index(model: str) -> Pair:
    """Gives this package's LlamaIndex door."""
    from qwen3_embed_integrations.llama_index import Qwen3Embedding

    door = Qwen3Embedding(model=model)
    return door.get_text_embedding_batch, lambda texts: [door.get_query_embedding(text) for text in texts]


def door_haystack(model: str) -> Pair:
    """Gives this package's Haystack components."""
    from haystack import Document

    from qwen3_embed_integrations.haystack import Qwen3DocumentEmbedder, Qwen3TextEmbedder

    documents, queries = Qwen3DocumentEmbedder(model=model), Qwen3TextEmbedder(model=model)

    def embed(texts: list[str]) -> list[Any]:
        found = documents.run(documents=[Document(content=text) for text in texts])["documents"]
        return [document.embedding for document in found]

    return embed, lambda texts: [queries.run(text=text)["embedding"] for text in texts]


def door_chroma(model: str) -> Pair:
    """Gives this package's Chroma function."""
    from qwen3_embed_integrations.chroma import Qwen3EmbeddingFunction

    door = Qwen3EmbeddingFunction(model=model)
    return door, door.embed_query


LOADERS: dict[str, Callable[[str], Pair]] = {
    "ours_auto": ours("auto"),
    "ours_float32": ours("float32"),
    "ours_bfloat16": ours("bfloat16"),
    "ours_int8": ours("int8"),
    "st_float32": sentence_transformers(model_kwargs={"dtype": "float32"}),
    "st_bfloat16": sentence_transformers(model_kwargs={"dtype": "bfloat16"}),
    "st_openvino": openvino(int8=False),
    "st_openvino_int8": openvino(int8=True),
    "langchain_huggingface": langchain_huggingface,
    "llama_index_huggingface": llama_index_huggingface,
    "haystack_sentence_transformers": haystack_sentence_transformers,
    "door_langchain": door_langchain,
    "door_llama_index": door_llama_index,
    "door_haystack": door_haystack,
    "door_chroma": door_chroma,
}


def main() -> None:
    """Loads the engine, warms it up, times every workload once."""
    key, model, texts_path, out = sys.argv[1:5]
    workloads = json.loads(Path(texts_path).read_text(encoding="utf-8"))
    began = time.perf_counter()
    documents, queries = LOADERS[key](model)
    documents(["one text"])
    seconds: dict[str, Any] = {"load": time.perf_counter() - began}
    loaded = _peak_bytes()
    began = time.perf_counter()
    queries(workloads["S"]["texts"][:1])
    seconds["first query"] = time.perf_counter() - began
    queries([f"{text}!" for text in workloads["Q"]["texts"][:32]])
    documents([f"{text}!" for text in workloads["M"]["texts"][:8]])
    rows = {}
    for name, workload in workloads.items():
        embed = queries if workload["role"] == "query" else documents
        texts: Sequence[str] = workload["texts"]
        gc.collect()
        if name in _REPEATED:
            timed = [_timed(embed, [text]) for text in texts]
            seconds[name] = [spent for spent, _ in timed]
            rows[name] = np.concatenate([found for _, found in timed])
        else:
            seconds[name], rows[name] = _timed(embed, list(texts))
    np.savez(out, **rows)
    report = {
        "seconds": seconds,
        "peak_load_bytes": loaded,
        "peak_bytes": _peak_bytes(),
        "n_tokens": {name: workload["n_tokens"] for name, workload in workloads.items()},
        "n_texts": {name: len(workload["texts"]) for name, workload in workloads.items()},
    }
    print("RESULT " + json.dumps(report))


def _timed(embed: Embed, texts: list[str]) -> tuple[float, Any]:
    began = time.perf_counter()
    found = embed(texts)
    return time.perf_counter() - began, np.asarray(found, dtype=np.float32)


def _peak_bytes() -> int:
    status = Path("/proc/self/status")
    if status.exists():  # getrusage would count what the parent had before it started this process
        line = next(line for line in status.read_text(encoding="utf-8").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    main()
