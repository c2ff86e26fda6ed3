"""Core types and rules: numpy, pydantic and the standard library only; no threads, no I/O.

cache_keys      EmbeddingKey: everything that decides an embedding except its text
catalog         the published Qwen3-Embedding and Qwen3-Reranker models
config          EncoderConfig: every option, declared once
consent         which servers may get texts and API keys: nothing that is stored decides that
document_texts  documents with content and meta, and their texts
errors          the tree of exceptions
execution_plan  how a CPU computes: matmul, ops, streams, block_tokens
hub_token       which variables may go to the model hub as access token
inputs          what counts as texts
lazy_names      a package's names that are loaded at their first use
matryoshka      truncate to a dimension, then normalise
model_info      what is known of a model before its weights are loaded
network_settings the environment's proxies and certificates, by name
option_errors   messages for rejected options
options         how an option is declared
packing         sequences of tokens laid end to end
prompts         the query template and the task presets
protocols       the seams between encoder, backend and forward pass
ranking         scores of documents, best first
reranker_config RerankerConfig: the options of a reranker
results         embeddings with token counts and truncations
safe_text       texts of strangers, made fit for a terminal, a log or a message
server_address  addresses of servers, compared
similarity      cosine similarity and dot product
task_effects    what task presets do to a model's figures
types           array types
user_warning    warnings that point at the user's line
vector_space    VectorSpace: what decides a document's embedding, and its fingerprint
"""
