"""Calls that a type checker must refuse, each on a line of its own."""

from chromadb import EphemeralClient

from qwen3_embed_integrations import EncoderConfig, Qwen3Encoder, Qwen3Reranker, RerankerConfig, load_encoder
from qwen3_embed_integrations.chroma import Qwen3EmbeddingFunction, open_collection
from qwen3_embed_integrations.haystack import Qwen3DocumentEmbedder, Qwen3Ranker, Qwen3TextEmbedder
from qwen3_embed_integrations.langchain import Qwen3Embeddings
from qwen3_embed_integrations.langchain import Qwen3Rerank as LangChainRerank
from qwen3_embed_integrations.llama_index import Qwen3Embedding
from qwen3_embed_integrations.llama_index import Qwen3Rerank as LlamaIndexRerank

EncoderConfig(modle="tiny")  # wrong
EncoderConfig(dimension="x")  # wrong
EncoderConfig(dtype="int4")  # wrong
Qwen3Encoder(modle="tiny")  # wrong
Qwen3Encoder(dimension="x")  # wrong
Qwen3Encoder(3)  # wrong
load_encoder(pooling="sum")  # wrong
load_encoder(timeout="soon")  # wrong
Qwen3Embeddings(modle="tiny")  # wrong
Qwen3Embeddings(model="tiny", dimension="x")  # wrong
Qwen3Embedding(modle="tiny")  # wrong
Qwen3Embedding(on_overflow="ignore")  # wrong
Qwen3EmbeddingFunction(modle="tiny")  # wrong
Qwen3EmbeddingFunction(dimension="x")  # wrong
Qwen3TextEmbedder(modle="tiny")  # wrong
Qwen3TextEmbedder(token=3)  # wrong
Qwen3DocumentEmbedder(dimension="x")  # wrong
Qwen3DocumentEmbedder(meta_fields_to_embed=3)  # wrong
open_collection(EphemeralClient(), "notes", modle="tiny")  # wrong
Qwen3Reranker(engine="ollama")  # wrong
Qwen3Reranker(dimension=64)  # wrong
RerankerConfig(max_length="long")  # wrong
Qwen3Ranker(top_k="x")  # wrong
LangChainRerank(modle="0.6B")  # wrong
LlamaIndexRerank(top_n="x")  # wrong
