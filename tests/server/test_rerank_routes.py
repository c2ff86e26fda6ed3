"""The scores of the server are those of the reranker in this process."""

import pytest

from qwen3_embed_integrations import Qwen3Reranker
from qwen3_embed_integrations.backends.registry import load_backend

QUERY = "Where is Paris?"
DOCUMENTS = ["Paris is in France.", "Cats sleep.", "Lists are sorted.", "Paris is in France."]


@pytest.fixture(scope="module")
def reranker(reranker_folder):
    return Qwen3Reranker(model=str(reranker_folder))


@pytest.mark.parametrize("path", ["/v1/rerank", "/v2/rerank", "/rerank"])
def test_scores_are_those_of_the_process_best_first(served, reranker, path):
    answer = served.post(path, {"query": QUERY, "documents": DOCUMENTS, "return_documents": True}).json()
    expected = reranker.rank(QUERY, DOCUMENTS)
    assert [entry["index"] for entry in answer["results"]] == [one.index for one in expected]
    assert [entry["relevance_score"] for entry in answer["results"]] == pytest.approx([one.score for one in expected])
    assert [entry["document"]["text"] for entry in answer["results"]] == [DOCUMENTS[one.index] for one in expected]
    assert answer["meta"]["api_version"]["version"] == "2"
    assert answer["usage"]["total_tokens"] == int(reranker.count_tokens(QUERY, DOCUMENTS).sum())


def test_objects_top_n_instruction_and_logits(served, reranker):
    body = {
        "query": QUERY,
        "documents": [{"text": text} for text in DOCUMENTS],
        "top_n": 2,
        "instruct": "Find the sentence that answers",
        "raw_scores": True,
    }
    found = served.post("/v1/rerank", body).json()["results"]
    expected = reranker.rank(QUERY, DOCUMENTS, top_k=2, instruction=body["instruct"], scale="logit")
    assert [(one["index"], pytest.approx(one["relevance_score"], abs=1e-4)) for one in found] == [
        (one.index, one.score) for one in expected
    ]


def test_texts_ask_for_teis_answer(served, reranker):
    found = served.post("/rerank", {"query": QUERY, "texts": DOCUMENTS[:2], "return_text": True}).json()
    best = reranker.rank(QUERY, DOCUMENTS[:2])
    assert [entry["index"] for entry in found] == [one.index for one in best]
    assert set(found[0]) == {"index", "score", "text"}


def test_documents_are_cut_as_asked(served, reranker):
    body = {"query": QUERY, "documents": ["Paris " * 50], "max_tokens_per_doc": 3, "return_documents": True}
    answer = served.post("/v2/rerank", body).json()
    tokenizer = load_backend(reranker.config.runtime_config).required_tokenizer()
    (score,) = reranker.score(QUERY, [tokenizer.beginning("Paris " * 50, 3)])
    assert len(answer["results"][0]["document"]["text"]) == 300
    assert answer["results"][0]["relevance_score"] == pytest.approx(float(score), abs=1e-4)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"documents": ["a"]}, "query"),
        ({"query": "a"}, "documents"),
        ({"query": "a", "documents": []}, "empty list"),
        ({"query": "a", "documents": ["a"], "texts": ["a"]}, "one of them"),
        ({"query": "a", "documents": [1]}, "documents"),
        ({"query": "a", "documents": ["a"], "top_n": -1}, "top_n"),
        ({"query": "a", "documents": ["a"] * 2049}, "at most 2048"),
    ],
)
def test_a_bad_request_is_told(served, body, said):
    answer = served.post("/v1/rerank", body)
    assert answer.status_code == 400
    assert said in answer.json()["error"]["message"] + str(answer.json()["error"]["param"])


def test_another_model_and_a_server_without_reranker_are_told(served, make_short_server):
    assert served.post("/v1/rerank", {"model": "x", "query": "a", "documents": ["a"]}).status_code == 404
    with make_short_server() as bare:
        answer = bare.post("/v1/rerank", {"query": "a", "documents": ["a"]})
        assert (answer.status_code, "--rerank" in answer.text) == (404, True)
