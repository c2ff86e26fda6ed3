"""Which instruction each embedding's query is trained under, and which one the finished folder stores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qwen3_embed_integrations import EncoderConfig, Qwen3Encoder
from qwen3_embed_integrations.core.errors import DataFileError
from qwen3_embed_integrations.core.prompts import find_task

from .data import Example


@dataclass(frozen=True)
class Prompting:
    """The prompts of a run.

    Attributes:
        query: What stands before a query of the run's own task; the folder stores it.
        document: What stands before every document; the folder stores it.
        by_task: What stands before the queries of each task that embeddings name; "" is the run's own.
    """

    query: str
    document: str
    by_task: dict[str, str]

    @classmethod
    def of(cls, config: EncoderConfig, examples: Sequence[Example]) -> Prompting:
        """Gives the prompts of a run: `config.task`, or the one task that all embeddings name, or the model's own.

        Raises:
            DataFileError: Embeddings name tasks that put different prompts before documents.
        """
        named = {example.task for example in examples}
        if config.task is None and len(named) == 1:
            config = config.replace(task=next(iter(named)) or None)
        model_info = Qwen3Encoder(config).model_info
        by_task = {task: model_info.query_prompt(task or config.task) for task in sorted(named)}
        documents = {model_info.document_prompt(config.replace(task=task or config.task)) for task in named}
        if len(documents) > 1:
            symmetric = sorted(task for task in named if task and find_task(task).symmetric)
            raise DataFileError(
                f"Embeddings of the symmetric task {symmetric[0]!r}, whose documents take the instruction too, join "
                "embeddings whose documents don't. A model stores one way for documents: train them apart."
            )
        return cls(model_info.query_prompt(config.task), documents.pop(), by_task)

    def of_columns(self, task: str, columns: Sequence[str]) -> dict[str, str]:
        """Gives the prompt of each text column of embeddings of one task."""
        return {name: self.by_task[task] if name == "query" else self.document for name in columns}

    def stored(self) -> dict[str, str]:
        """Gives the prompts that the folder keeps, under the names that sentence-transformers looks for."""
        return {"query": self.query, "document": self.document}
