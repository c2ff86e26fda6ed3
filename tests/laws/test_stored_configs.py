"""What is stored sends no text and no variable anywhere, in any integration; consent given by this process does.

The server here is the stranger's: it records every request that reaches it.
"""

import json
import os
import pickle
import subprocess
import sys
import textwrap
import warnings

import numpy as np
import pytest

from qwen3_embed_integrations import (
    ConfigError,
    EncoderConfig,
    HostNotAllowedError,
    Qwen3Encoder,
    Qwen3Reranker,
    RemoteError,
    RerankerConfig,
    allow_host,
    load_encoder,
)
from qwen3_embed_integrations.core.consent import ALLOWED_HOSTS, restoring
from rag_documents import chunks_of, document
from remote_fixtures import local, server

__all__ = ["local", "server"]

KEY = "AWS_SECRET_ACCESS_KEY"
TEXTS = ["Where are the invoices?", "In the second drawer."]


@pytest.fixture
def stored(server, monkeypatch):
    """The options that a stranger stored: their own server, a variable of the victim's."""
    monkeypatch.setenv(KEY, "the-secret-of-the-victim")
    monkeypatch.delenv(ALLOWED_HOSTS, raising=False)
    return {"backend": "remote", "base_url": server.url, "api_key_env": KEY, "model": "acme/embed"}


def chroma(stored, path):
    chromadb = pytest.importorskip("chromadb")
    from qwen3_embed_integrations.chroma import Qwen3EmbeddingFunction

    client = chromadb.EphemeralClient()
    name = f"docs-{path.name}"
    function = Qwen3EmbeddingFunction.build_from_config(stored)
    client.get_or_create_collection(name, embedding_function=function).add(
        ids=["a"], embeddings=[[1.0] * 64], documents=["a text"]
    )
    return client, name


def query_chroma(stored, path):
    client, name = chroma(stored, path)
    client.get_collection(name).query(query_texts=TEXTS, n_results=1)


def open_chroma(stored, path):
    from qwen3_embed_integrations.chroma import open_collection

    client, name = chroma(stored, path)
    open_collection(client, name).query(query_texts=TEXTS, n_results=1)


def add_to_chroma(stored, path):
    client, name = chroma(stored, path)
    client.get_collection(name).add(ids=["b"], documents=["a text of the victim's"])


def run_haystack(stored, _):
    haystack = pytest.importorskip("haystack")
    from qwen3_embed_integrations.haystack import Qwen3TextEmbedder

    with restoring():
        component = Qwen3TextEmbedder(**stored)
    pipeline = haystack.Pipeline()
    pipeline.add_component("embedder", component)
    haystack.Pipeline.loads(pipeline.dumps()).run({"embedder": {"text": TEXTS[0]}})


def run_haystack_documents(stored, _):
    haystack = pytest.importorskip("haystack")
    from qwen3_embed_integrations.haystack import Qwen3DocumentEmbedder

    with restoring():
        component = Qwen3DocumentEmbedder(**stored)
    Qwen3DocumentEmbedder.from_dict(component.to_dict()).run([haystack.Document(content=TEXTS[1])])


def llama_index_from_dict(stored, _):
    pytest.importorskip("llama_index.core")
    from qwen3_embed_integrations.llama_index import Qwen3Embedding

    Qwen3Embedding.from_dict({**stored, "class_name": "Qwen3Embedding"}).get_query_embedding(TEXTS[0])


def llama_index_from_json(stored, _):
    pytest.importorskip("llama_index.core")
    from qwen3_embed_integrations.llama_index import Qwen3Embedding

    Qwen3Embedding.from_json(json.dumps(stored), embed_batch_size=7).get_text_embedding(TEXTS[1])


def langchain_loads(stored, _):
    load = pytest.importorskip("langchain_core.load")
    from qwen3_embed_integrations.langchain import Qwen3Embeddings

    with restoring():
        dumped = load.dumps(Qwen3Embeddings(**stored))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # LangChain calls its loader beta
        restored = load.loads(dumped, allowed_objects=[Qwen3Embeddings], valid_namespaces=["qwen3_embed_integrations"])
    assert isinstance(restored, Qwen3Embeddings)
    restored.with_task("code").embed_query(TEXTS[0])


def langchain_pickle(stored, _):
    pytest.importorskip("langchain_core")
    from qwen3_embed_integrations.langchain import Qwen3Embeddings

    pickle.loads(pickle.dumps(Qwen3Embeddings.model_validate(stored))).embed_documents(TEXTS)  # noqa: S301


def encoder_pickle(stored, _):
    encoder = Qwen3Encoder(EncoderConfig.from_options(stored))
    pickle.loads(pickle.dumps(encoder)).encode_document(TEXTS)  # noqa: S301


def encoder_of_options(stored, _):
    load_encoder(EncoderConfig.from_options(stored), dimension=32).encode_query(TEXTS)


def reranker_pickle(stored, _):
    reranker = Qwen3Reranker(RerankerConfig.from_options(stored))
    pickle.loads(pickle.dumps(reranker)).score(TEXTS[0], TEXTS)  # noqa: S301


def rerank_in_haystack(stored, _):
    haystack = pytest.importorskip("haystack")
    from qwen3_embed_integrations.haystack import Qwen3Ranker

    with restoring():
        component = Qwen3Ranker(**stored)
    pipeline = haystack.Pipeline()
    pipeline.add_component("ranker", component)
    documents = [haystack.Document(content=text) for text in TEXTS]
    haystack.Pipeline.loads(pipeline.dumps()).run({"ranker": {"query": TEXTS[0], "documents": documents}})


def rerank_in_llama_index(stored, _):
    pytest.importorskip("llama_index.core")
    from llama_index.core.schema import NodeWithScore, TextNode

    from qwen3_embed_integrations.llama_index import Qwen3Rerank

    nodes = [NodeWithScore(node=TextNode(text=text), score=0.5) for text in TEXTS]
    rerank = Qwen3Rerank.from_dict({**stored, "class_name": "Qwen3Rerank"})
    pickle.loads(pickle.dumps(rerank)).postprocess_nodes(nodes, query_str=TEXTS[0])  # noqa: S301


def rerank_in_langchain(stored, _):
    documents = pytest.importorskip("langchain_core.documents")
    from qwen3_embed_integrations.langchain import Qwen3Rerank

    texts = [documents.Document(text) for text in TEXTS]
    rerank = Qwen3Rerank.model_validate(stored)
    pickle.loads(pickle.dumps(rerank)).compress_documents(texts, TEXTS[0])  # noqa: S301


USES = (
    query_chroma,
    open_chroma,
    add_to_chroma,
    run_haystack,
    run_haystack_documents,
    llama_index_from_dict,
    llama_index_from_json,
    langchain_loads,
    langchain_pickle,
    encoder_pickle,
    encoder_of_options,
    reranker_pickle,
    rerank_in_haystack,
    rerank_in_llama_index,
    rerank_in_langchain,
)


def causes(error):
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize("use", USES)
def test_a_stored_server_gets_no_text_and_no_key(use, stored, server, tmp_path):
    with pytest.raises(Exception, match="Nothing in this process has allowed that") as caught:
        use(stored, tmp_path)
    assert any(isinstance(error, HostNotAllowedError) for error in causes(caught.value))
    assert server.url in str(caught.value)
    assert KEY in str(caught.value)
    assert "the-secret-of-the-victim" not in str(caught.value)
    assert server.requests == []


@pytest.mark.parametrize("use", [query_chroma, run_haystack, llama_index_from_dict, langchain_loads, encoder_pickle])
def test_with_consent_the_same_stored_form_works(use, stored, server, tmp_path):
    allow_host(server.url, api_key_env=KEY)
    use(stored, tmp_path)
    assert set(server.authorizations) == {"Bearer the-secret-of-the-victim"}


@pytest.mark.parametrize("use", [query_chroma, run_haystack, llama_index_from_dict, langchain_loads, encoder_pickle])
def test_consent_for_texts_alone_reads_no_variable(use, stored, server, tmp_path, monkeypatch):
    monkeypatch.setenv(ALLOWED_HOSTS, server.url)
    with pytest.raises(Exception, match=f"variable {KEY} as API key"):
        use(stored, tmp_path)
    assert server.requests == []
    use({name: value for name, value in stored.items() if name != "api_key_env"}, tmp_path / "b")
    assert set(server.authorizations) == {None}


def test_own_code_that_names_another_server_gives_no_consent(stored, server, tmp_path):
    EncoderConfig(**{**stored, "base_url": "http://127.0.0.1:9"})
    EncoderConfig(**{**stored, "api_key_env": "MY_OWN_KEY"})
    with pytest.raises(HostNotAllowedError):
        query_chroma(stored, tmp_path)
    assert server.requests == []


def test_a_chroma_config_decides_nothing_about_this_machine(tmp_path):
    pytest.importorskip("chromadb")
    from qwen3_embed_integrations.chroma import Qwen3EmbeddingFunction

    with pytest.raises(ConfigError, match="cache_path"):
        Qwen3EmbeddingFunction.build_from_config({"model": "tiny", "cache_path": str(tmp_path / "cache")})


def test_the_folder_of_a_rag_index_names_no_server(stored, server, local, tmp_path):
    pytest.importorskip("langchain_chroma")
    from qwen3_embed_integrations.chroma import Qwen3EmbeddingFunction
    from qwen3_embed_integrations.langchain import Qwen3Embeddings
    from qwen3_embed_integrations.rag.index import COLLECTION, _client, open_index

    forged = {**stored, "space": local.space.to_dict()}
    client = _client(tmp_path)
    client.create_collection(
        COLLECTION, embedding_function=Qwen3EmbeddingFunction.build_from_config(forged), metadata={"corpus": "notes"}
    )
    client.close()
    embeddings = Qwen3Embeddings(model=local.config.model)
    with open_index(tmp_path, embeddings, corpus="notes") as index:
        index.sync(chunks_of([document("a", TEXTS[1])]))
        (found,) = index.search(embeddings.embed_query(TEXTS[0]), top_k=1)
    assert TEXTS[1] in found.text
    assert server.requests == []


# Other processes


def run(code, **environment):
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
        capture_output=True, text=True, timeout=900, check=False, env={**os.environ, **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_pickle_from_a_file_carries_no_consent(stored, server, tmp_path):
    path = tmp_path / "encoder.pickle"
    path.write_bytes(pickle.dumps(Qwen3Encoder(EncoderConfig(**stored))))
    code = f"""
        import pickle
        from qwen3_embed_integrations import HostNotAllowedError
        encoder = pickle.load(open({str(path)!r}, "rb"))
        try:
            print(encoder.encode_document(["a"]).shape)
        except HostNotAllowedError as error:
            print("refused")
    """
    assert run(code) == "refused"
    assert server.requests == []
    assert run(code, QWEN3_EMBED_ALLOWED_HOSTS=f"{server.url}={KEY}") == "(1, 64)"


@pytest.mark.parametrize("method", ["spawn", "forkserver", "fork"])
def test_workers_of_this_process_use_the_server_that_it_named(method, stored, server, tmp_path, local):
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(f"""
        import multiprocessing, warnings
        import numpy as np
        warnings.simplefilter("ignore", DeprecationWarning)
        if __name__ == "__main__":
            from qwen3_embed_integrations import EncoderConfig, Qwen3Encoder
            encoder = Qwen3Encoder(EncoderConfig(**{stored!r}))
            with multiprocessing.get_context({method!r}).Pool(1) as pool:
                np.save({str(tmp_path / "found.npy")!r}, pool.apply(encoder.encode_document, ([{TEXTS[0]!r}],)))
        """)
    )
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, script], capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stderr
    np.testing.assert_allclose(np.load(tmp_path / "found.npy"), local.encode_document(TEXTS[:1]), atol=1e-5)
    assert set(server.authorizations) == {"Bearer the-secret-of-the-victim"}


def test_a_config_of_own_code_needs_no_list(stored, server):
    assert Qwen3Encoder(**stored).encode_document(["a"]).shape == (1, 64)
    with pytest.raises(RemoteError):
        Qwen3Encoder(**{**stored, "base_url": f"{server.url}/nowhere"}).encode_document(["a"])
