"""The cache changes what is computed and never an embedding: every integration, async, processes, a failing disk."""

import asyncio
import multiprocessing
import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from qwen3_embed_integrations import ConfigError, Qwen3Encoder, TextTooLongError, TruncationWarning
from qwen3_embed_integrations.backends.local import LocalBackend
from qwen3_embed_integrations.backends.registry import load_backend
from qwen3_embed_integrations.cache import cached_request as calls
from qwen3_embed_integrations.cache import open_caches

TEXTS = ["alpha", "beta\n北京", "", "alpha", "\udc00 lone", "def f(x): return x"]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "embeddings.sqlite"


@pytest.fixture
def computed(monkeypatch):
    """The texts that reach a local backend."""
    seen = []
    submit = LocalBackend.submit

    def recorded(self, request):
        seen.extend(request.texts)
        return submit(self, request)

    monkeypatch.setattr(LocalBackend, "submit", recorded)
    return seen


@pytest.fixture
def cached(checkpoint, path):
    return Qwen3Encoder(model=str(checkpoint), cache_path=str(path))


def settled(path):
    """Wait until everything computed is stored, and close the file as the end of the process would."""
    open_caches._open.pop(path).close()


def plain(cached, **options):
    return Qwen3Encoder(cached.config, cache_path=None, **options)


def test_embeddings_and_counts_from_the_cache_equal_the_computed_ones_to_the_bit(cached, path, computed):
    first = cached.encode(TEXTS, "document")
    assert sorted(computed) == sorted(set(TEXTS))
    settled(path)
    again = cached.encode([*TEXTS, "new"], "document")
    assert computed[len(set(TEXTS)) :] == ["new"]
    for name in ("embeddings", "full_embeddings", "n_tokens"):
        np.testing.assert_array_equal(getattr(again, name)[:-1], getattr(first, name))
    np.testing.assert_allclose(again.embeddings, plain(cached).encode_document([*TEXTS, "new"]), atol=1e-6)


def test_async_and_sync_callers_share_the_cache(cached, path, computed):
    embeddings = asyncio.run(cached.aencode_query(TEXTS))
    settled(path)
    computed.clear()
    np.testing.assert_array_equal(cached.encode_query(TEXTS), embeddings)
    np.testing.assert_array_equal(asyncio.run(cached.aencode_query(TEXTS[::-1])), embeddings[::-1])
    assert computed == []


@pytest.mark.parametrize(
    "other",
    [
        {"pooling": "mean"},
        {"document_task": "sts"},
        {"max_length": 100},
        {"on_overflow": "error"},
        {"dtype": "bfloat16"},
    ],
)
def test_another_space_prompt_length_or_arithmetic_is_never_answered_from_it(cached, path, computed, other):
    cached.encode_document(TEXTS)
    settled(path)
    computed.clear()
    different = Qwen3Encoder(cached.config, **other)
    embeddings = different.encode_document(TEXTS)
    assert len(computed) == len(set(TEXTS))
    np.testing.assert_allclose(embeddings, plain(different).encode_document(TEXTS), atol=1e-6)


def test_another_dimension_is_answered_from_what_is_kept_at_full_length(cached, path, computed):
    cached.encode_document(TEXTS)
    settled(path)
    computed.clear()
    narrow = Qwen3Encoder(cached.config, dimension=32)
    kept = narrow.encode_document(TEXTS)
    assert not computed
    np.testing.assert_allclose(kept, plain(narrow).encode_document(TEXTS), atol=1e-6)


def test_another_role_or_instruction_is_never_answered_from_it(cached, computed):
    cached.encode_document(TEXTS)
    cached.encode_query(TEXTS)
    cached.encode_query(TEXTS, task="code")
    cached.encode_document([cached.render_query(text).text for text in TEXTS])  # the very string of a query
    assert len(computed) == 4 * len(set(TEXTS))
    for task in (None, "code"):
        embeddings = plain(cached).encode_query(TEXTS, task=task)
        np.testing.assert_allclose(cached.encode_query(TEXTS, task=task), embeddings, atol=1e-6)


def test_another_model_is_never_answered_from_it(cached, path, make_checkpoint):
    cached.encode_document(TEXTS)
    other = Qwen3Encoder(model=str(make_checkpoint(seed=31)), cache_path=str(path))
    np.testing.assert_allclose(other.encode_document(TEXTS), plain(other).encode_document(TEXTS), atol=1e-6)


def test_what_is_known_needs_no_weights(path, make_checkpoint):
    folder = str(make_checkpoint(seed=32))
    encoder = Qwen3Encoder(model=folder, cache_path=str(path))
    embeddings = encoder.encode_document(TEXTS)
    settled(path)
    encoder.unload()
    np.testing.assert_array_equal(encoder.encode_document(TEXTS), embeddings)
    np.testing.assert_array_equal(asyncio.run(encoder.aencode_document(TEXTS)), embeddings)
    assert not encoder.is_loaded


def test_a_cut_text_is_reported_from_the_cache_too(checkpoint, path):
    encoder = Qwen3Encoder(model=str(checkpoint), max_length=5, cache_path=str(path))
    for _ in range(2):
        with pytest.warns(TruncationWarning, match="text 1 lost"):
            encoder.encode_document(["short", "one two three four five six seven"])
        settled(path)


def test_a_text_too_long_is_named_by_its_place_in_the_call(checkpoint, path):
    encoder = Qwen3Encoder(model=str(checkpoint), max_length=5, on_overflow="error", cache_path=str(path))
    encoder.encode_document(["known", "too"])
    settled(path)
    with pytest.raises(TextTooLongError, match="Text 3 has"):
        encoder.encode_document(["known", "too", "new", "one two three four five six seven"])


def test_many_callers_at_once_get_their_own_embeddings(cached):
    texts = [f"text {i % 50}" for i in range(300)]
    embeddings = plain(cached).encode_document(texts)
    with ThreadPoolExecutor(32) as pool:
        found = list(pool.map(lambda text: cached.encode_document([text]), texts))
    np.testing.assert_allclose(np.concatenate(found), embeddings, atol=1e-6)

    async def ask():
        return await asyncio.gather(*(cached.aencode_document([text]) for text in texts))

    np.testing.assert_allclose(np.concatenate(asyncio.run(ask())), embeddings, atol=1e-6)


def test_an_interrupted_call_has_kept_what_it_computed(cached, path, computed, monkeypatch):
    monkeypatch.setattr(calls, "_SLICE", 10)
    texts = [f"text {i}" for i in range(100)]

    async def interrupted():
        task = asyncio.create_task(cached.aencode_document(texts))
        while len(computed) < 50:  # noqa: ASYNC110 - another thread counts
            await asyncio.sleep(0.001)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    cached.load()
    asyncio.run(interrupted())
    settled(path)
    computed.clear()
    np.testing.assert_allclose(cached.encode_document(texts), plain(cached).encode_document(texts), atol=1e-6)
    assert len(computed) - len(texts) <= 70  # the plain encoder's 100 are counted too


def test_progress_counts_what_is_known(cached, path, capfd):
    cached.encode_document(TEXTS)
    settled(path)
    Qwen3Encoder(cached.config, show_progress=True).encode_document([*TEXTS, "new"])
    assert "7/7" in capfd.readouterr().err


def test_an_error_of_the_backend_is_the_caller_s_and_nothing_is_kept(cached, monkeypatch):
    def raise_problems(*_):
        raise RuntimeError("no forward pass today")

    with monkeypatch.context() as patched:
        patched.setattr(LocalBackend, "submit", raise_problems)
        with pytest.raises(RuntimeError, match="no forward pass today"):
            cached.encode_document(TEXTS)
    assert cached.encode_document(TEXTS).shape == (len(TEXTS), 64)


def test_every_integration_takes_it(checkpoint, path, computed):
    options = {"model": str(checkpoint), "cache_path": str(path)}
    langchain = pytest.importorskip("qwen3_embed_integrations.langchain").Qwen3Embeddings(**options)
    embeddings = langchain.embed_documents(["alpha", "beta"])
    settled(path)
    computed.clear()
    llama = pytest.importorskip("qwen3_embed_integrations.llama_index").Qwen3Embedding(**options)
    np.testing.assert_array_equal(llama.get_text_embedding_batch(["alpha", "beta"]), embeddings)
    chroma = pytest.importorskip("qwen3_embed_integrations.chroma").Qwen3EmbeddingFunction(**options)
    np.testing.assert_array_equal(chroma(["alpha", "beta"]), np.asarray(embeddings, dtype=np.float32))
    haystack = pytest.importorskip("qwen3_embed_integrations.haystack")
    from haystack import Document

    embedded = haystack.Qwen3DocumentEmbedder(**options).run(documents=[Document(content="alpha")])
    np.testing.assert_array_equal(embedded["documents"][0].embedding, embeddings[0])
    assert computed == []
    assert "cache_path" not in chroma.get_config()


# Processes


def embed_in_a_process(pending):
    options, texts = pending
    return Qwen3Encoder(**options).encode_document(texts)


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_several_processes_share_one_file(cached, path, method):
    if method == "fork" and not hasattr(os, "fork"):
        pytest.skip("no fork here")
    options = {"model": cached.config.model, "cache_path": str(path)}
    submitted = [(options, [f"text {i}" for i in range(n, n + 40)]) for n in range(0, 80, 10)]
    cached.encode_document(["text 0"])  # a connection that a forked child must not use
    expected = [plain(cached).encode_document(texts) for _, texts in submitted]
    with multiprocessing.get_context(method).Pool(3) as pool:
        found = pool.map(embed_in_a_process, submitted, chunksize=1)
    for embeddings, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(embeddings, wanted, atol=1e-6)
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT count(*) FROM embeddings").fetchone() >= (100,)
    connection.close()


def test_a_killed_writer_leaves_a_whole_file(cached, path, computed):
    code = (
        "from qwen3_embed_integrations import Qwen3Encoder\n"
        f"encoder = Qwen3Encoder(model={cached.config.model!r}, cache_path={str(path)!r})\n"
        "for i in range(10**6):\n"
        "    encoder.encode_document([f'text {i} {j}' for j in range(50)])\n"
        "    print(i, flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own script
        while process.stdout.readline().strip() != "3":
            pass
        process.kill()
    texts = [f"text {i} {j}" for i in range(2) for j in range(50)]
    np.testing.assert_allclose(cached.encode_document(texts), plain(cached).encode_document(texts), atol=1e-6)
    assert len(computed) == 100  # by the plain encoder


def test_what_one_process_stored_is_found_by_another(cached, path, computed):
    options = {"model": cached.config.model, "cache_path": str(path)}
    texts = ["alpha", "beta"]
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        embeddings = pool.apply(embed_in_a_process, ((options, texts),))
        pool.close()
        pool.join()  # its exit stores what is still queued
    np.testing.assert_array_equal(cached.encode_document(texts), embeddings)
    assert computed == []


def test_without_a_cache_nothing_of_it_is_touched(checkpoint, monkeypatch):
    monkeypatch.setattr("qwen3_embed_integrations.cache.submit_through_cache", None)
    assert Qwen3Encoder(model=str(checkpoint)).encode_document(["a"]).shape == (1, 64)


def test_closing_the_encoder_leaves_the_cache_usable(cached):
    embeddings = cached.encode_document(["a"])
    cached.unload()
    np.testing.assert_allclose(cached.encode_document(["a", "b"])[:1], embeddings, atol=1e-6)
    assert load_backend(cached.config) is not None


def test_the_exit_does_not_wait_for_a_large_call(checkpoint, path):
    code = (
        "import os, threading, time\nfrom qwen3_embed_integrations import Qwen3Encoder\n"
        f"encoder = Qwen3Encoder(model={str(checkpoint)!r}, cache_path={str(path)!r}).load()\n"
        "texts = [f'{i} ' * 300 for i in range(20000)]\n"
        "threading.Thread(target=encoder.encode_document, args=(texts,), daemon=True).start()\n"
        f"while not os.path.exists({str(path)!r}):\n"
        "    time.sleep(0.01)\n"
        "print('end')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=600, check=False)  # noqa: S603 - our own script
    assert (done.returncode, done.stdout, done.stderr) == (0, "end\n", "")
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM embeddings").fetchone() < (20_000,)
    connection.close()


def test_a_write_lock_of_another_process_costs_neither_embeddings_nor_hits(cached, path, caplog, computed):
    known = cached.encode_document(["known"])
    settled(path)
    expected = plain(cached).encode_document(TEXTS)
    computed.clear()
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    for _ in range(3):
        np.testing.assert_array_equal(cached.encode_document(["known"]), known)
        np.testing.assert_allclose(cached.encode_document(TEXTS), expected, atol=1e-6)
    assert "known" not in computed
    settled(path)
    assert caplog.text.count("left out") == 1
    holder.close()


@pytest.mark.parametrize("kind", ["symlink", "dangling symlink", "folder", "fifo"])
def test_a_cache_path_that_is_no_regular_file_is_rejected_by_every_call(cached, path, tmp_path, kind):
    target = tmp_path / "target"
    if kind == "symlink":
        target.write_bytes(b"")
    if "symlink" in kind:
        path.symlink_to(target)
    elif kind == "folder":
        path.mkdir()
    else:
        os.mkfifo(path)
    for _ in range(2):
        with pytest.raises(ConfigError, match=r"embeddings\.sqlite.*(symbolic link|not a regular file)"):
            cached.encode_document(["a"])
    assert not target.exists() or target.read_bytes() == b""
