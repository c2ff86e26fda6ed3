"""Declare every option of the RAG command."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator


class RagOptions(BaseModel):
    """The options of `qwen3-embed rag` beside the encoder's. Importing them loads no framework."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ask: tuple[str, ...] = Field((), description="A question. Repeat the option to ask several.")
    docs: Path | None = Field(
        None,
        description="Folder (or file) of .md, .txt, .rst, .html and .pdf documents. "
        "Default: the documentation of this Python's standard library.",
    )
    index: Path | None = Field(
        None,
        description="Folder of the Chroma index. Default: one per folder of documents, in the user's cache folder.",
    )
    top_k: int = Field(4, description="Passages to retrieve for a question.", ge=1, le=100)
    min_score: float = Field(0.0, description="Leave out passages with a lower cosine similarity.", ge=-1, le=1)
    reindex: bool = Field(default=False, description="Delete the index and embed every document again.")
    skip_unreadable: bool = Field(default=False, description="Leave out files that can't be read, and list them.")
    show_prompt: bool = Field(default=False, description="Show the prompt for the language model.")
    llm: str | None = Field(
        None, description='Chat model to run on this machine, as in "Qwen/Qwen3-0.6B". Default: an extractive answer.'
    )
    llm_url: str | None = Field(None, description='OpenAI-compatible endpoint, as in "http://localhost:8000/v1".')
    llm_model: str | None = Field(None, description="The model's name at that endpoint.")
    llm_key_env: str = Field("OPENAI_API_KEY", description="Environment variable that holds the endpoint's API key.")

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
