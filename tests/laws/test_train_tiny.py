"""The bundled model's start: what the static training optimises is what the Qwen3 model computes."""

from importlib.resources import files

import pytest
import torch
from tools.train_tiny.lead import token_weights
from tools.train_tiny.student import HIDDEN_SIZE, build_student
from transformers import AutoTokenizer

N_TEXT_DIMENSIONS = HIDDEN_SIZE - 1  # the last one carries a constant


@pytest.fixture(scope="module")
def student():
    tokenizer = AutoTokenizer.from_pretrained(str(files("qwen3_embed_integrations") / "models" / "tiny"))
    torch.manual_seed(0)
    vectors = torch.randn(len(tokenizer), HIDDEN_SIZE) * torch.rand(len(tokenizer), 1)
    return build_student(tokenizer, vectors).eval(), vectors


@pytest.mark.parametrize("n_tokens", [2, 9, 40, 150, 447])
def test_the_first_student_answers_with_the_weighed_mean_of_its_token_vectors(student, n_tokens):
    model, vectors = student
    token_ids = torch.randint(0, 30_000, (n_tokens,))
    with torch.no_grad():
        embedding = model(torch.tensor([[*token_ids.tolist(), model.config.pad_token_id]])).last_hidden_state[0, -1]
    wanted = torch.from_numpy(token_weights(n_tokens)) @ vectors[token_ids]
    cosine = torch.cosine_similarity(embedding[:N_TEXT_DIMENSIONS], wanted[:N_TEXT_DIMENSIONS], dim=0)
    assert cosine > 0.995  # attention in layers 2 and 3 is nearly uniform, not quite: it is to be trained


def test_a_short_text_is_weighed_evenly_and_a_long_one_by_its_beginning():
    short, long = token_weights(30), token_weights(400)
    assert short.max() < 1.5 * short.min()
    assert long[:20].mean() > 2 * long[200:].mean()
