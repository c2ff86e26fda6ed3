"""The faults to look for, the peers to run, and the peers that can't run."""

from __future__ import annotations

from dataclasses import dataclass

FAULTS: dict[str, tuple[str, str]] = {
    "query_instruction": ("a query gets no instruction: it embeds like a document", "cos {:.3f}"),
    "newlines": ("line breaks are replaced before embedding: code changes its vector", "cos {:.3f}"),
    "truncated_norm": ("an embedding cut to 32 numbers has no unit length", "norm {:.3f}"),
    "dimension_range": ("dimensions -3, 0 and 1000 are accepted; embeddings of", "{}"),
    "cache_role": ("a text cached as a document answers as a query; cosine with the true embedding", "cos {:.3f}"),
    "model_cache": ("the second of two functions (full, then cut to 32) gets the first one's model", "{}"),
    "other_space": ("a collection of another model of equal shape opens", "{}"),
    "default_distance": ("a new collection does not measure cosine", "{}"),
    "big_add": ("adding one text more than the client takes at once", "{}"),
    "stored_form": ("what is stored does not come back", "{}"),
    "none_among_texts": ("None as a text", "{}"),
    "empty_list": ("no texts at all", "{}"),
    "multi_process_prompt": ("several processes drop the prompt; cosine with the true embedding", "cos {:.3f}"),
    "slices": ("calls that reach the model for 100 texts", "{}"),
    "aggregate_norm": ("the mean of several queries has no unit length", "norm {:.3f}"),
    "async_run": ("no async run", "{}"),
    "half_precision_norm": ("embeddings of 16-bit weights miss unit length by up to", "{:.0e}"),
    "prompt_text": ("what is sent for the query ' sort ' with the default instruction", "{}"),
    "server_error": ("the server answers with an error of its own", "{}"),
    "telemetry": ("what the framework's telemetry is told of the component", "{}"),
    "silent_truncation": ("a text is cut without a word", "{}"),
}
"""Key of a fault → what goes wrong, and how to format a value that was seen."""


@dataclass(frozen=True)
class Peer:
    """One peer: its probe script, its name in the table, what pip installs for it."""

    key: str
    name: str
    requirement: str


PEERS = (
    Peer("langchain_huggingface", "LangChain HuggingFaceEmbeddings", "langchain-huggingface"),
    Peer("langchain_qwen3", "langchain-qwen3", "langchain-qwen3"),
    Peer("langchain_chroma", "langchain-chroma", "langchain-chroma"),
    Peer("llama_index_huggingface", "LlamaIndex HuggingFaceEmbedding", "llama-index-embeddings-huggingface"),
    Peer("llama_index_tei", "LlamaIndex TextEmbeddingsInference", "llama-index-embeddings-text-embeddings-inference"),
    Peer("llama_index_chroma", "LlamaIndex ChromaVectorStore", "llama-index-vector-stores-chroma"),
    Peer("haystack_chroma", "Haystack ChromaDocumentStore", "chroma-haystack"),
    Peer("haystack_sentence_transformers", "Haystack SentenceTransformers", "sentence-transformers-haystack"),
    Peer("chroma_sentence_transformer", "Chroma SentenceTransformer…Function", "chromadb"),
    Peer("sentence_transformers", "sentence-transformers, `encode`", "sentence-transformers"),
)

NOT_RUN = {
    "fastembed, qwen3-embed": "run only ONNX weights of their own, which come from a hub",
    "Hugging Face endpoints, Ollama, Infinity, vLLM": "need a running service",
    "ChromaCloudQwenEmbeddingFunction": "sends texts to a hosted service and needs its key",
}
"""Peers left out → the reason."""
