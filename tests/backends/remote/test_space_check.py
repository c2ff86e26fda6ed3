"""A server that says which space it computes is held to it."""

import pytest

from qwen3_embed_integrations import Qwen3Encoder, SpaceMismatchError
from qwen3_embed_integrations.backends.remote.space_check import FINGERPRINT_HEADER, SpaceCheck
from qwen3_embed_integrations.core.vector_space import VectorSpace
from served import serving


def space(**fields):
    return VectorSpace(
        **{"model": "a/b", "revision": "", "weights": "w", "pooling": "lasttoken", "document_prompt": "", **fields},
        dimension=64,
    )


def test_a_server_without_fingerprint_is_not_checked():
    SpaceCheck("http://x", space()).check({}, 64)


def test_known_weights_are_compared_at_each_width():
    check = SpaceCheck("http://x", space(document_prompt="ours: "))
    check.check({FINGERPRINT_HEADER: space().fingerprint}, 64)
    with pytest.raises(SpaceMismatchError, match=r"this machine's 'a/b' has"):
        check.check({FINGERPRINT_HEADER: space().fingerprint}, 32)
    with pytest.raises(SpaceMismatchError):
        check.check({FINGERPRINT_HEADER: space(document_prompt="theirs: ").fingerprint}, 64)


def test_unknown_weights_must_stay_the_same():
    check = SpaceCheck("http://x", space(weights=""))
    check.check({FINGERPRINT_HEADER: "q3e1-first"}, 64)
    check.check({FINGERPRINT_HEADER: "q3e1-first"}, 64)
    with pytest.raises(SpaceMismatchError, match=r"its first answer had 'q3e1-first'") as caught:
        check.check({FINGERPRINT_HEADER: "\x1b[2J"}, 64)
    assert "\x1b" not in str(caught.value)


def test_a_server_of_other_weights_is_refused_whole(make_checkpoint):
    from qwen3_embed_integrations import EncoderConfig

    checkpoint = make_checkpoint(hidden_size=256)

    with serving(EncoderConfig(model=str(checkpoint))) as other:
        remote = Qwen3Encoder(model="tiny", backend="remote", base_url=other.url, served_model=str(checkpoint))
        try:
            with pytest.raises(SpaceMismatchError, match="Start the server with the same model"):
                remote.encode_document(["text"])
        finally:
            remote.unload()
