"""Token ids in place of texts: refused, unless the server was told to take those of its own tokenizer."""

from __future__ import annotations

from typing import Any

from qwen3_embed_integrations.checkpoints.tokenizer import TextTokenizer

from .errors import bad_request
from .models import ServedEncoder


def texts_of(inputs: list[Any], served: ServedEncoder, *, allowed: bool) -> list[str]:
    """Return inputs as texts.

    Args:
        inputs: Texts, or lists of token ids.
        served: The model whose tokenizer made the ids.
        allowed: Whether ids are taken at all.

    Raises:
        ApiError: There are ids and they are not allowed, or they are not what the tokenizer makes of any text.
    """
    if all(isinstance(one, str) for one in inputs):
        return inputs
    if not allowed:
        raise bad_request(
            "input holds token ids, which another tokenizer made; send texts. LangChain's OpenAIEmbeddings does with "
            "check_embedding_ctx_length=False. Ids of this model's own tokenizer need --allow-token-ids.",
            "input",
            "token_ids_refused",
        )
    tokenizer = served.tokenizer
    if not isinstance(tokenizer, TextTokenizer):
        raise bad_request("The tokenizer is not on this server: send texts.", "input", "token_ids_refused")
    return [one if isinstance(one, str) else _text_of(one, index, tokenizer) for index, one in enumerate(inputs)]


def _text_of(ids: list[int], index: int, tokenizer: TextTokenizer) -> str:
    """Return the text of which the tokenizer makes `ids`, their end token left out or not."""
    own = ids[:-1] if ids[-1] == tokenizer.end_id else ids
    text = tokenizer.decode(own) if all(0 <= one < tokenizer.n_ids for one in own) else None
    if not text or tokenizer.tokenize([text])[0][: -len(tokenizer.last_ids)] != own:
        raise bad_request(
            f"input[{index}] holds ids that this model's tokenizer makes of no text: ids out of range, control tokens, "
            "or another tokenizer's. Send texts.",
            "input",
            "invalid_token_ids",
        )
    return text
