"""A sample of stored embeddings tells whether they are of an encoder's space."""

from __future__ import annotations

import numpy as np
import pytest

from qwen3_embed_integrations import SpaceMismatchError
from qwen3_embed_integrations.core.stored_sample import check_sample
from qwen3_embed_integrations.core.types import FloatArray

RIGHT = np.array([1.0, 0.0], dtype=np.float32)


def embed(texts: list[str]) -> FloatArray:
    return np.stack([RIGHT for _ in texts])


def check(*sample: tuple[str | None, object]) -> None:
    check_sample(sample, embed, where="Collection 'a'", remedy="Do it anew.")


def test_what_agrees_passes_whatever_its_length() -> None:
    check()
    check(("a", RIGHT), (None, [0, 1]), ("", [0, 1]))
    check(("a", RIGHT * 7))


@pytest.mark.parametrize(
    ("sample", "said"),
    [
        ([(None, RIGHT)], "holds no texts to find out"),
        ([("a", [1.0, 0.0, 0.0])], r"dimension: stored 3, now 2"),
        ([("a", RIGHT), ("b", [0.6, 0.8])], r"its document 'b', embedded again, has cosine 0\.60"),
        ([("a", [0.0, 0.0])], r"cosine 0\.00"),
    ],
)
def test_what_differs_is_said_with_the_remedy(sample: list[tuple[str | None, object]], said: str) -> None:
    with pytest.raises(SpaceMismatchError, match=rf"Collection 'a'.*{said}.*Do it anew\."):
        check(*sample)
