"""The embeddings of each route are those of the encoder in this process, bit for bit."""

import base64

import numpy as np
import pytest

TEXTS = ["sorted() returns a new list.", "Where is Paris?", "naïve café 学习 🙂"]


def decoded(entry):
    return np.frombuffer(base64.b64decode(entry), dtype="<f4")


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("encoding", ["float", "base64", None])
def test_a_document_is_that_of_the_process_bit_for_bit(served, encoder, text, encoding):
    answer = served.post("/v1/embeddings", {"model": "tiny", "input": text, "encoding_format": encoding}).json()
    (entry,) = answer["data"]
    found = decoded(entry["embedding"]) if encoding == "base64" else np.array(entry["embedding"], dtype=np.float32)
    np.testing.assert_array_equal(found, encoder.encode_document([text])[0])
    n_tokens = int(encoder.count_tokens([text])[0])
    assert answer["usage"] == {"prompt_tokens": n_tokens, "total_tokens": n_tokens}
    assert (answer["object"], entry["object"], entry["index"], answer["model"]) == ("list", "embedding", 0, "tiny")


def test_a_list_comes_back_in_its_order_bit_for_bit(served, encoder):
    found = served.embeddings(input=[*TEXTS, TEXTS[0]])
    np.testing.assert_array_equal(np.array(found, dtype=np.float32), encoder.encode_document([*TEXTS, TEXTS[0]]))


def test_a_large_answer_is_written_off_the_event_loop_and_is_the_same(served, encoder):
    texts = [f"text {i}" for i in range(400)]
    found = np.array(served.embeddings(input=texts), dtype=np.float32)
    np.testing.assert_allclose(found, encoder.encode_document(texts), atol=1e-6)


@pytest.mark.parametrize("dimension", [32, 100, 256])
def test_dimensions_truncate_as_the_encoder_does(served, dimension):
    from qwen3_embed_integrations import Qwen3Encoder

    found = served.embeddings(input=TEXTS[:1], dimensions=dimension)
    own = Qwen3Encoder(model="tiny", dimension=dimension)
    np.testing.assert_array_equal(np.array(found, dtype=np.float32), own.encode_document(TEXTS[:1]))
    answer = served.post("/v1/embeddings", {"input": TEXTS[0], "dimensions": dimension})
    assert answer.headers["x-embedding-fingerprint"] == own.space.fingerprint


@pytest.mark.parametrize(
    "fields",
    [
        {"model": "tiny-query"},
        {"input_type": "query"},
        {"input_type": "search_query"},
        {"prompt_name": "query"},
        {"task": "retrieval.query"},
        {"task": "web"},
        {"instruction": "Given a web search query, retrieve relevant passages that answer the query"},
    ],
)
def test_each_way_to_say_query_gives_the_query(served, encoder, fields):
    found = np.array(served.embeddings(input="Where is Paris?", **fields), dtype=np.float32)
    np.testing.assert_array_equal(found, encoder.encode_query(["Where is Paris?"]))


def test_a_task_is_that_of_the_encoder(served, encoder):
    found = np.array(served.embeddings(input="Where is Paris?", input_type="classification"), dtype=np.float32)
    np.testing.assert_array_equal(found, encoder.encode_query(["Where is Paris?"], task="classification"))


def test_coheres_route_has_its_answer(served, encoder):
    body = {"model": "tiny", "texts": TEXTS[:1], "input_type": "search_query", "embedding_types": ["float", "base64"]}
    answer = served.post("/v2/embed", body).json()
    expected = encoder.encode_query(TEXTS[:1])
    np.testing.assert_array_equal(np.array(answer["embeddings"]["float"], dtype=np.float32), expected)
    np.testing.assert_array_equal(decoded(answer["embeddings"]["base64"][0]), expected[0])
    assert answer["texts"] == TEXTS[:1]
    assert answer["meta"]["billed_units"]["input_tokens"] > 0


def test_teis_route_has_its_answer(served, encoder):
    answer = served.post("/embed", {"inputs": TEXTS[0], "prompt_name": "document", "truncate": True}).json()
    np.testing.assert_array_equal(np.array(answer, dtype=np.float32), encoder.encode_document(TEXTS[:1]))


def test_a_long_text_is_refused_unless_it_may_be_cut(served):
    long = "word " * 9000
    refused = served.post("/v1/embeddings", {"input": ["short", long]})
    assert refused.status_code == 400
    assert refused.json()["error"]["code"] == "context_length_exceeded"
    assert (
        "Text 1 has 9002 tokens, max_length is 8192. Split it, or send truncate" in refused.json()["error"]["message"]
    )


@pytest.mark.filterwarnings("ignore::qwen3_embed_integrations.TruncationWarning")
def test_a_cut_text_is_counted(make_short_server):
    with make_short_server() as short:
        answer = short.post("/v1/embeddings", {"input": ["short", "word " * 60], "truncate": "END"})
        assert answer.status_code == 200
        assert answer.headers["x-truncated"] == "1"
        assert short.post("/v2/embed", {"texts": ["word " * 60]}).headers["x-truncated"] == "1"
        assert short.post("/embed", {"inputs": ["word " * 60], "truncate": False}).status_code == 400


@pytest.mark.parametrize(
    ("body", "param", "said"),
    [
        ({}, "input", "Field required"),
        ({"input": None}, "input", "null, expected a text"),
        ({"input": 5}, "input", "a number, expected a text"),
        ({"input": {}}, "input", "an object, expected a text"),
        ({"input": ""}, "input", "input[0] is empty"),
        ({"input": []}, "input", "an empty list"),
        ({"input": ["a", ""]}, "input", "input[1] is empty"),
        ({"input": ["a", None]}, "input", "input[1] is null"),
        ({"input": ["a", 1.5]}, "input", "input[1] is a number"),
        ({"input": ["a"] * 2049}, "input", "2049 texts, expected at most 2048"),
        ({"input": [1, 2, 3]}, "input", "check_embedding_ctx_length=False"),
        ({"input": [[1, 2, 3]]}, "input", "check_embedding_ctx_length=False"),
        ({"input": "a", "dimensions": 31}, "dimensions", "32 to 256"),
        ({"input": "a", "dimensions": 257}, "dimensions", "32 to 256"),
        ({"input": "a", "dimensions": 64.5}, "dimensions", "valid integer"),
        ({"input": "a", "dimensions": "64"}, "dimensions", "valid integer"),
        ({"input": "a", "dimensions": True}, "dimensions", "valid integer"),
        ({"input": "a", "encoding_format": "hex"}, "encoding_format", "'float' or 'base64'"),
        ({"input": "a", "model": 7}, "model", "valid string"),
        ({"input": "a", "truncate": "START"}, "truncate", '"END" or "NONE"'),
        ({"input": "a", "input_type": "spell\x1b[2J"}, "input_type", "expected one of: query"),
        ({"input": "a", "input_type": "query", "prompt_name": "document"}, "prompt_name", "contradict"),
        ({"input": "a", "model": "tiny-query", "input_type": "document"}, "input_type", "contradict"),
        ({"input": "a", "task": "nosuch"}, "task", "expected one of: web"),
        ({"input": "a", "instruction": "short"}, "instruction", "at least two words"),
    ],
)
def test_a_bad_request_names_its_field(served, body, param, said):
    answer = served.post("/v1/embeddings", body)
    error = answer.json()["error"]
    assert answer.status_code == 400, error
    assert (error["param"], error["type"]) == (param, "invalid_request_error")
    assert said in error["message"]
    assert "\x1b" not in error["message"]
    assert error["code"] is None or isinstance(error["code"], str)


def test_an_unknown_model_is_refused_with_the_names_that_are_served(served):
    answer = served.post("/v1/embeddings", {"input": "a", "model": "gpt-9"})
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "model_not_found"
    assert "tiny, tiny-query" in answer.json()["error"]["message"]


def test_too_many_tokens_are_refused_before_anything_is_computed(served, calls):
    answer = served.post("/v1/embeddings", {"input": ["word " * 8000] * 40})
    assert answer.json()["error"]["code"] == "max_tokens_per_request"
    assert calls == []


def test_an_error_has_the_format_of_its_route(served):
    assert served.post("/embed", {"inputs": []}).json() == {
        "error": "inputs is an empty list, expected at least one text.",
        "error_type": "Validation",
    }
    assert "texts" in served.post("/v2/embed", {"texts": []}).json()["message"]
