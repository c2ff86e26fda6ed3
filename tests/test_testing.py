import numpy as np
import pytest

from processes import in_a_fresh_process
from qwen3_embed_integrations import (
    ConfigError,
    Qwen3Encoder,
    Qwen3Reranker,
    SpaceMismatchError,
    TextTooLongError,
    TruncationWarning,
    load_encoder,
)
from qwen3_embed_integrations.backends.registry import load_backend
from qwen3_embed_integrations.core.protocols import EmbedRequest
from qwen3_embed_integrations.langchain import Qwen3Embeddings, Qwen3Rerank
from qwen3_embed_integrations.testing import FakeBackend, fake_backend


@pytest.fixture
def no_model():
    """The fixture that the module's documentation recommends."""
    with fake_backend():
        yield


def test_embeddings_have_unit_length_and_the_published_dimension():
    encoder = Qwen3Encoder(model="0.6B", backend="fake")
    embeddings = encoder.encode_document(["a b", "", "北京", "\udc00"])
    assert embeddings.shape == (4, 1024)
    assert embeddings.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-6)
    assert encoder.encode_document([]).shape == (0, 1024)


def test_texts_with_words_in_common_are_near_and_others_are_not():
    encoder = Qwen3Encoder(backend="fake")
    documents = encoder.encode_document(["Paris is the capital of France.", "Cats sleep all day."])
    paris, cats = (encoder.encode_query(["What is the capital of France?"]) @ documents.T)[0]
    assert paris > 0.4
    assert abs(cats) < 0.25


def test_a_prompt_moves_an_embedding_but_little():
    encoder = Qwen3Encoder(backend="fake")
    query, other, document = (
        encoder.encode_query(["heap"])[0],
        encoder.encode_query(["heap"], task="code")[0],
        encoder.encode_document(["heap"])[0],
    )
    assert 0.9 < query @ document < 0.9999
    assert query @ other < 0.9999


def test_the_same_text_has_the_same_embedding_in_another_process():
    code = (
        "from qwen3_embed_integrations import Qwen3Encoder\n"
        "print(Qwen3Encoder(backend='fake').encode_query(['heap'])[0][:8].tolist())"
    )
    assert in_a_fresh_process(code) == str(Qwen3Encoder(backend="fake").encode_query(["heap"])[0][:8].tolist())


def test_it_loads_no_torch():
    code = (
        "from qwen3_embed_integrations.langchain import Qwen3Embeddings; import sys\n"
        "print(len(Qwen3Embeddings(model='8B', backend='fake').embed_query('a')), 'torch' in sys.modules)"
    )
    assert in_a_fresh_process(code) == "4096 False"


def test_a_long_text_is_cut_or_refused():
    with pytest.warns(TruncationWarning, match="text 1 lost 3 of 9 tokens"):
        cut = Qwen3Encoder(backend="fake", max_length=6).encode_document(["a", "a b c d e f g h"])
    np.testing.assert_allclose(cut[1], Qwen3Encoder(backend="fake").encode_document(["a b c d e"])[0], atol=1e-6)
    with pytest.raises(TextTooLongError, match="Text 1 has 9 tokens"):
        Qwen3Encoder(backend="fake", max_length=6, on_overflow="error").encode_document(["a", "a b c d e f g h"])


@pytest.mark.usefixtures("no_model")
def test_within_the_fixture_every_model_is_the_fake():
    embeddings = Qwen3Embeddings(model="4B")
    assert len(embeddings.embed_query("anything")) == 2560
    assert load_encoder(model="me/private").dimension == 256


def test_after_the_fixture_the_real_model_is_back(checkpoint):
    encoder = Qwen3Encoder(model=str(checkpoint))
    real = encoder.encode_document(["heap"])
    with fake_backend():
        assert encoder.encode_document(["heap"]).shape == (1, 256)
    np.testing.assert_array_equal(encoder.encode_document(["heap"]), real)


def test_the_fake_space_is_no_model_s_space(checkpoint):
    real = Qwen3Encoder(model=str(checkpoint))
    fake = Qwen3Encoder(real.config, backend="fake")
    with pytest.raises(SpaceMismatchError, match="weights"):
        real.space.check(fake.space.to_dict(), where="The store", remedy="Index again.")


def test_tokens_are_counted_and_shown():
    backend = FakeBackend(8)
    assert backend.count_tokens(["one two", ""]).tolist() == [3, 1]
    assert backend.token_strings(backend.tokenize(["one"])[0])[-1] == "<|endoftext|>"
    assert backend.submit(EmbedRequest(["one"], 10)).result().embeddings.shape == (1, 8)


def test_progress_is_told(capsys):
    Qwen3Encoder(backend="fake", show_progress=True).encode_document(["a", "b", "b"])
    assert "3/3" in capsys.readouterr().err


# rerankers


def test_a_document_scores_by_the_words_of_the_query_that_it_has():
    reranker = Qwen3Reranker(model="0.6B", backend="fake")
    documents = ["Cats sleep.", "Paris is the capital of France.", "", "capital"]
    ranked = reranker.rank("What is the capital of France?", documents)
    assert [one.index for one in ranked] == [1, 3, 0, 2]
    assert ranked[0].score > 0.8
    assert ranked[-1].score < 0.2
    assert len(reranker.score("?", ["a", "\udc00"])) == 2
    assert reranker.model_info.weights == "fake:Qwen/Qwen3-Reranker-0.6B"


def test_an_instruction_moves_all_scores_alike():
    reranker = Qwen3Reranker(backend="fake")
    plain, other = (reranker.score("heap", ["heap", "b"], instruction=one, scale="logit") for one in ("web", "x"))
    moved = other - plain
    assert moved[0] == pytest.approx(moved[1], abs=1e-6)
    assert 0 < abs(moved[0]) < 0.1


def test_a_long_document_is_cut_or_refused():
    query = "needle"
    document = "hay " * 100 + "needle"
    reranker = Qwen3Reranker(backend="fake", max_length=80)
    with pytest.warns(TruncationWarning, match="text 0 lost"):
        assert reranker.score(query, [document])[0] < 0.1
    with pytest.raises(TextTooLongError, match="Text 0 has"):
        Qwen3Reranker(backend="fake", max_length=80, on_overflow="error").score(query, [document])


@pytest.mark.usefixtures("no_model")
def test_the_block_holds_for_rerankers_of_any_integration():
    from langchain_core.documents import Document

    documents = [Document("Cats sleep."), Document("Paris is the capital of France.")]
    (best,) = Qwen3Rerank(model="/no/such/folder", top_n=1).compress_documents(documents, "capital of France?")
    assert best.page_content == documents[1].page_content


def test_the_fake_of_a_reranker_embeds_nothing():
    backend = load_backend(Qwen3Reranker(backend="fake").config.runtime_config)
    with pytest.raises(ConfigError, match="scores documents for a query"):
        backend.submit(EmbedRequest(["a"], 10)).result()
