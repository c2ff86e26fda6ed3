"""Equal to sentence-transformers and to plain transformers with left padding, on the same checkpoint."""

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from transformers import AutoModel, AutoTokenizer

from checkpoints import TINY
from qwen3_embed_integrations import Qwen3Encoder

TEXTS = [
    "",
    " ",
    "   leading and trailing   ",
    "What is the capital of China?",
    "Gravity is a force that attracts two bodies towards each other.",
    "def add(a, b):\n\treturn a + b\n\n\n# done",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "日本語のテキストを埋め込む。",
    "Привет, мир! Это проверка.",
    "مرحبا بالعالم",
    "שלום עולם",
    "नमस्ते दुनिया",
    "สวัสดีชาวโลก",
    "👩‍👩‍👧‍👦 🎉🏳️‍🌈 ❤️",
    "Z̷̛͖a̷l̶g̸o̶ te͟xt",
    "nul\0byte and \x07 bell",
    "a" * 500,
    "1234567890 " * 40,
    "word " * 2990,
    "http://example.org/?q=%20&x=1#frag",
]
SHAPES = {
    "grouped": {},
    "one_kv_head": {"num_key_value_heads": 1, "hidden_size": 96, "seed": 3},
    "all_heads": {"num_key_value_heads": 4, "num_hidden_layers": 2, "seed": 4},
    "wide_heads": {"head_dim": 64, "num_attention_heads": 2, "rope_theta": 1e6, "seed": 5},
}


@pytest.fixture(scope="module", params=[*SHAPES, "tiny"])
def folder(request, make_checkpoint):
    return TINY if request.param == "tiny" else make_checkpoint(**SHAPES[request.param])


def peer(folder, **options):
    return SentenceTransformer(str(folder), device="cpu", model_kwargs={"dtype": torch.float32}, **options)


@pytest.fixture(scope="module")
def reference(folder):
    return peer(folder)


@pytest.fixture(scope="module")
def encoder(folder):
    return Qwen3Encoder(model=str(folder), dtype="float32")


def test_queries_equal_sentence_transformers(encoder, reference):
    assert np.abs(encoder.encode_query(TEXTS) - reference.encode_query(TEXTS, batch_size=1)).max() <= 2e-6


def test_documents_equal_sentence_transformers(encoder, reference):
    assert np.abs(encoder.encode_document(TEXTS) - reference.encode_document(TEXTS, batch_size=2)).max() <= 2e-6


def test_embeddings_equal_plain_transformers_with_left_padding(encoder, folder):
    """The official example: left padding, last position, truncate, normalise."""
    tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
    model = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    texts = [text for text in TEXTS if len(text) < 1000]
    inputs = tokenizer(texts, padding=True, return_tensors="pt")
    with torch.no_grad():
        states = model(**inputs, use_cache=False).last_hidden_state[:, -1]
    expected = torch.nn.functional.normalize(states, dim=1).numpy()
    assert np.abs(encoder.encode_document(texts) - expected).max() <= 2e-6


@pytest.mark.parametrize("budget", [1, 17, 300, 100_000])
def test_an_embedding_is_the_same_in_any_batch_and_order(encoder, folder, budget):
    expected = encoder.encode_document(TEXTS)
    order = np.random.default_rng(budget).permutation(len(TEXTS))
    other = Qwen3Encoder(model=str(folder), dtype="float32", max_batch_tokens=budget)
    shuffled = other.encode_document([TEXTS[i] for i in order])
    assert np.abs(shuffled - expected[order]).max() <= 1e-6


@pytest.mark.parametrize("pooling", ["mean", "cls", "max"])
def test_other_poolings_equal_sentence_transformers(make_checkpoint, pooling):
    folder = make_checkpoint(pooling=pooling, seed=6)
    reference = peer(folder)
    embeddings = Qwen3Encoder(model=str(folder)).encode_query(TEXTS)
    assert np.abs(embeddings - reference.encode_query(TEXTS, batch_size=1)).max() <= 2e-6


@pytest.mark.parametrize("dimension", [32, 33, 63])
def test_truncated_embeddings_equal_sentence_transformers_renormalised(checkpoint, dimension):
    reference = peer(checkpoint, truncate_dim=dimension)
    expected = reference.encode_document(TEXTS, batch_size=2, normalize_embeddings=True)
    embeddings = Qwen3Encoder(model=str(checkpoint), dimension=dimension).encode_document(TEXTS)
    assert np.abs(embeddings - expected).max() <= 2e-6


def test_truncated_texts_equal_sentence_transformers_and_keep_the_end_token(checkpoint):
    reference = peer(checkpoint)
    reference.max_seq_length = 40
    with pytest.warns(UserWarning, match="were cut"):
        embeddings = Qwen3Encoder(model=str(checkpoint), max_length=40).encode_document(TEXTS)
    assert np.abs(embeddings - reference.encode_document(TEXTS, batch_size=2)).max() <= 2e-6


def test_bfloat16_stays_close_to_float32_with_embeddings_of_unit_length(checkpoint):
    exact = Qwen3Encoder(model=str(checkpoint), dtype="float32").encode_document(TEXTS)
    rough = Qwen3Encoder(model=str(checkpoint), dtype="bfloat16").encode_document(TEXTS)
    assert (exact * rough).sum(axis=1).min() > 0.99
    np.testing.assert_allclose(np.linalg.norm(rough, axis=1), 1, atol=1e-6)


# Source: the model cards of Qwen/Qwen3-Embedding-0.6B, -4B and -8B.
GOLDEN_DOCUMENTS = [
    "The capital of China is Beijing.",
    (
        "Gravity is a force that attracts two bodies towards each other. It gives weight to physical objects and is "
        "responsible for the movement of planets around the sun."
    ),
]
GOLDEN = {
    "0.6B": [[0.7645568251609802, 0.14142508804798126], [0.13549736142158508, 0.5999549627304077]],
    "4B": [[0.7534, 0.1147], [0.0320, 0.6258]],
    "8B": [[0.7493016123771667, 0.0750647559762001], [0.08795969933271408, 0.6318399906158447]],
}


@pytest.mark.hub
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-4), ("bfloat16", 4e-3)])
@pytest.mark.parametrize("size", GOLDEN)
def test_the_model_cards_scores_come_out(size, dtype, tolerance):
    encoder = Qwen3Encoder(model=size, dtype=dtype)
    queries = encoder.encode_query(["What is the capital of China?", "Explain gravity"])
    scores = encoder.similarity(queries, encoder.encode_document(GOLDEN_DOCUMENTS))
    np.testing.assert_allclose(scores, GOLDEN[size], atol=tolerance)
    encoder.unload()
