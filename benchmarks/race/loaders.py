"""Load each engine: a checkpoint's folder → a function for documents and one for queries."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

import exports
from exports import BATCH, PROMPT, Pair


def ours(dtype: str) -> Callable[[str], Pair]:
    """Return this package's encoder."""

    def load(model: str) -> Pair:
        from qwen3_embed_integrations import Qwen3Encoder

        encoder = Qwen3Encoder(model=model, dtype=dtype).load()
        return encoder.encode_document, encoder.encode_query

    return load


def ours_exported(dtype: str, runtime: str, computed: str = "auto") -> Callable[[str], Pair]:
    """Return this package's encoder on an exported graph, which is kept beside the checkpoint.

    Args:
        dtype: Of the export.
        runtime: What runs it.
        computed: The dtype of the arithmetic; "auto" for that of the export.
    """

    def load(model: str) -> Pair:
        from qwen3_embed_integrations import Qwen3Encoder

        folder = str(_exported(model, dtype))
        encoder = Qwen3Encoder(model=folder, backend="onnx", runtime=runtime, dtype=computed).load()
        return encoder.encode_document, encoder.encode_query

    return load


def _exported(model: str, dtype: str) -> Path:
    """Return the folder of this package's export; only an environment with onnx can create it."""
    folder = Path(f"{model}-exported-{dtype}")
    if not folder.exists():
        from qwen3_embed_integrations import EncoderConfig
        from qwen3_embed_integrations.export import ExportOptions, export

        export(EncoderConfig(model=model), ExportOptions(output=folder, weights_dtype=dtype))
    return folder


def langchain_huggingface(model: str) -> Pair:
    """Return LangChain's own integration, set to prepend the instruction."""
    from langchain_huggingface import HuggingFaceEmbeddings

    options = {"device": "cpu", "model_kwargs": {"dtype": "bfloat16"}}
    encode = {"normalize_embeddings": True, "batch_size": BATCH}
    peer = HuggingFaceEmbeddings(
        model_name=model, model_kwargs=options, encode_kwargs=encode, query_encode_kwargs={**encode, "prompt": PROMPT}
    )
    return peer.embed_documents, lambda texts: [peer.embed_query(text) for text in texts]


def llama_index_huggingface(model: str) -> Pair:
    """Return LlamaIndex's own integration, set to prepend the instruction."""
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding

    peer = HuggingFaceEmbedding(
        model_name=model,
        device="cpu",
        query_instruction=PROMPT,
        text_instruction="",
        embed_batch_size=BATCH,
        model_kwargs={"dtype": "bfloat16"},
    )
    return peer.get_text_embedding_batch, lambda texts: [peer.get_query_embedding(text) for text in texts]


def haystack_sentence_transformers(model: str) -> Pair:
    """Return Haystack's own components, set to prepend the instruction."""
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
    queries = peers.SentenceTransformersTextEmbedder(prefix=PROMPT, **common)
    documents.warm_up()
    queries.warm_up()
    return _haystack(documents, queries)


def _haystack(documents: Any, queries: Any) -> Pair:
    from haystack import Document

    def embed(texts: list[str]) -> list[Any]:
        found = documents.run(documents=[Document(content=text) for text in texts])["documents"]
        return [document.embedding for document in found]

    return embed, lambda texts: [queries.run(text=text)["embedding"] for text in texts]


def integration_langchain(model: str) -> Pair:
    """Return this package's LangChain integration."""
    from qwen3_embed_integrations.langchain import Qwen3Embeddings

    integration = Qwen3Embeddings(model=model)
    return integration.embed_documents, lambda texts: [integration.embed_query(text) for text in texts]


def integration_llama_index(model: str) -> Pair:
    """Return this package's LlamaIndex integration."""
    from qwen3_embed_integrations.llama_index import Qwen3Embedding

    integration = Qwen3Embedding(model=model)
    return integration.get_text_embedding_batch, lambda texts: [integration.get_query_embedding(text) for text in texts]


def integration_haystack(model: str) -> Pair:
    """Return this package's Haystack components."""
    from qwen3_embed_integrations.haystack import Qwen3DocumentEmbedder, Qwen3TextEmbedder

    return _haystack(Qwen3DocumentEmbedder(model=model), Qwen3TextEmbedder(model=model))


def integration_chroma(model: str) -> Pair:
    """Return this package's Chroma function."""
    from qwen3_embed_integrations.chroma import Qwen3EmbeddingFunction

    integration = Qwen3EmbeddingFunction(model=model)
    return integration, integration.embed_query


LOADERS: dict[str, Callable[[str], Pair]] = {
    "ours_auto": ours("auto"),
    "ours_float32": ours("float32"),
    "ours_bfloat16": ours("bfloat16"),
    "ours_int8": ours("int8"),
    "ours_onnx": ours_exported("float32", "onnxruntime"),
    "ours_onnx_int8": ours_exported("int8", "onnxruntime"),
    "ours_onnx_int4": ours_exported("int4", "onnxruntime"),
    "ours_openvino": ours_exported("float32", "openvino"),
    "ours_openvino_bfloat16": ours_exported("float32", "openvino", "bfloat16"),
    "st_float32": exports.sentence_transformers("float32"),
    "st_bfloat16": exports.sentence_transformers("bfloat16"),
    "st_openvino": exports.openvino(int8=False),
    "st_openvino_int8": exports.openvino(int8=True),
    "st_onnx": exports.sentence_transformers_onnx,
    "fastembed": exports.fastembed,
    "qwen3_embed": exports.qwen3_embed,
    "llama_cpp_bf16": exports.llama_cpp("bf16"),
    "llama_cpp_q8_0": exports.llama_cpp("q8_0"),
    "langchain_huggingface": langchain_huggingface,
    "llama_index_huggingface": llama_index_huggingface,
    "haystack_sentence_transformers": haystack_sentence_transformers,
    "integration_langchain": integration_langchain,
    "integration_llama_index": integration_llama_index,
    "integration_haystack": integration_haystack,
    "integration_chroma": integration_chroma,
}
