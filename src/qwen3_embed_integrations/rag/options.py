"""RagOptions: the one place where an option of the RAG integration is declared."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator


class RagOptions(BaseModel):
    """What a run of `qwen3-embed rag` is told, besides the encoder's options. It loads no framework."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ask: tuple[str, ...] = Field((), description="A question; give it several times for several questions.")
    docs: Path | None = Field(
        None,
        description="Folder (or file) of .md, .txt, .rst, .html and .pdf documents. "
        "Left out: the documentation of this Python's standard library.",
    )
    index: Path | None = Field(
        None, description="Chroma's folder. Left out: one for these documents in the user's cache folder."
    )
    top_k: int = Field(4, description="Passages to find for a question.", ge=1, le=100)
    min_score: float = Field(0.0, description="Leave out passages whose cosine similarity is lower.", ge=-1, le=1)
    reindex: bool = Field(default=False, description="Throw the index away and embed everything anew.")
    skip_unreadable: bool = Field(default=False, description="Leave out files that can't be read, and name them.")
    show_prompt: bool = Field(default=False, description="Show the prompt that a language model gets.")
    llm: str | None = Field(
        None, description='Chat model to run here, as in "Qwen/Qwen3-0.6B". Left out: an extractive answer.'
    )
    llm_url: str | None = Field(None, description='OpenAI-compatible endpoint, as in "http://localhost:8000/v1".')
    llm_model: str | None = Field(None, description="The model's name at that endpoint.")
    llm_key_env: str = Field("OPENAI_API_KEY", description="Environment variable that holds the endpoint's key.")

    @field_validator("ask")
    @classmethod
    def _asks_something(cls, ask: tuple[str, ...]) -> tuple[str, ...]:
        if not all(question.strip() for question in ask):
            raise ValueError('The question is empty. Ask something: --ask "How do I …?".')
        return ask

    @field_validator("docs", "index", mode="before")
    @classmethod
    def _names_a_place(cls, path: object) -> object:
        if isinstance(path, str) and not path.strip():
            raise ValueError('The path is empty, perhaps an unset variable. For the current folder, give ".".')
        return path
