"""Choose the prompts that queries and documents are trained with, and those that the finished folder stores."""

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
        query: Prompt of a query of the run's own task; the folder stores it.
        document: Prompt of every document; the folder stores it.
        by_task: Prompt of the queries of each task that records name; "" is the run's own task.
    """

    query: str
    document: str
    by_task: dict[str, str]

    @classmethod
    def of(cls, config: EncoderConfig, examples: Sequence[Example]) -> Prompting:
        """Return the prompts of a run: of `config.task`, else of the one task that all records name, else the model's.

        Raises:
            DataFileError: If records name tasks that put different prompts before documents.
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
                f"The records mix the symmetric task {symmetric[0]!r}, whose documents take the instruction too, with "
                "tasks whose documents don't. A model stores one prompt for documents: train them apart."
            )
        return cls(model_info.query_prompt(config.task), documents.pop(), by_task)

    def of_columns(self, task: str, columns: Sequence[str]) -> dict[str, str]:
        """Return the prompt of each text column of the records of one task."""
        return {name: self.by_task[task] if name == "query" else self.document for name in columns}

    def stored(self) -> dict[str, str]:
        """Return the prompts that the folder stores, under sentence-transformers' names."""
        return {"query": self.query, "document": self.document}
