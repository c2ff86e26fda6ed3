"""Quantised embeddings: the same text has the same code, and similarity is nearly the cosine."""

from __future__ import annotations

import json

import numpy as np
import pytest

from qwen3_embed_integrations import ConfigError, Quantizer, Qwen3Encoder
from qwen3_embed_integrations.core.quantization import Precision, quantizer_for
from qwen3_embed_integrations.core.types import FloatArray

TEXTS = [f"text {i} of {i % 7} about {'cats' if i % 2 else 'dogs'}" for i in range(200)]
PRECISIONS: list[Precision] = ["int8", "uint8", "binary"]


@pytest.fixture(scope="module")
def encoder() -> Qwen3Encoder:
    return Qwen3Encoder(backend="fake", dimension=128)


@pytest.fixture(scope="module")
def embeddings(encoder: Qwen3Encoder) -> FloatArray:
    return encoder.encode_document(TEXTS)


@pytest.mark.parametrize(("precision", "error"), [("int8", 0.02), ("uint8", 0.02), ("binary", 0.5)])
def test_similarity_is_nearly_the_cosine(embeddings: FloatArray, precision: Precision, error: float) -> None:
    quantizer = Quantizer.calibrate(embeddings, precision)
    codes = quantizer.encode(embeddings)
    assert codes.nbytes == embeddings.nbytes / (32 if precision == "binary" else 4)
    similarity = quantizer.similarity(codes[:50], codes)
    assert np.abs(similarity - embeddings[:50] @ embeddings.T).max() < error
    np.testing.assert_allclose(np.diagonal(similarity), 1, atol=1e-6)
    assert quantizer.decode(codes).shape == embeddings.shape


def test_uint8_is_int8_moved(embeddings: FloatArray) -> None:
    codes = {one: Quantizer.calibrate(embeddings, one).encode(embeddings) for one in ("int8", "uint8")}
    np.testing.assert_array_equal(codes["int8"].astype(int) + 128, codes["uint8"])
    assert (codes["int8"].dtype, codes["uint8"].dtype, codes["int8"].min() >= -127) == (np.int8, np.uint8, True)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_texts_code_does_not_depend_on_its_batch(
    encoder: Qwen3Encoder, embeddings: FloatArray, precision: Precision
) -> None:
    fingerprint = encoder.space.fingerprint
    made = Quantizer.calibrate(embeddings, precision, fingerprint=fingerprint)
    quantizer = Quantizer.from_dict(json.loads(json.dumps(made.to_dict())))
    assert quantizer == made
    together = encoder.encode_codes(TEXTS, quantizer)
    alone = encoder.encode_codes(TEXTS[7:8], quantizer)
    np.testing.assert_array_equal(together[7:8], alone)


def test_bits_need_no_calibration_and_bytes_do(encoder: Qwen3Encoder, embeddings: FloatArray) -> None:
    assert encoder.encode_codes(["a"], "binary").shape == (1, 16)
    with pytest.raises(ConfigError, match=r"'int8' needs a calibrated range.*Quantizer\.calibrate"):
        encoder.encode_codes(["a"], "int8")
    with pytest.raises(ConfigError, match="Found 99 embeddings to calibrate by"):
        Quantizer.calibrate(embeddings[:99], "int8")


def test_a_quantizer_of_another_space_is_refused(embeddings: FloatArray) -> None:
    quantizer = Quantizer.calibrate(embeddings, "int8", fingerprint="q3e1-0")
    assert quantizer_for(quantizer, 128, "q3e1-0") is quantizer
    with pytest.raises(ConfigError, match="calibrated for 128 numbers of the space 'q3e1-0'"):
        quantizer_for(quantizer, 128, "q3e1-1")
    with pytest.raises(ConfigError, match=r"shape \(200, 64\), expected \[n, 128\]"):
        quantizer.encode(embeddings[:, :64])
    with pytest.raises(ConfigError, match="precision='int4'"):
        Quantizer("int4", 128)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="Found the fields precision of a quantizer"):
        Quantizer.from_dict({"precision": "int8"})
