"""Embeddings over HTTP equal local embeddings, whatever the engine, the order, the sizes and the dimension."""

import asyncio
import logging
import pickle
import shutil
import threading
import time

import numpy as np
import pytest

from qwen3_embed_integrations import (
    ConfigError,
    EncoderClosedError,
    EncoderConfig,
    Qwen3Encoder,
    SpaceMismatchError,
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
    server.options["delay_s"] = 0.2
    stalls, stop = [], asyncio.Event()

    async def watch():
        while not stop.is_set():
            before = time.perf_counter()
            await asyncio.sleep(0.005)
            stalls.append(time.perf_counter() - before)

    watching = asyncio.create_task(watch())
    embeddings = await asyncio.gather(*(encoder.aencode_query([text]) for text in TEXTS[:8]))
    stop.set()
    await watching
    same(np.concatenate(embeddings), local.encode_query(TEXTS[:8]))
    assert max(stalls) < 0.15  # a call that blocked the loop would stall it for the server's 0.2 s


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


@pytest.mark.parametrize("limits", [{"max_batch_texts": 7}, {"max_batch_tokens": 30}, {"engine": "dashscope"}])
def test_requests_keep_to_the_limits_and_order_is_restored(remote, server, local, limits):
    same(remote(model=local.config.model, **limits).encode_document(TEXTS), local.encode_document(TEXTS))
    assert len(server.requests) > 4
    if "max_batch_tokens" in limits:
        lengths = [local.count_tokens(sent).tolist() for sent in server.texts]
        assert all(sum(batch) <= 30 or len(batch) == 1 for batch in lengths)
    else:
        most = limits.get("max_batch_texts", 10)
        assert max(len(sent) for sent in server.texts) == most


def test_requests_under_way_are_bounded(remote, server):
    encoder = remote(max_concurrency=3, max_batch_texts=1)
    server.options["delay_s"] = 0.02
    threads = [threading.Thread(target=encoder.encode_document, args=(TEXTS[i::4],)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.peak == 3


def test_a_query_goes_between_the_requests_of_a_large_call(remote, server):
    encoder = remote(max_concurrency=2, max_batch_texts=1)
    encoder.load()
    server.options["delay_s"] = 0.02
    documents = threading.Thread(target=encoder.encode_document, args=([f"d{i}" for i in range(80)],))
    documents.start()
    while len(server.requests) < 5:
        time.sleep(0.005)
    encoder.encode_query(["q"])
    assert documents.is_alive()
    documents.join()


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


# What is known of the model


def test_a_folder_on_this_machine_tells_everything(remote, local, checkpoint, server):
    encoder = remote(model=str(checkpoint))
    assert encoder.space == local.space
    assert encoder.count_tokens(["a b c"]).tolist() == local.count_tokens(["a b c"]).tolist()
    assert encoder.render_query("x") == local.render_query("x")
    assert server.requests == []


def test_a_published_model_is_known_without_asking(server):
    encoder = Qwen3Encoder(model="4B", backend="remote", base_url=server.url, revision="main")
    assert (encoder.dimension, encoder.model_info.context_length, encoder.space.revision) == (2560, 40960, "")
    assert server.requests == []


def test_a_remote_space_equals_the_local_one_of_the_same_model_and_revision():
    commit = "b22da495047858cce924d27d76261e96be6febc0"
    remote = Qwen3Encoder(backend="remote", base_url="http://127.0.0.1:9", revision=commit)
    stored = {**remote.space.to_dict(), "weights": "0123456789abcdef"}  # what a local copy would have stored
    remote.space.check(stored, where="The store", remedy="Index again.")
    for field, other in (("model", "Qwen/Qwen3-Embedding-4B"), ("revision", "f" * 40), ("document_prompt", "x")):
        with pytest.raises(SpaceMismatchError, match=field):
            remote.space.check({**stored, field: other}, where="The store", remedy="Index again.")


def test_the_width_of_an_unknown_model_is_asked_once(remote, server):
    encoder = remote()
    assert encoder.dimension == 64
    assert encoder.model_info.query_prompt(None).startswith("Instruct: Given a web search query")
    assert len(server.requests) == 1
    with pytest.raises(ConfigError, match="use 32 to 64"):
        remote(dimension=65).encode_document(["a"])


@pytest.mark.parametrize(
    ("engine", "options", "name"),
    [
        ("ollama", {"model": "0.6B"}, "qwen3-embedding:0.6b"),
        ("vercel", {"model": "4B"}, "alibaba/qwen3-embedding-4b"),
        ("vllm", {"model": "8B"}, "Qwen/Qwen3-Embedding-8B"),
        ("vllm", {"model": "8B", "served_model": "mine"}, "mine"),
    ],
)
def test_the_model_has_the_engines_name_on_the_wire(server, engine, options, name):
    encoder = Qwen3Encoder(backend="remote", base_url=server.url, engine=engine, **options)
    with pytest.raises(ValueError, match="64 numbers"):
        encoder.encode_document(["a"])
    assert server.requests[0][1]["model"] == name
    encoder.unload()


# Lengths


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
    with pytest.raises(ConfigError, match="whether text 1 has more than 20 tokens"):
        encoder.encode_document(["short", "a long text " * 30])


def test_without_a_tokenizer_token_questions_are_refused_with_the_remedy(remote, checkpoint):
    encoder = remote()
    for ask in (lambda: encoder.count_tokens(["a"]), lambda: encoder.render_query("a")):
        with pytest.raises(ConfigError, match="tokenizer="):
            ask()
    with pytest.raises(ConfigError, match="tokenizer="):
        remote(send_token_ids=True).encode_document(["a"])
    assert remote(tokenizer=str(checkpoint)).count_tokens(["a"]).tolist() == [2]
    with pytest.raises(ConfigError, match="is no folder"):
        remote(tokenizer="/nowhere").load()


# Options and keys


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"backend": "remote"}, "needs base_url"),
        ({"base_url": "http://x"}, 'is for backend="remote"'),
        ({"backend": "remote", "base_url": "x:80"}, "must be an address"),
        ({"backend": "remote", "base_url": "http://x", "engine": "tgi"}, "engine='tgi'"),
        ({"backend": "jax"}, "backend='jax'"),
        ({"api_key": "x"}, "It is called 'api_key_env' here"),
        ({"timeout_s": 0}, "timeout_s=0"),
        ({"deadline_s": float("inf")}, "deadline_s=inf"),
    ],
)
def test_unfit_options_are_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        EncoderConfig(**options)


@pytest.mark.parametrize(
    "options",
    [{"engine": "llama.cpp", "server_dimensions": True}, {"engine": "tei", "send_token_ids": True}],
)
def test_what_an_engine_can_not_do_is_refused(remote, options):
    with pytest.raises(ConfigError, match="is nothing that engine="):
        remote(**options).load()


@pytest.mark.parametrize(
    "options",
    [
        {"api_key_env": "sk-secret1234"},
        {"base_url": "http://me:sk-secret1234@x"},
        {"base_url": "http://x?k=sk-secret1234"},
    ],
)
def test_a_key_in_the_wrong_place_is_refused_unseen(options):
    with pytest.raises(ConfigError) as caught:
        EncoderConfig(**{"backend": "remote", "base_url": "http://x", **options})
    assert "secret1234" not in str(caught.value) + repr(caught.value.__cause__) + str(caught.value.__cause__)


def test_the_key_is_sent_and_is_nowhere_else(remote, server, monkeypatch, caplog):
    monkeypatch.setenv("EMBEDDING_KEY", "sk-secret1234")
    encoder = remote(api_key_env="EMBEDDING_KEY")
    with caplog.at_level(logging.DEBUG):
        encoder.encode_document(["a"])
    assert set(server.authorizations) == {"Bearer sk-secret1234"}
    stored = repr(encoder) + repr(encoder.config) + str(encoder.config.to_options()) + caplog.text
    assert "secret1234" not in stored
    assert b"secret1234" not in pickle.dumps(encoder)


@pytest.mark.parametrize("value", ["", "key with \n newline", "schlüssel"])
def test_a_variable_without_a_key_is_refused_unseen(remote, monkeypatch, value):
    monkeypatch.setenv("EMBEDDING_KEY", value)
    with pytest.raises(ConfigError, match="EMBEDDING_KEY") as caught:
        remote(api_key_env="EMBEDDING_KEY").load()
    assert not value or value not in str(caught.value)


# Life


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


def test_the_tokenizer_of_a_published_model_is_found_in_the_hubs_cache(server, checkpoint, tmp_path):
    commit = "b" * 40
    repository = tmp_path / "models--Qwen--Qwen3-Embedding-0.6B"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text(commit)
    shutil.copytree(checkpoint, repository / "snapshots" / commit)
    encoder = Qwen3Encoder(backend="remote", base_url=server.url, model="0.6B", cache_folder=str(tmp_path))
    assert encoder.count_tokens(["a"]).tolist() == [2]
    assert (encoder.dimension, encoder.space.weights) == (1024, "")
    encoder.unload()


def test_a_model_name_that_no_hub_could_have_has_no_tokenizer(remote):
    assert remote(model="qwen3-embedding:0.6b", engine="ollama").encode(["a"], "document").n_tokens.tolist() == [-1]
