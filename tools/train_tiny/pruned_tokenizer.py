"""Prunes Qwen3's byte-level BPE tokenizer to a small vocabulary that cuts the same way.

Kept are the 256 byte tokens and the most frequent tokens with the closure of their merges,
in merge order, so that a word whose merge tree is kept is cut as the full tokenizer cuts it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from tokenizers import Tokenizer

END_TOKEN = "<|endoftext|>"  # noqa: S105 - a token of text, no secret
CHAT_END_TOKEN = "<|im_end|>"  # noqa: S105 - a token of text, no secret
N_BYTE_TOKENS = 256


def count_tokens(tokenizer_json: Path, texts: Iterable[str], batch_size: int = 4096) -> Counter[str]:
    """Return how often the full tokenizer cuts each token out of ``texts``."""
    tokenizer = Tokenizer.from_file(str(tokenizer_json))
    counts: Counter[int] = Counter()
    pending = iter(texts)
    while batch := list(islice(pending, batch_size)):
        for encoding in tokenizer.encode_batch_fast(batch, add_special_tokens=False):
            counts.update(encoding.ids)
    return Counter({str(tokenizer.id_to_token(number)): count for number, count in counts.items()})


def prune(tokenizer_json: Path, counts: Counter[str], size: int) -> dict[str, object]:
    """Return the tokenizer.json content of a vocabulary of ``size`` tokens, added tokens included."""
    full = json.loads(tokenizer_json.read_text("utf-8"))
    vocab: dict[str, int] = full["model"]["vocab"]
    merges = [tuple(merge) if isinstance(merge, list) else tuple(merge.split(" ")) for merge in full["model"]["merges"]]
    parents = {left + right: (left, right) for left, right in reversed(merges)}
    kept = set(sorted(vocab, key=vocab.__getitem__)[:N_BYTE_TOKENS])
    for token, _ in counts.most_common():
        closure = _closure(token, parents, kept) if token in vocab else set()
        if len(kept) + len(closure) <= size - len(full["added_tokens"]):
            kept |= closure
    ordered = sorted(kept, key=vocab.__getitem__)
    full["model"]["vocab"] = {token: number for number, token in enumerate(ordered)}
    full["model"]["merges"] = [list(merge) for merge in merges if {*merge, "".join(merge)} <= kept]
    for number, added in enumerate(sorted(full["added_tokens"], key=lambda token: token["id"])):
        added["id"] = len(ordered) + number
    end_id = next(token["id"] for token in full["added_tokens"] if token["content"] == END_TOKEN)
    full["post_processor"] = _appends_end(full["post_processor"], end_id)
    return full


def _closure(token: str, parents: dict[str, tuple[str, str]], kept: set[str]) -> set[str]:
    """Return the token and every token that its merges need and that is not kept yet."""
    needed, open_tokens = set(), [token]
    while open_tokens:
        current = open_tokens.pop()
        if current not in kept and current not in needed:
            needed.add(current)
            open_tokens.extend(parents.get(current, ()))
    return needed


def _appends_end(byte_level: dict[str, object], end_id: int) -> dict[str, object]:
    """Return Qwen3-Embedding's post-processor: byte level, then ``<|endoftext|>`` appended."""
    text_a, text_b = ({"Sequence": {"id": name, "type_id": 0}} for name in "AB")
    end = {"SpecialToken": {"id": END_TOKEN, "type_id": 0}}
    template = {
        "type": "TemplateProcessing",
        "single": [text_a, end],
        "pair": [text_a, end, text_b, end],
        "special_tokens": {END_TOKEN: {"id": END_TOKEN, "ids": [end_id], "tokens": [END_TOKEN]}},
    }
    return {"type": "Sequence", "processors": [byte_level, template]}


def save_tokenizer(content: dict[str, object], original_config: Path, target: Path, max_length: int) -> None:
    """Write tokenizer.json and tokenizer_config.json into ``target``, without a chat template."""
    target.mkdir(parents=True, exist_ok=True)
    (target / "tokenizer.json").write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    config = json.loads(original_config.read_text("utf-8"))
    config.pop("chat_template", None)
    added = {str(token["id"]): {k: v for k, v in token.items() if k != "id"} for token in content["added_tokens"]}  # type: ignore[attr-defined]
    config |= {
        "added_tokens_decoder": added,
        "eos_token": CHAT_END_TOKEN,
        "pad_token": END_TOKEN,
        "tokenizer_class": "Qwen2Tokenizer",
        "model_max_length": max_length,
    }
    (target / "tokenizer_config.json").write_text(json.dumps(config, ensure_ascii=False, indent=2), "utf-8")
