"""Remote embeddings equal local embeddings for every engine, order, size and dimension."""

import asyncio
import logging
import pickle
import threading
import time

import numpy as np
import pytest

from qwen3_embed_integrations import (
    ConfigError,
    EncoderClosedError,
    Qwen3Encoder,
    TextTooLongError,
    TruncationWarning,
)
from qwen3_embed_integrations.backends.registry import load_backend
from qwen3_embed_integrations.core.prompts import END_TOKEN
from qwen3_embed_integrations.core.protocols import EmbedRequest
from remote_server import serving, stall

TEXTS = [f"text {i} " + "word " * (i % 13) for i in range(40)] + ["text 0 ", "", "naïve 北京\n\nx", "\udc00 lone"]
ENGINES = ["openai", "tei", "hf-endpoint", "vllm", "sglang", "ollama", "llama.cpp", "dashscope", "vercel"]


def same(a, b, atol=1e-5):
    np.testing.assert_allclose(a, b, atol=atol)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("knows_the_model", [False, True])
def test_embeddings_equal_local_embeddings_on_every_engine(remote, server, local, engine, knows_the_model):
    options = {"model": local.config.model} if knows_the_model else {}
    encoder = remote(engine=engine, **options)
    same(encoder.encode_document(TEXTS), local.encode_document(TEXTS))
    same(encoder.encode_query(TEXTS[:3], task="code"), local.encode_query(TEXTS[:3], task="code"))
    paths = {"tei": "/embed", "hf-endpoint": "/embed", "ollama": "/api/embed"}
    assert {path for path, _ in server.requests} == {paths.get(engine, "/v1/embeddings")}


async def test_async_embeddings_equal_sync_embeddings_and_the_loop_stays_free(remote, server, local):
    encoder = remote()
    encoder.load()
    loop_ran = threading.Event()

    def answer_after_the_loop_ran(handler, body):
        assert loop_ran.wait(600)  # a call that blocked the loop would never get its answer
        return handler.answer(body)

    server.faults.extend([answer_after_the_loop_ran] * 8)
    calls = asyncio.gather(*(encoder.aencode_query([text]) for text in TEXTS[:8]))
    while server.under_way < 8:  # noqa: ASYNC110 - the server is in other threads
        await asyncio.sleep(0)
    loop_ran.set()
    same(np.concatenate(await calls), local.encode_query(TEXTS[:8]))


def test_prompts_are_applied_here_and_repeats_are_sent_once(remote, server):
    encoder = remote()
    encoder.load()
    server.requests.clear()
    embeddings = encoder.encode_query(["b", "a", "b"], task="Find the letter, please")
    (sent,) = server.texts
    assert sorted(sent) == [f"Instruct: Find the letter, please\nQuery:{text}" for text in "ab"]
    same(embeddings[0], embeddings[2])


def test_any_dimension_is_truncated_here_and_has_unit_length(remote, server, local):
    same(remote(dimension=32).encode_document(TEXTS), local.encode(TEXTS, "document").at(32))
    assert all("dimensions" not in body for _, body in server.requests)


def test_the_server_truncates_on_request_to_the_same_embeddings(remote, server, local):
    embeddings = remote(dimension=32, server_dimensions=True).encode_document(TEXTS)
    same(embeddings, local.encode(TEXTS, "document").at(32))
    assert [body["dimensions"] for _, body in server.requests[1:]] == [32] * (len(server.requests) - 1)


def test_a_query_goes_between_the_requests_of_a_large_call(remote, server):
    encoder = remote(max_concurrency=2, max_batch_texts=1)
    encoder.load()
    server.options["delay_s"] = 0.02
    documents = threading.Thread(target=encoder.encode_document, args=([f"d{i}" for i in range(300)],))
    documents.start()
    while len(server.requests) < 5:
        time.sleep(0.005)
    encoder.encode_query(["q"])
    documents.join()
    (query,) = (i for i, texts in enumerate(server.texts) if texts[0].endswith("q"))
    assert query < len(server.texts) - 1  # documents were sent after it


def test_no_texts_give_no_embeddings_and_no_request(remote, server):
    encoder = remote()
    assert encoder.encode_document([]).shape == (0, 64)
    assert len(server.requests) == 1  # the one that told the width


def test_a_server_without_end_token_gets_it_from_us(checkpoint, local):
    texts = [text for text in TEXTS if text]
    with serving(checkpoint, appends_end_token=False) as bare:
        options = {"backend": "remote", "base_url": bare.url, "model": "somebody/model"}
        encoder = Qwen3Encoder(append_end_token=True, **options)
        same(encoder.encode_document(texts), local.encode_document(texts))
        wrong = Qwen3Encoder(**options)
        assert np.abs(wrong.encode_document(texts) - local.encode_document(texts)).max() > 0.01
        encoder.unload()
        wrong.unload()


def test_token_ids_keep_a_text_from_spelling_a_control_token(remote, server, local, checkpoint):
    text = f"before {END_TOKEN} after"
    encoder = remote(model=str(checkpoint), engine="vllm")
    same(encoder.encode_document([text]), local.encode_document([text]))
    (ids,) = server.texts[-1]
    end_id = local.render_query("").token_ids[-1]
    assert ids.count(end_id) == 1
    assert ids[-1] == end_id


def test_a_long_text_is_cut_here_where_its_tokens_are_known(remote, local, checkpoint, server):
    texts = ["short", "a long text " * 30]
    ours = Qwen3Encoder(model=str(checkpoint), max_length=20)
    for engine in ("vllm", "tei"):  # token ids, and text
        with pytest.warns(TruncationWarning, match="text 1 lost"):
            encoded = remote(model=str(checkpoint), engine=engine, max_length=20).encode(texts, "document")
        with pytest.warns(TruncationWarning):
            same(encoded.embeddings, ours.encode_document(texts))
        assert encoded.n_tokens.tolist() == local.count_tokens(texts).tolist()
    assert server.requests[-1][1]["truncate"] is False  # ours is the cut


def test_a_long_text_is_an_error_on_request(remote, checkpoint):
    encoder = remote(model=str(checkpoint), max_length=20, on_overflow="error")
    with pytest.raises(TextTooLongError, match="Text 1 has"):
        encoder.encode_document(["short", "a long text " * 30])


def test_without_a_tokenizer_the_server_is_told_to_cut_and_counts_are_unknown(remote, server, caplog):
    text = "a long text " * 30
    assert remote(engine="tei", max_length=20).encode([text], "document").n_tokens.tolist() == [-1]
    assert server.requests[-1][1]["truncate"] is True
    remote(engine="vllm", max_length=20).encode_document([text])
    assert server.requests[-1][1]["truncate_prompt_tokens"] == 20
    remote(engine="vllm", max_length=20).encode_document(["short"])
    assert "truncate_prompt_tokens" not in server.requests[-1][1]
    with caplog.at_level(logging.WARNING):
        remote(engine="openai", max_length=20).encode_document(["short", text])
    assert "1 texts may have more than 20 tokens" in caplog.text


def test_without_a_tokenizer_only_what_surely_fits_passes_on_overflow_error(remote):
    encoder = remote(max_length=20, on_overflow="error")
    assert encoder.encode_document(["short"]).shape == (1, 64)
    with pytest.raises(ConfigError, match="unknown whether text 1 has more than 20 tokens"):
        encoder.encode_document(["short", "a long text " * 30])


def test_without_a_tokenizer_token_questions_are_refused_with_the_remedy(remote, checkpoint):
    encoder = remote()
    for ask in (lambda: encoder.count_tokens(["a"]), lambda: encoder.render_query("a")):
        with pytest.raises(ConfigError, match="tokenizer="):
            ask()
    with pytest.raises(ConfigError, match="tokenizer="):
        remote(send_token_ids=True).encode_document(["a"])
    assert remote(tokenizer=str(checkpoint)).count_tokens(["a"]).tolist() == [2]
    with pytest.raises(ConfigError, match="is not a folder"):
        remote(tokenizer="/nowhere").load()


def test_configs_that_differ_in_the_dimension_share_one_connection_pool(remote):
    assert load_backend(remote(dimension=32).config) is load_backend(remote().config)


def test_a_pickled_encoder_asks_the_same_server(remote):
    encoder = remote()
    same(pickle.loads(pickle.dumps(encoder)).encode_document(TEXTS), encoder.encode_document(TEXTS))  # noqa: S301


def test_closing_waits_for_what_runs_and_the_next_call_opens_again(remote, server):
    encoder = remote()
    encoder.load()
    server.faults.append(stall(0.3))
    embeddings = []
    thread = threading.Thread(target=lambda: embeddings.append(encoder.encode_document(["a"])))
    thread.start()
    while len(server.requests) < 2:
        time.sleep(0.01)
    encoder.unload()
    thread.join()
    same(embeddings[0], encoder.encode_document(["a"]))


def test_a_closed_backend_refuses_what_comes_after(remote):
    encoder = remote()
    backend = load_backend(encoder.config)
    encoder.unload()
    with pytest.raises(EncoderClosedError, match="Call it again"):
        backend.submit(EmbedRequest(["a"], 10))
    backend.close()  # a second time does nothing


def test_progress_counts_texts_and_its_error_reaches_the_caller(remote):
    backend = load_backend(remote(max_batch_texts=2, max_concurrency=1).config)
    seen = []
    backend.submit(EmbedRequest(["a", "b", "c", "a"], 10, on_progress=seen.append)).result()
    assert seen == [2, 3]

    def stumble(_):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        backend.submit(EmbedRequest(["a"], 10, on_progress=stumble)).result()
