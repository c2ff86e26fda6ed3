"""The student: a small real ``Qwen3Model`` that starts as a weighed mean of trained token vectors."""

from __future__ import annotations

import torch
from transformers import PreTrainedTokenizerBase, Qwen3Config, Qwen3Model
from transformers.models.qwen3.modeling_qwen3 import Qwen3Attention, Qwen3MLP

from .lead import HEAD_DIM, LEAD_SHARE, MEAN_SHARE, ROPE_THETA, patterns
from .pruned_tokenizer import CHAT_END_TOKEN, END_TOKEN

HIDDEN_SIZE = 256
MAX_LENGTH = 8192
_CARRIER = HIDDEN_SIZE - 1
_CARRIER_LENGTH = 64.0
_VECTOR_LENGTH = 8.0
_END_LENGTH = 4e-3
_NORM = 8.0
_NORM_OF_MEANS = 2.5
_COPY = _CARRIER_LENGTH / (HIDDEN_SIZE**0.5 * _NORM)
_QUERY_NORM = 0.01
_PATTERN_SCALE = 100.0


def build_student(tokenizer: PreTrainedTokenizerBase, token_vectors: torch.Tensor) -> Qwen3Model:
    """Return a student whose last token already holds the weighed mean of the text's token vectors.

    Layers 0 and 1 let every token look at places alone, as `lead` tells, each at one half of the
    dimensions; layers 2 and 3 take the mean of these, with attention that starts nearly uniform (small
    query norms; at 0.2 perlfaq lay 1.5 points below the mean). All other outputs start at zero. So that
    RMSNorm keeps the tokens' lengths, which weigh them, the last dimension carries a constant much
    longer than any vector; the final norm leaves it out. The norms' weights bring what the layers read
    to about one a dimension.

    Args:
        tokenizer: The pruned tokenizer.
        token_vectors: ``[vocab, 256]``, trained by `static.Training`.
    """
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=HIDDEN_SIZE,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=HEAD_DIM,
        intermediate_size=768,
        max_position_embeddings=MAX_LENGTH,
        rope_parameters={"rope_type": "default", "rope_theta": ROPE_THETA},
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.convert_tokens_to_ids(CHAT_END_TOKEN),
        pad_token_id=tokenizer.convert_tokens_to_ids(END_TOKEN),
        use_cache=False,
    )
    model = Qwen3Model(config)
    with torch.no_grad():
        scaled = token_vectors.float() * (_VECTOR_LENGTH / token_vectors.norm(dim=-1).mean())
        _set_embeddings(model, scaled)
        model.norm.weight[_CARRIER] = 0.0
        for number, layer in enumerate(model.layers):
            for norm in (layer.input_layernorm, layer.post_attention_layernorm):
                norm.weight.fill_(_NORM)
                norm.weight[_CARRIER] = 1 / HIDDEN_SIZE**0.5
            attention, feed_forward = layer.self_attn, layer.mlp
            for linear in (attention.q_proj, attention.k_proj, attention.v_proj, *_inner(feed_forward)):
                linear.weight.normal_(0.0, HIDDEN_SIZE**-0.5)
            attention.q_norm.weight.fill_(_QUERY_NORM)
            attention.o_proj.weight.zero_()
            feed_forward.down_proj.weight.zero_()
            looks_at_places = number < 2  # noqa: PLR2004 - two layers for the halves of the dimensions, twice
            if looks_at_places:
                _look_at_places(attention)
            _copy_half(attention, number % 2, LEAD_SHARE if looks_at_places else MEAN_SHARE)
        _read_means(model)
    return model


def _set_embeddings(model: Qwen3Model, vectors: torch.Tensor) -> None:
    weight = model.embed_tokens.weight
    weight.copy_(vectors)
    # The end token alone is what an empty text holds: a row of zeros could not be normalised.
    weight[model.config.pad_token_id] = _END_LENGTH * torch.nn.functional.normalize(vectors.mean(0), dim=-1)
    weight[:, _CARRIER] = _CARRIER_LENGTH


def _read_means(model: Qwen3Model) -> None:
    """Let the layers read means, which are longer than token vectors, as about one a dimension, too.

    Else the last layer's first steps of training drown its half of the dimensions in the other one.
    """
    first, last = model.layers[-2:]
    half = slice(0, HIDDEN_SIZE // 2)
    first.post_attention_layernorm.weight[half] = last.input_layernorm.weight[half] = _NORM_OF_MEANS
    last.post_attention_layernorm.weight[:_CARRIER] = _NORM_OF_MEANS


def _inner(feed_forward: Qwen3MLP) -> tuple[torch.nn.Linear, torch.nn.Linear]:
    return feed_forward.gate_proj, feed_forward.up_proj


def _look_at_places(attention: Qwen3Attention) -> None:
    """Let all heads hold the same queries and keys everywhere, so that only rotation tells places apart.

    The norms take the weights' scale out again. It makes the patterns so large that a few steps of
    training can't bend them: with it the example's fine-tuning gained a little more (at 128 dimensions
    0.477 in place of 0.448).
    """
    for linear, norm, pattern in zip(
        (attention.q_proj, attention.k_proj), (attention.q_norm, attention.k_norm), patterns(), strict=True
    ):
        wanted = torch.from_numpy(pattern).float()
        linear.weight.zero_()
        linear.weight[:, _CARRIER] = _PATTERN_SCALE * wanted.repeat(len(linear.weight) // len(wanted))
        norm.weight.fill_(wanted.square().mean().sqrt())


def _copy_half(attention: Qwen3Attention, half: int, share: float) -> None:
    """Let the two value heads carry 128 of the dimensions to the output, each seen by two query heads."""
    width, head_dim = attention.v_proj.weight.shape[0], attention.head_dim
    attention.v_proj.weight.zero_()
    attention.v_proj.weight[:, half * width : (half + 1) * width] = torch.eye(width) * _COPY
    attention.v_proj.weight[:, _CARRIER] = 0.0
    for head in range(attention.o_proj.weight.shape[1] // head_dim):
        start = half * width + (head // 2) * head_dim
        attention.o_proj.weight[start : start + head_dim, head * head_dim : (head + 1) * head_dim] += (
            torch.eye(head_dim) * share / 2
        )
