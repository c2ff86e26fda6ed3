from concurrent.futures import Future

import numpy as np
import pytest

from qwen3_embed_integrations import Backend, ConfigError, EmbedRequest, RawEmbeddings
from qwen3_embed_integrations.core.protocols import wait_for


class Lengths(Backend):
    def submit(self, request):
        future = Future()
        lengths = np.array([[len(text)] for text in request.texts], dtype=np.float32)
        future.set_result(RawEmbeddings(lengths, np.full(len(request.texts), -1)))
        return future


class Letters:
    def tokenize(self, texts):
        return [[*map(ord, text), 0] for text in texts]

    def token_strings(self, ids):
        return [chr(token_id) for token_id in ids]


def test_submit_is_the_one_method_that_a_backend_must_have():
    assert Backend.__abstractmethods__ == {"submit"}
    backend = Lengths()
    assert wait_for(backend.submit(EmbedRequest(["abc"], 10))).embeddings.tolist() == [[3.0]]
    backend.after_fork()
    backend.close()
    backend.close(discard=True)


def test_tokens_follow_from_the_tokenizer():
    backend = Lengths()
    backend.tokenizer = Letters()
    assert backend.tokenize(["ab"]) == [[97, 98, 0]]
    assert backend.count_tokens(["ab", ""]).tolist() == [3, 1]
    assert backend.token_strings([97, 98]) == ["a", "b"]


def test_without_a_tokenizer_tokens_are_refused_with_the_remedy():
    for call in (
        lambda: Lengths().tokenize(["a"]),
        lambda: Lengths().count_tokens(["a"]),
        Lengths().required_tokenizer,
    ):
        with pytest.raises(ConfigError, match=r"tokenizer is not on this machine.*tokenizer="):
            call()


def test_who_stops_waiting_cancels_the_request():
    class Interrupted(Future):
        def result(self, timeout=None):  # noqa: ARG002 - Future's own signature
            raise KeyboardInterrupt

    future = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        wait_for(future)
    assert future.cancelled()
