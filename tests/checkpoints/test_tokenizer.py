import json
import shutil
import sys

import numpy as np
import pytest
from tokenizers import AddedToken, Tokenizer

from checkpoints import TINY
from qwen3_embed_integrations import CheckpointError, MissingExtraError, Qwen3Encoder, TextTooLongError
from qwen3_embed_integrations.checkpoints.tokenizer import TextTokenizer, cut, raise_if_too_long

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


def with_more(folder, *tokens, special=False):
    """Save the bundled tokenizer with more tokens, and a config.json with as many embeddings as before."""
    tokenizer = Tokenizer.from_file(str(TINY / "tokenizer.json"))
    size = tokenizer.get_vocab_size(with_added_tokens=True)
    tokenizer.add_tokens([AddedToken(token, special=special) for token in tokens])
    tokenizer.save(str(folder / "tokenizer.json"))
    if not (folder / "config.json").exists():
        (folder / "config.json").write_text(json.dumps({"model_type": "qwen3", "vocab_size": size}))
    return folder


def test_a_token_without_an_embedding_is_rejected_by_name(tmp_path):
    with pytest.raises(CheckpointError, match=r"2 tokens.*'wombatish' with id 32001.*vocab_size=32000"):
        TextTokenizer(with_more(tmp_path, "kiwi", "wombatish"))


def test_an_encoder_rejects_it_when_it_is_loaded(own_checkpoint):
    with pytest.raises(CheckpointError, match="wombatish"):
        Qwen3Encoder(model=str(with_more(own_checkpoint, "wombatish"))).load()


def test_more_embeddings_than_tokens_are_fine(tmp_path, tokenizer):
    with_more(tmp_path)
    (tmp_path / "config.json").write_text('{"vocab_size": 40000}')
    assert TextTokenizer(tmp_path).tokenize(TEXTS) == tokenizer.tokenize(TEXTS)


def test_a_special_token_that_no_text_becomes_needs_no_embedding(tmp_path, tokenizer):
    found = TextTokenizer(with_more(tmp_path, "<|more|>", special=True)).tokenize(["a <|more|> b"])
    assert found == tokenizer.tokenize(["a <|more|> b"])


def test_qwen3_s_last_tokens_are_plain_text_where_they_have_no_embedding(tmp_path, tokenizer):
    stored = json.loads((TINY / "tokenizer.json").read_text())
    later = {"<tool_response>", "</tool_response>", "<think>", "</think>"}
    first = min(one["id"] for one in stored["added_tokens"] if one["content"] in later)
    text = "a <think> b </think>"
    assert max(tokenizer.tokenize([text])[0]) >= first
    (tmp_path / "config.json").write_text(json.dumps({"vocab_size": first}))
    (tmp_path / "tokenizer.json").write_text(json.dumps(stored))
    (ids,) = TextTokenizer(tmp_path).tokenize([text])
    assert max(ids) < first
    strings = TextTokenizer(tmp_path).token_strings(ids[:-1])
    assert "".join(strings).replace("\u0120", " ") == text


def test_a_tokenizer_that_is_too_large_is_rejected_unread(tmp_path):
    with (tmp_path / "tokenizer.json").open("wb") as file:
        file.truncate(10**12)  # a sparse file
    with pytest.raises(CheckpointError, match="larger than"):
        TextTokenizer(tmp_path)


def test_a_text_that_is_too_long_is_named_by_its_place_in_the_call():
    inverse = np.array([0, 1, 1, 2])
    raise_if_too_long([[1, 2], [1, 2, 3]], 1, inverse, max_length=3)
    with pytest.raises(TextTooLongError, match="Text 3 has 3 tokens, max_length is 2"):
        raise_if_too_long([[1, 2], [1, 2, 3]], 1, inverse, max_length=2)


def test_the_longest_beginning_has_no_more_ids_than_asked_for(tokenizer):
    text = "A longer text, of many words \ud800 and 日本語."
    for n_ids in range(12):
        found = tokenizer.beginning(text, n_ids)
        assert len(tokenizer.tokenize([found])[0]) - 1 <= n_ids
    assert tokenizer.beginning(text, 0) == ""
    assert tokenizer.beginning(text, 1000) == text.replace("\ud800", "\ufffd")


def test_an_unknown_id_has_no_string(tokenizer):
    assert tokenizer.token_strings([tokenizer.end_id, 10**6]) == ["<|endoftext|>", ""]


def test_without_the_tokenizer_package_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(MissingExtraError, match=r"qwen3-embed-integrations\[torch\]"):
        TextTokenizer(TINY)


def test_a_vocabulary_of_unknown_size_is_taken_as_it_is(tokenizer, tmp_path):
    shutil.copy(TINY / "tokenizer.json", tmp_path)
    (tmp_path / "config.json").write_text('{"vocab_size": "many"}')
    assert TextTokenizer(tmp_path).tokenize(TEXTS) == tokenizer.tokenize(TEXTS)
