"""The chat template of Qwen3-Reranker, as token ids."""

from checkpoints import TINY
from qwen3_embed_integrations.checkpoints.pair_tokenizer import PairTokenizer
from qwen3_embed_integrations.checkpoints.tokenizer import TextTokenizer, cut
from qwen3_embed_integrations.core.rerank_request import pair_head


def test_the_template_stands_around_every_pair() -> None:
    tokenizer = PairTokenizer(TINY)
    head = pair_head("Find it", "where?")
    assert head == "<Instruct>: Find it\n<Query>: where?\n<Document>:"
    ids, of_head = tokenizer.tokenize([f"{head} here", head])
    words = tokenizer.token_strings(ids)
    assert words[0] == "<|im_start|>"
    assert words.count("<|im_start|>") == 3
    assert words.count("<|im_end|>") == 2
    after = words[-len(tokenizer.last_ids) :]
    assert after[0] == "<|im_end|>"
    assert [word for word in after if "think" in word] == ["<think>", "</think>"]
    n_last = len(tokenizer.last_ids)
    assert ids[: len(of_head) - n_last] == of_head[:-n_last]


def test_the_answers_are_one_token_each() -> None:
    tokenizer = PairTokenizer(TINY)
    assert tokenizer.token_strings(tokenizer.answer_ids) == ["yes", "no"]


def test_truncation_keeps_the_template() -> None:
    tokenizer = PairTokenizer(TINY)
    (ids,) = tokenizer.tokenize(["word " * 100])
    shortened = cut(ids, 60, len(tokenizer.last_ids))
    assert len(shortened) == 60
    assert tuple(shortened[: len(tokenizer.first_ids)]) == tokenizer.first_ids
    assert tuple(shortened[-len(tokenizer.last_ids) :]) == tokenizer.last_ids
    (plain,) = TextTokenizer(TINY).tokenize(["word " * 100])
    assert cut(plain, 60) == [*plain[:59], plain[-1]]
