import dataclasses

import pytest

from qwen3_embed_integrations import EncoderConfig, SpaceMismatchError, VectorSpace
from qwen3_embed_integrations.core.model_info import ModelInfo

SPACE = VectorSpace("m", "r1", "w1", "lasttoken", "", 256)
MODEL_INFO = ModelInfo("m", "", "w", 256, 512, 512, "lasttoken", {"query": "Q:", "document": ""})


@pytest.mark.parametrize(
    "change",
    [
        {"weights": "w2"},
        {"pooling": "mean"},
        {"document_prompt": "passage: "},
        {"dimension": 128},
        {"end_token": "</s>"},
        {"normalized": False},
    ],
)
def test_what_moves_a_document_changes_the_fingerprint_and_is_named(change):
    other = dataclasses.replace(SPACE, **change)
    assert other.fingerprint != SPACE.fingerprint
    with pytest.raises(SpaceMismatchError, match=next(iter(change))):
        SPACE.check(other.to_dict(), where="The index", remedy="Index again.")


def test_the_same_weights_under_another_name_are_the_same_space():
    moved = dataclasses.replace(SPACE, model="/srv/copy", revision="")
    assert moved.fingerprint == SPACE.fingerprint
    SPACE.check(moved.to_dict(), where="The index", remedy="Index again.")


def test_without_weights_the_name_and_a_known_revision_decide():
    remote = VectorSpace("m", "", "", "lasttoken", "", 256)
    remote.check(SPACE.to_dict(), where="The index", remedy="")
    other = dataclasses.replace(remote, model="n")
    with pytest.raises(SpaceMismatchError, match="model: stored 'm', now 'n'"):
        other.check(SPACE.to_dict(), where="The index", remedy="")
    pinned = dataclasses.replace(remote, revision="r2")
    with pytest.raises(SpaceMismatchError, match="revision"):
        pinned.check(SPACE.to_dict(), where="The index", remedy="")


def test_the_message_names_the_store_the_difference_and_the_remedy():
    stored = dataclasses.replace(SPACE, dimension=64).to_dict()
    with pytest.raises(SpaceMismatchError) as caught:
        SPACE.check(stored, where="Collection 'docs'", remedy="Delete it and index again.")
    assert str(caught.value) == (
        "Collection 'docs' holds vectors of another space (dimension: stored 64, now 256). Delete it and index again."
    )


def test_the_fingerprint_of_a_known_space_never_changes():
    # Stored beside users' embeddings: a change orphans their indexes. Change it only with SPACE_VERSION.
    assert SPACE.fingerprint == "q3e1-16f064a8853a305d"


@pytest.mark.parametrize(
    "options",
    [
        {"device": "cpu"},
        {"dtype": "bfloat16"},
        {"max_batch_tokens": 7},
        {"task": "code"},
        {"show_progress": True},
        {"on_overflow": "error"},
    ],
)
def test_what_does_not_move_a_document_leaves_the_space_alone(options):
    assert MODEL_INFO.space(EncoderConfig(**options)) == MODEL_INFO.space(EncoderConfig())


def test_a_symmetric_task_puts_its_instruction_on_documents_too():
    space = MODEL_INFO.space(EncoderConfig(task="sts"))
    assert space.document_prompt == "Instruct: Retrieve semantically similar text\nQuery:"
    assert MODEL_INFO.space(EncoderConfig(task="sts", document_task="")).document_prompt == ""
