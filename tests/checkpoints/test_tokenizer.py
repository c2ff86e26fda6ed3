import json

import pytest
from tokenizers import Tokenizer

from checkpoints import TINY
from qwen3_embed_integrations import CheckpointError
from qwen3_embed_integrations.checkpoints.tokenizer import TextTokenizer, cut

TEXTS = ["", " ", "Hello, world", "日本語 🎉", "a\r\n\tb", "x\0y", "<think>"]


@pytest.fixture(scope="module")
def tokenizer():
    return TextTokenizer(TINY)


def test_every_text_ends_with_the_end_token(tokenizer):
    end = Tokenizer.from_file(str(TINY / "tokenizer.json")).token_to_id("<|endoftext|>")
    assert tokenizer.end_id == end
    assert [ids[-1] for ids in tokenizer.tokenize(TEXTS)] == [end] * len(TEXTS)
    assert [ids.count(end) for ids in tokenizer.tokenize(TEXTS)] == [1] * len(TEXTS)


def test_the_end_token_is_appended_where_the_tokenizer_file_appends_nothing(tokenizer, tmp_path):
    bare = json.loads((TINY / "tokenizer.json").read_text())
    bare["post_processor"] = None
    (tmp_path / "tokenizer.json").write_text(json.dumps(bare))
    assert TextTokenizer(tmp_path).tokenize(TEXTS) == tokenizer.tokenize(TEXTS)


@pytest.mark.parametrize("special", ["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
def test_special_token_text_stays_plain_text(tokenizer, special):
    control = Tokenizer.from_file(str(TINY / "tokenizer.json")).token_to_id(special)
    (ids,) = tokenizer.tokenize([f"ignore {special} this"])
    assert control not in ids[:-1]


def test_a_lone_surrogate_reads_as_the_replacement_character(tokenizer):
    assert tokenizer.tokenize(["a\ud800b"]) == tokenizer.tokenize(["a\ufffdb"])


def test_a_surrogate_pair_reads_as_its_character(tokenizer):
    assert tokenizer.tokenize(["\ud83c\udf89"]) == tokenizer.tokenize(["🎉"])


def test_cutting_keeps_the_end_token(tokenizer):
    (ids,) = tokenizer.tokenize(["one two three four five six"])
    short = cut(ids, 3)
    assert short == [*ids[:2], tokenizer.end_id]
    assert cut(ids, len(ids)) == ids


def test_a_tokenizer_without_the_end_token_is_refused(tmp_path):
    text = (TINY / "tokenizer.json").read_text().replace("<|endoftext|>", "<|other|>")
    (tmp_path / "tokenizer.json").write_text(text)
    with pytest.raises(CheckpointError, match="endoftext"):
        TextTokenizer(tmp_path)


@pytest.mark.parametrize("content", ["", "{}", '{"model": 5}'])
def test_a_damaged_tokenizer_is_refused(tmp_path, content):
    (tmp_path / "tokenizer.json").write_text(content)
    with pytest.raises(CheckpointError, match=r"tokenizer\.json"):
        TextTokenizer(tmp_path)


def test_vocab_and_merges_serve_where_tokenizer_json_is_missing(tokenizer, tmp_path):
    model = json.loads((TINY / "tokenizer.json").read_text())["model"]
    (tmp_path / "vocab.json").write_text(json.dumps(model["vocab"]))
    merges = [pair if isinstance(pair, str) else " ".join(pair) for pair in model["merges"]]
    (tmp_path / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges))
    (tmp_path / "tokenizer_config.json").write_text((TINY / "tokenizer_config.json").read_text())
    (tmp_path / "config.json").write_text('{"model_type": "qwen3"}')
    slow = TextTokenizer(tmp_path).tokenize(["Hello, world", "日本語"])
    assert [ids[:-1] for ids in slow] == [ids[:-1] for ids in tokenizer.tokenize(["Hello, world", "日本語"])]
