"""Calls that a type checker must accept."""

from chromadb import EphemeralClient
from haystack.utils import ComponentDevice, Secret

from qwen3_embed_integrations import EncoderConfig, Qwen3Encoder, Qwen3Reranker, RerankerConfig, load_encoder
from qwen3_embed_integrations.chroma import Qwen3EmbeddingFunction, open_collection
from qwen3_embed_integrations.haystack import Qwen3DocumentEmbedder, Qwen3Ranker, Qwen3TextEmbedder
from qwen3_embed_integrations.langchain import Qwen3Embeddings
from qwen3_embed_integrations.langchain import Qwen3Rerank as LangChainRerank
from qwen3_embed_integrations.llama_index import Qwen3Embedding
from qwen3_embed_integrations.llama_index import Qwen3Rerank as LlamaIndexRerank

EncoderConfig(model="tiny", dimension=128, task="code", dtype="float32")
EncoderConfig(token="secret", timeout_s=3, on_overflow="error")
Qwen3Encoder(model="tiny", dimension=None)
Qwen3Encoder(EncoderConfig(), max_length=512)
load_encoder(model="tiny", cache_path="cache.sqlite")
Qwen3Embeddings(model="tiny", dimension=128)
Qwen3Embeddings(model_name="0.6B")
Qwen3Embedding(model="tiny", embed_batch_size=10, num_workers=2)
Qwen3EmbeddingFunction(model="tiny", pooling="mean")
Qwen3EmbeddingFunction(EncoderConfig())
Qwen3TextEmbedder(model="tiny", device=ComponentDevice.from_str("cpu"))
Qwen3TextEmbedder(token=Secret.from_env_var("HF_TOKEN"), progress_bar=True)
Qwen3DocumentEmbedder(model="tiny", meta_fields_to_embed=["title"])
open_collection(EphemeralClient(), "notes", model="tiny")
Qwen3Encoder("tiny", truncate_dim=64)
Qwen3Embeddings(model_name="tiny", encode_kwargs={"normalize_embeddings": True})
Qwen3Embedding("tiny", query_instruction="Given a question, find the answer")
Qwen3TextEmbedder("tiny", prefix="", normalize_embeddings=True)
Qwen3DocumentEmbedder("tiny", batch_size=32)
Qwen3EmbeddingFunction("tiny", normalize_embeddings=True)
Qwen3Reranker("0.6B", backend="remote", base_url="http://localhost:8000", engine="vllm")
Qwen3Reranker(RerankerConfig(), max_length=512, num_labels=1)
Qwen3Ranker(model="0.6B", query_prefix="", batch_size=8, token=Secret.from_env_var("HF_TOKEN"))
LangChainRerank(model_name="4B", top_n=None)
LlamaIndexRerank(model="4B", top_n=3, keep_retrieval_score=True)
