"""The model card's own recipe of Qwen3-Reranker on transformers: the reference of the parity tests.

Source: the section "Transformers Usage" of the model card of Qwen/Qwen3-Reranker-0.6B. Texts that spell a control token
are the one difference (see `PairTokenizer`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import AutoTokenizer, Qwen3ForCausalLM

PREFIX = (
    "<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the Instruct "
    'provided. Note that the answer can only be "yes" or "no".<|im_end|>\n<|im_start|>user\n'
)
SUFFIX = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
INSTRUCTION = "Given a web search query, retrieve relevant passages that answer the query"


class OfficialReranker:
    """Scores pairs one by one, without padding, with Qwen3ForCausalLM."""

    def __init__(self, folder: Path, max_length: int = 8192) -> None:
        self.tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
        self.model = Qwen3ForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        self.prefix = self.tokenizer.encode(PREFIX, add_special_tokens=False)
        self.suffix = self.tokenizer.encode(SUFFIX, add_special_tokens=False)
        self.max_length = max_length

    def token_ids(self, query: str, documents: Sequence[str], instruction: str = INSTRUCTION) -> list[list[int]]:
        """Return the token ids of each pair."""
        pairs = [f"<Instruct>: {instruction}\n<Query>: {query}\n<Document>: {document}" for document in documents]
        ids = self.tokenizer(
            pairs,
            padding=False,
            truncation="longest_first",
            return_attention_mask=False,
            add_special_tokens=False,
            max_length=self.max_length - len(self.prefix) - len(self.suffix),
        )["input_ids"]
        return [self.prefix + one + self.suffix for one in ids]

    @torch.no_grad()
    def logits(self, query: str, documents: Sequence[str], instruction: str = INSTRUCTION) -> list[float]:
        """Return the logit of "yes" less that of "no" for each pair."""
        yes, no = (self.tokenizer.convert_tokens_to_ids(answer) for answer in ("yes", "no"))
        found = []
        for ids in self.token_ids(query, documents, instruction):
            last = self.model(input_ids=torch.tensor([ids])).logits[0, -1]
            found.append(float(last[yes] - last[no]))
        return found

    def probabilities(self, query: str, documents: Sequence[str], instruction: str = INSTRUCTION) -> list[float]:
        """Return P(yes) of each pair, by the model card's log-softmax of the logits of "no" and "yes"."""
        logits = torch.tensor(self.logits(query, documents, instruction))
        stacked = torch.stack([torch.zeros_like(logits), logits], dim=1)
        return torch.nn.functional.log_softmax(stacked, dim=1)[:, 1].exp().tolist()
