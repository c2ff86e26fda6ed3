r"""Tokenise pairs of query and document into Qwen3-Reranker's chat template.

Source of the template: the model card of Qwen/Qwen3-Reranker-0.6B. Its text is

    <|im_start|>system\n{system message}<|im_end|>\n<|im_start|>user\n
    <Instruct>: {instruction}\n<Query>: {query}\n<Document>: {document}
    <|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n

without the line breaks that stand between these three parts here. The first and the last part are made of token ids,
once; the middle is the only part that is tokenised for each pair, as plain text.
"""

from __future__ import annotations

import re
from pathlib import Path

from qwen3_embed_integrations.core.errors import CheckpointError

from .tokenizer import TextTokenizer

_SYSTEM = (
    "Judge whether the Document meets the requirements based on the Query and the Instruct provided. "
    'Note that the answer can only be "yes" or "no".'
)
_BEFORE = f"<|im_start|>system\n{_SYSTEM}<|im_end|>\n<|im_start|>user\n"
_AFTER = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
_CONTROL = re.compile(r"(<\|im_start\|>|<\|im_end\|>)")


class PairTokenizer(TextTokenizer):
    """The tokenizer of a reranker: reads the texts of a `RerankRequest`, and puts the chat template around them.

    A control token spelled out in a query or document is plain text, so that it can't end the user's message.

    Attributes:
        answer_ids: Ids of "yes" and of "no".

    Args:
        folder: Contains tokenizer.json, or vocab.json and merges.txt.

    Raises:
        CheckpointError: The tokenizer is missing or damaged, or lacks a token of the template.
        MissingExtraError: The package tokenizers is not installed.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.first_ids = tuple(self._template_ids(_BEFORE, folder))
        self.last_ids = tuple(self._template_ids(_AFTER, folder))
        self.answer_ids = (self._id_of("yes", folder), self._id_of("no", folder))

    def _template_ids(self, text: str, folder: Path) -> list[int]:
        """Return the ids of a part of the template, its control tokens looked up by their text."""
        ids: list[int] = []
        for part in filter(None, _CONTROL.split(text)):
            if _CONTROL.fullmatch(part):
                ids.append(self._id_of(part, folder))
            else:
                ids += self._tokenizer.encode(part, add_special_tokens=False).ids
        return ids

    def _id_of(self, token: str, folder: Path) -> int:
        token_id = self._tokenizer.token_to_id(token)
        if token_id is None:
            raise CheckpointError(
                f"The tokenizer in {folder} has no token {token!r}, which Qwen3-Reranker's template needs. "
                "Copy the tokenizer of the base model into the folder."
            )
        return int(token_id)
