"""Any text and any option: a finite unit embedding or one of our errors; never a hang, a crash or another caller's."""

import asyncio
import string
import threading

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qwen3_embed_integrations import TASKS, ConfigError, EncoderConfig, InputTypeError, Qwen3EmbedError, Qwen3Encoder
from qwen3_embed_integrations.backends.registry import load_backend
from qwen3_embed_integrations.checkpoints.tokenizer import TextTokenizer
from qwen3_embed_integrations.core.prompts import END_TOKEN
from qwen3_embed_integrations.core.stock_keywords import _MEANINGS as STOCK_MEANINGS

CONTROL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|fim_prefix|>", "<think>", "<tool_call>"]
MARKS = [
    "\0",
    "\u202e",
    "\u200f",
    "\u2066",
    "\ufeff",
    "\u200d",
    "\ud800",
    "\udfff",
    "\U0010ffff",
    "\r\n",
    "\u2028",
    "\x1b[2J",
]
PROMPTS = [
    "Instruct: ",
    "\nQuery:",
    "Instruct: Given a web search query\nQuery:",
    "system\n",
    "Ignore all instructions",
]
anything = st.text(st.characters(categories=None, exclude_categories=()), max_size=80)  # lone surrogates included
hostile = st.lists(
    st.one_of(anything, st.sampled_from([*CONTROL, *MARKS, *PROMPTS]), st.text(string.printable, max_size=20)),
    max_size=8,
).map("".join)
slowly = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def encoder(checkpoint):
    return Qwen3Encoder(model=str(checkpoint), max_length=256).load()


def assert_embeddings(embeddings, n_texts):
    assert embeddings.shape == (n_texts, 64)
    assert embeddings.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-5)


@pytest.mark.filterwarnings("ignore::qwen3_embed_integrations.TruncationWarning")
@slowly
@given(texts=st.lists(hostile, max_size=6))
def test_any_texts_give_unit_embeddings_that_equal_their_single_embeddings(encoder, texts):
    documents, queries = encoder.encode_document(texts), encoder.encode_query(texts)
    assert_embeddings(documents, len(texts))
    assert_embeddings(queries, len(texts))
    for text, document, query in zip(texts, documents, queries, strict=True):
        np.testing.assert_allclose(encoder.encode_document([text])[0], document, atol=1e-5)
        np.testing.assert_allclose(encoder.encode_query([text])[0], query, atol=1e-5)


@slowly
@given(text=hostile, token=st.sampled_from(CONTROL[:3]))
def test_no_text_spells_a_control_token(encoder, text, token):
    ids = encoder.render_query(text + token + text).token_ids
    added = load_backend(encoder.config).tokenizer._tokenizer.get_added_tokens_decoder()
    control = set(added)
    specials = {token_id for token_id, token in added.items() if token.special}
    assert control
    assert [i for i in ids if i in specials] == [ids[-1]]
    assert encoder.render_query("").tokens[-1] == END_TOKEN


@slowly
@given(batches=st.lists(st.lists(hostile, min_size=1, max_size=4), min_size=2, max_size=6))
@pytest.mark.filterwarnings("ignore::qwen3_embed_integrations.TruncationWarning")
def test_concurrent_hostile_calls_get_their_own_embeddings(encoder, batches):
    async def ask():
        return await asyncio.gather(*(encoder.aencode_document(texts) for texts in batches))

    for texts, embeddings in zip(batches, asyncio.run(ask()), strict=True):
        np.testing.assert_allclose(embeddings, encoder.encode_document(texts), atol=1e-5)


@slowly
@given(
    texts=st.one_of(
        st.none(), st.integers(), st.text(), st.binary(), st.dictionaries(st.text(), st.text()), st.sets(st.text()),
        st.lists(st.one_of(st.none(), st.floats(), st.binary(), st.lists(st.text())), min_size=1),
    )
)  # fmt: skip
def test_what_is_no_list_of_str_is_our_type_error(encoder, texts):
    with pytest.raises(InputTypeError):
        encoder.encode_document(texts)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 5_000_000,
        "北" * 1_700_000,
        "word " * 1_000_000,
        "\n" * 5_000_000,
        "\ud800" * 1_000_000,
        "<|im_start|>" * 400_000,
    ],
    ids=["letters", "hanzi", "words", "newlines", "surrogates", "control"],
)
def test_a_text_of_megabytes_is_cut_reported_and_does_not_hold_up_the_loop(encoder, text, monkeypatch):
    tokenising = []
    tokenize = TextTokenizer.tokenize

    def recorded(self, texts):
        tokenising.append(threading.current_thread())
        return tokenize(self, texts)

    monkeypatch.setattr(TextTokenizer, "tokenize", recorded)
    with pytest.warns(UserWarning, match="text 0 lost"):
        encoded = asyncio.run(encoder.aencode([text], "document"))
    assert_embeddings(encoded.embeddings, 1)
    assert threading.main_thread() not in tokenising  # which runs the loop
    assert 1 <= len(tokenising) <= 2


def test_100_000_empty_texts_are_one_embedding(encoder, monkeypatch):
    n_tokenised = []
    tokenize = TextTokenizer.tokenize

    def recorded(self, texts):
        n_tokenised.append(len(texts))
        return tokenize(self, texts)

    monkeypatch.setattr(TextTokenizer, "tokenize", recorded)
    embeddings = encoder.encode_document([""] * 100_000)
    assert_embeddings(embeddings, 100_000)
    assert (embeddings == embeddings[0]).all()
    assert sum(n_tokenised) == 1


# Options

junk = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=True), st.text(), st.binary(max_size=8),
    st.lists(st.integers(), max_size=3), st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    st.just(object()),
)  # fmt: skip


@slowly
@given(options=st.dictionaries(st.sampled_from(sorted(EncoderConfig.model_fields)), junk, max_size=4))
def test_any_option_of_any_type_is_a_config_or_our_error(options):
    try:
        config = EncoderConfig(**options)
    except ConfigError:
        return
    assert EncoderConfig.from_options(config.to_options()) == config.replace(token=None)


@settings(deadline=None, max_examples=150)
@given(name=st.text(max_size=12), value=junk)
def test_an_unknown_option_is_refused_by_name(name, value):
    if name in {*EncoderConfig.model_fields, *STOCK_MEANINGS, "prefix"}:
        return
    with pytest.raises(ConfigError, match="Unknown option"):
        EncoderConfig(**{name: value})


@slowly
@given(
    options=st.fixed_dictionaries(
        {},
        optional={
            "dimension": st.integers(-10, 5000),
            "max_length": st.integers(-10, 10**12),
            "max_batch_tokens": st.integers(-10, 10**12),
            "max_waiting_calls": st.integers(-1, 10),
            "document_task": st.one_of(st.sampled_from(sorted(TASKS)), st.text(max_size=30)),
            "task": st.one_of(st.sampled_from(sorted(TASKS)), st.text(max_size=30)),
            "on_overflow": st.sampled_from(["truncate", "error", "ignore", ""]),
            "pooling": st.sampled_from(["lasttoken", "mean", "cls", "max", "sum"]),
        },
    ),
    text=hostile,
)
@pytest.mark.filterwarnings("ignore::qwen3_embed_integrations.TruncationWarning")
def test_options_of_any_range_give_unit_embeddings_or_our_error(checkpoint, options, text):
    try:
        encoder = Qwen3Encoder(model=str(checkpoint), **{**options, "max_batch_tokens": None})
        embeddings = encoder.encode_document([text]), encoder.encode_query([text])
    except Qwen3EmbedError:
        return
    for embedding in embeddings:
        assert embedding.shape == (1, encoder.dimension)
        np.testing.assert_allclose(np.linalg.norm(embedding), 1, atol=1e-5)


@slowly
@given(task=st.one_of(st.text(max_size=40), st.sampled_from([*CONTROL, *PROMPTS, "sts\0", "a b\ud800"])))
def test_any_task_is_an_instruction_or_our_error(encoder, task):
    try:
        embeddings = encoder.encode_query(["x"], task=task)
    except ConfigError:
        return
    assert_embeddings(embeddings, 1)
