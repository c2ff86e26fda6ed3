"""The engines of benchmarks/reranker.py: this package and its peers, each behind one function."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

BATCH = 32  # pairs of a peer's forward pass; the default of CrossEncoder.predict
Scorer = Callable[[str, list[str]], np.ndarray]
"""(query, documents) → their logits."""
TEMPLATE = (
    '{%- set ns = namespace(q="", d="", '
    'i="Given a web search query, retrieve relevant passages that answer the query") -%}'
    '{%- for m in messages -%}{%- if m.role == "query" -%}{%- set ns.q = m.content -%}'
    '{%- elif m.role == "document" -%}{%- set ns.d = m.content -%}'
    '{%- elif m.role == "system" -%}{%- set ns.i = m.content -%}{%- endif -%}{%- endfor -%}'
    "{{ '<|im_start|>system\\nJudge whether the Document meets the requirements based on the Query and the Instruct "
    'provided. Note that the answer can only be "yes" or "no".<|im_end|>\\n<|im_start|>user\\n<Instruct>: \' + ns.i + '
    "'\\n<Query>: ' + ns.q + '\\n<Document>: ' + ns.d + "
    "'<|im_end|>\\n<|im_start|>assistant\\n<think>\\n\\n</think>\\n\\n' }}"
)


def ours(folder: str, dtype: Any) -> Scorer:
    """Return this package's scores of documents as logits."""
    from qwen3_embed_integrations import Qwen3Reranker

    reranker = Qwen3Reranker(model=folder, dtype=dtype, max_length=8192).load()
    return lambda query, documents: reranker.score(query, documents, scale="logit")


def sentence_transformers(folder: str, dtype: str) -> Scorer:
    """Return CrossEncoder's logits of documents."""
    import torch
    from sentence_transformers import CrossEncoder

    model = CrossEncoder(
        folder, device="cpu", activation_fn=torch.nn.Identity(), model_kwargs={"torch_dtype": getattr(torch, dtype)}
    )

    def score(query: str, documents: list[str]) -> np.ndarray:
        pairs = [(query, document) for document in documents]
        return np.asarray(
            model.predict(pairs, batch_size=BATCH, show_progress_bar=False, convert_to_tensor=True).float()
        )

    return score


def model_card(folder: str, dtype: str) -> Scorer:
    """Return the logits of the model card's recipe: left padding, and only the last position's logits."""
    import torch

    from official_reranker import OfficialReranker

    official = OfficialReranker(Path(folder))
    official.model.to(getattr(torch, dtype))
    yes, no = (official.tokenizer.convert_tokens_to_ids(answer) for answer in ("yes", "no"))

    @torch.no_grad()
    def score(query: str, documents: list[str]) -> np.ndarray:
        found: list[float] = []
        for first in range(0, len(documents), BATCH):
            ids = official.token_ids(query, documents[first : first + BATCH])
            padded = official.tokenizer.pad({"input_ids": ids}, padding=True, return_tensors="pt")
            last = official.model(**padded, logits_to_keep=1).logits[:, -1].float()
            found += (last[:, yes] - last[:, no]).tolist()
        return np.asarray(found)

    return score


SCORERS = {"ours": ours, "sentence-transformers": sentence_transformers, "model-card": model_card}
