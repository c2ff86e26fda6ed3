"""The fields of the requests; what a field doesn't know is ignored, as OpenAI's server does.

Sources: openai 3.57's resources/embeddings.py, cohere 7.3.1's v2/client.py, text-embeddings-inference's
router/src/http/types.rs, and the API references of Voyage, NIM and Jina.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from .errors import bad_request

Truncate = bool | Literal["NONE", "END", "START"] | None
"""TEI sends true or false, Cohere and NIM a word."""


class _Fields(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class EmbedFields(_Fields):
    """What every request for embeddings may hold."""

    model: str | None = None
    input_type: str | None = None
    prompt_name: str | None = None
    task: str | None = None
    instruction: Annotated[str | None, Field(validation_alias=AliasChoices("instruction", "instruct"))] = None
    dimensions: Annotated[int | None, Field(validation_alias=AliasChoices("dimensions", "output_dimension"))] = None
    truncate: Annotated[Truncate, Field(validation_alias=AliasChoices("truncate", "truncation"))] = None

    def cuts(self, *, default: bool) -> bool:
        """Tell whether a text that is too long is to be cut at its end.

        Raises:
            ApiError: It is to be cut at its start.
        """
        if self.truncate is None:
            return default
        if self.truncate == "START":
            raise bad_request(
                'truncate is "START", expected "END" or "NONE": the beginning of a text is kept.', "truncate"
            )
        return self.truncate in (True, "END")


class OpenAIFields(EmbedFields):
    """The body of /v1/embeddings; what `input` holds is checked by itself, so that an error names its index."""

    input: Any
    encoding_format: Annotated[
        Literal["float", "base64"] | None, Field(validation_alias=AliasChoices("encoding_format", "embedding_type"))
    ] = None
    output_dtype: Literal["float"] | None = None


class CohereFields(EmbedFields):
    """The body of /v2/embed."""

    texts: Any
    embedding_types: list[Literal["float", "base64"]] | None = None


class TeiFields(EmbedFields):
    """The body of /embed."""

    inputs: Any
    normalize: Literal[True] = True


class DocumentFields(_Fields):
    """A document to rerank, as an object."""

    text: str


class RerankFields(_Fields):
    """The body of the reranking routes; `texts` in place of `documents` asks for TEI's answer."""

    model: str | None = None
    query: str
    documents: list[str | DocumentFields] | None = None
    texts: list[str] | None = None
    top_n: int | None = Field(None, ge=0)
    return_documents: bool = False
    return_text: bool = False
    instruction: Annotated[str | None, Field(validation_alias=AliasChoices("instruction", "instruct"))] = None
    raw_scores: bool = False
    use_activation: bool = True
    max_tokens_per_doc: int | None = Field(None, ge=1)
    truncate: bool | None = None

    def listed(self) -> list[str]:
        """Return the documents' texts.

        Raises:
            ApiError: There are none, or both fields are given.
        """
        if (self.documents is None) == (self.texts is None):
            raise bad_request(
                "Send the documents as documents, or as texts for TEI's answer: one of them.", "documents"
            )
        given: Sequence[str | DocumentFields] = self.texts if self.documents is None else self.documents  # type: ignore[assignment]  # one of them is a list
        if not given:
            raise bad_request("documents is an empty list, expected at least one document.", "documents", "empty_input")
        return [one if isinstance(one, str) else one.text for one in given]


def listed_input(value: Any, param: str, most: int, *, empty: bool = False) -> list[Any]:
    """Return what to embed as a list, of `str` or of lists of token ids.

    Args:
        value: The field: a text, a list of texts, token ids, or a list of them.
        param: Its name.
        most: Largest number of texts.
        empty: Whether a text may be empty.

    Raises:
        ApiError: It is empty, too long, or holds something else; the message names the index.
    """
    is_one = isinstance(value, str) or (isinstance(value, list) and value != [] and _is_id(value[0]))
    value = [value] if is_one else value
    if not isinstance(value, list):
        raise bad_request(f"{param} is {_named(value)}, expected a text or a list of texts.", param, "invalid_type")
    if not value:
        raise bad_request(f"{param} is an empty list, expected at least one text.", param, "empty_input")
    if len(value) > most:
        raise bad_request(
            f"{param} has {len(value)} texts, expected at most {most}. Send several requests.", param, "too_many_inputs"
        )
    for index, one in enumerate(value):
        _check_one(one, f"{param}[{index}]", param)
        if not one and not (empty and one == ""):
            raise bad_request(f"{param}[{index}] is empty, expected a text.", param, "empty_input")
    return list(value)


def _check_one(one: Any, name: str, param: str) -> None:
    if not (isinstance(one, str) or (isinstance(one, list) and all(map(_is_id, one)))):
        raise bad_request(f"{name} is {_named(one)}, expected a text.", param, "invalid_type")


def _is_id(value: Any) -> bool:
    return type(value) is int


def _named(value: Any) -> str:
    names = {dict: "an object", list: "a list", bool: "true or false", type(None): "null", str: "a text"}
    return names.get(type(value), "a number")
