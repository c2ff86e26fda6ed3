"""RerankRequest: one query's documents as the texts of a request, for backends that score pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .protocols import EmbedRequest


@dataclass(frozen=True)
class RerankRequest(EmbedRequest):
    """One call's pairs of a query and its documents; a backend returns one logit for each, `[n, 1]`.

    A backend that tokenises here reads `texts`, one text for each pair. A backend that asks a server reads `query`,
    `instruction` and `documents`, because the server puts the template around them.

    Attributes:
        query: What a document should answer.
        instruction: What makes a document relevant.
    """

    query: str = ""
    instruction: str = ""

    @property
    def documents(self) -> list[str]:
        """The document of each text."""
        return [document_of(text, self.query, self.instruction) for text in self.texts]


def rerank_request(query: str, instruction: str, documents: Sequence[str], **limits: Any) -> RerankRequest:
    """Return the request for the scores of documents.

    Several documents share the keys and values of what their pairs begin with.

    Args:
        query: What a document should answer.
        instruction: What makes a document relevant.
        documents: The documents.
        **limits: The other fields of EmbedRequest.
    """
    head = pair_head(instruction, query)
    return RerankRequest(
        texts=[f"{head} {document}" for document in documents],
        query=query,
        instruction=instruction,
        shared_prefix=head if len(documents) > 1 else "",
        **limits,
    )


def pair_head(instruction: str, query: str) -> str:
    r"""Return what the text of a pair begins with; a blank and the document follow.

    A blank always starts a new token, so all pairs of a query begin with the same token ids.
    """
    return f"<Instruct>: {instruction}\n<Query>: {query}\n<Document>:"


def document_of(text: str, query: str, instruction: str) -> str:
    """Return the document of the text of a pair; "" if the text was cut before it."""
    return text[len(pair_head(instruction, query)) + 1 :]
