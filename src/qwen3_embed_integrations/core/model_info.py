"""What is known of a model before its weights are loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .catalog import MIN_DIMENSION
from .config import DEFAULT_MAX_LENGTH, EncoderConfig
from .errors import ConfigError
from .prompts import DEFAULT_TASK, TASKS, find_task, query_prompt
from .task_effects import TaskEffect, warn_of_harm
from .types import Role
from .vector_space import VectorSpace


@dataclass(frozen=True)
class ModelInfo:
    """What a checkpoint says of itself.

    Attributes:
        model: Hub name, or the folder's name of a local model.
        revision: Commit of a hub model, or "".
        weights: Digest of the weights, or "".
        hidden_size: Length of a full embedding.
        context_length: Longest text in tokens that the positions allow.
        max_seq_length: Longest text in tokens that the checkpoint asks for.
        pooling: "lasttoken", "mean", "cls" or "max".
        prompts: The checkpoint's stored prompts by name ("query", "document").
        task_effects: What was measured of these weights with task presets, by the preset's name; {}: unknown.
        stored_dtype: The dtype of an exported model, which the option `dtype` can't change; "" for other models.
    """

    model: str
    revision: str
    weights: str
    hidden_size: int
    context_length: int
    max_seq_length: int
    pooling: str
    prompts: Mapping[str, str] = field(default_factory=dict)
    task_effects: Mapping[str, TaskEffect] = field(default_factory=dict)
    stored_dtype: str = ""

    def max_length(self, config: EncoderConfig) -> int:
        """Return the longest text in tokens under `config`.

        Raises:
            ConfigError: `max_length` was set to more than the model's context.
        """
        return self.max_length_of(config.max_length)

    def max_length_of(self, max_length: int) -> int:
        """Return the longest text in tokens if `max_length` is asked for; the default is lowered to the model's own.

        Raises:
            ConfigError: `max_length` is no default and more than the model's context.
        """
        if max_length == DEFAULT_MAX_LENGTH:
            return min(DEFAULT_MAX_LENGTH, self.max_seq_length, self.context_length)
        if max_length > self.context_length:
            raise ConfigError(
                f"max_length={max_length} is more than the context of {self.model!r}: "
                f"{self.context_length} tokens. Use at most that."
            )
        return max_length

    def dimension(self, config: EncoderConfig) -> int:
        """Return the length of an embedding under `config`.

        Raises:
            ConfigError: `dimension` is wider than the model.
        """
        return self.checked_dimension(config.dimension or self.hidden_size)

    def checked_dimension(self, dimension: int) -> int:
        """Return `dimension` when this model can serve it.

        Raises:
            ConfigError: It is not in 32..width (a model narrower than 32 serves its full width only).
        """
        if dimension != self.hidden_size and not MIN_DIMENSION <= dimension <= self.hidden_size:
            raise ConfigError(
                f"dimension={dimension} is out of range for {self.model!r}: "
                f"use {min(MIN_DIMENSION, self.hidden_size)} to {self.hidden_size}."
            )
        return dimension

    def query_prompt(self, task: str | None) -> str:
        """Return the prompt of a query: of `task`, else the checkpoint's own, else of the web task.

        Issue a CheckpointWarning if `task` is a preset that makes this model worse.
        """
        if task is not None:
            warn_of_harm(self.model, task, self.task_effects)
            return query_prompt(find_task(task).instruction) if task else ""
        stored = self.prompts.get("query")
        return query_prompt(TASKS[DEFAULT_TASK].instruction) if stored is None else stored

    def document_prompt(self, config: EncoderConfig) -> str:
        """Return the prompt of a document; "" for none."""
        if config.document_task is not None:
            return self.query_prompt(config.document_task)
        if config.task and find_task(config.task).symmetric:
            return self.query_prompt(config.task)
        return self.prompts.get("document", "")

    def space(self, config: EncoderConfig) -> VectorSpace:
        """Return the vector space of documents under `config`."""
        return VectorSpace(
            model=self.model,
            revision=self.revision,
            weights=self.weights,
            pooling=self.pooling,
            document_prompt=self.document_prompt(config),
            dimension=self.dimension(config),
        )


@dataclass(frozen=True)
class ResolvedOptions:
    """What a config means for one model: looked up once for all calls of an encoder.

    Attributes:
        model_info: The model.
        dimension: Length of an embedding.
        max_length: Tokens after which a text is cut.
        query_prompt: The prompt of a query that names no task.
        document_prompt: The prompt of a document; "" for none.
    """

    model_info: ModelInfo
    dimension: int
    max_length: int
    query_prompt: str
    document_prompt: str

    @classmethod
    def of(cls, config: EncoderConfig, model_info: ModelInfo) -> ResolvedOptions:
        """Resolve `config` for a model.

        Raises:
            ConfigError: The model can't serve the dimension or max_length.
        """
        return cls(
            model_info=model_info,
            dimension=model_info.dimension(config),
            max_length=model_info.max_length(config),
            query_prompt=model_info.query_prompt(config.task),
            document_prompt=model_info.document_prompt(config),
        )

    def prompt(self, role: Role, task: str | None = None) -> str:
        """Return the prompt of a role, for queries that of `task` or of the config; "" for none.

        Raises:
            ConfigError: An unknown role or task.
        """
        if role == "query":
            return self.query_prompt if task is None else self.model_info.query_prompt(task)
        if role == "document":
            return self.document_prompt
        raise ConfigError(f'Unknown role {role!r}. Use "query" or "document".')
