"""Declare every option of the RAG command."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

By = Literal["section", "page", "document", "tokens"]
Context = Literal["passage", "neighbours", "section"]

with warnings.catch_warnings():
    # The flag is --json; BaseModel.json, which the field hides, is deprecated.
    warnings.filterwarnings("ignore", 'Field name "json"')

    class RagOptions(BaseModel):
        """The options of `qwen3-embed rag` beside the encoder's. Importing them loads no framework."""

        model_config = ConfigDict(frozen=True, extra="forbid")

        ask: tuple[str, ...] = Field((), description="A question. Repeat the option to ask several.")
        docs: Path | None = Field(
            None,
            description="Folder (or file) of documents: text, Markdown, HTML, PDF, Word, PowerPoint, Excel, "
            "OpenDocument, EPUB, CSV, JSON, notebooks, e-mails, source code. "
            "Default: the documentation of this Python's standard library.",
        )
        index: Path | None = Field(
            None,
            description="Folder of the Chroma index. Default: one per folder of documents, in the cache folder.",
        )
        top_k: int = Field(4, description="Passages to retrieve for a question.", ge=1, le=100)
        min_score: float = Field(0.0, description="Leave out passages with a lower cosine similarity.", ge=-1, le=1)
        per_file: int = Field(
            2, description="Passages of one file at most, where others have enough; 0 for any number.", ge=0
        )
        mmr: float = Field(
            1.0,
            description="Maximal marginal relevance: below 1, passages unlike each other are preferred.",
            ge=0,
            le=1,
        )
        context: Context = Field("passage", description="How much of the text around a passage is read with it.")
        watch: bool = Field(default=False, description="Keep the index in step with --docs until Ctrl-C.")
        reindex: bool = Field(default=False, description="Delete the index and embed every document again.")
        skip_unreadable: bool = Field(default=False, description="Leave out files that can't be read, and list them.")
        reader: tuple[str, ...] = Field(
            (), description='Reader of a file type, as in "ext=module:function". Repeat the option for several.'
        )
        file_timeout_s: float = Field(60.0, description="Seconds that reading one file may take.", gt=0)
        chunk_tokens: int = Field(400, description="Length of a chunk to aim at, in tokens.", ge=32, le=100_000)
        chunk_overlap: int | None = Field(
            None, description="Tokens that two chunks of a long section share. Default: 15 % of --chunk-tokens.", ge=0
        )
        chunk_by: By = Field("section", description="Where a chunk ends beside its length.")
        json: bool = Field(  # type: ignore[assignment] # of BaseModel's, which pydantic deprecates
            default=False, description="Print each answer and its passages as a line of JSON."
        )
        show_prompt: bool = Field(default=False, description="Show the prompt for the language model.")
        llm: str | None = Field(
            None,
            description='Chat model to run on this machine, as in "Qwen/Qwen3-0.6B". Default: an extractive answer.',
        )
        llm_url: str | None = Field(None, description='OpenAI-compatible endpoint, as in "http://localhost:8000/v1".')
        llm_model: str | None = Field(None, description="The model's name at that endpoint.")
        llm_key_env: str = Field(
            "OPENAI_API_KEY", description="Environment variable that holds the endpoint's API key."
        )

        @field_validator("reader")
        @classmethod
        def _check_readers(cls, readers: tuple[str, ...]) -> tuple[str, ...]:
            for reader in readers:
                if not re.fullmatch(r"\.?\w+=[\w.]+:\w+", reader):
                    raise ValueError(
                        f"{reader!r} is no reader. Give ext=module:function, as in doc=my_readers:read_doc."
                    )
            return readers

        @model_validator(mode="after")
        def _check_overlap(self) -> Self:
            if (self.chunk_overlap or 0) > self.chunk_tokens // 2:
                raise ValueError(
                    f"chunk_overlap={self.chunk_overlap} is over half of chunk_tokens={self.chunk_tokens}. Lower it."
                )
            return self

        @property
        def readers(self) -> dict[str, str]:
            """Suffix → "module:function" of the given readers."""
            pairs = (reader.partition("=") for reader in self.reader)
            return {suffix.lstrip(".").lower(): target for suffix, _, target in pairs}

        @field_validator("ask")
        @classmethod
        def _check_questions(cls, ask: tuple[str, ...]) -> tuple[str, ...]:
            if not all(question.strip() for question in ask):
                raise ValueError('The question is empty. Ask something: --ask "How do I …?".')
            return ask

        @field_validator("docs", "index", mode="before")
        @classmethod
        def _check_path(cls, path: object) -> object:
            if isinstance(path, str) and not path.strip():
                raise ValueError('The path is empty, perhaps an unset variable. For the current folder, give ".".')
            return path
