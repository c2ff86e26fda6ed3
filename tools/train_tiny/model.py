"""The model to train: a small real ``Qwen3Model`` that starts as a weighed mean of trained token vectors."""

from __future__ import annotations

import torch
from transformers import PreTrainedTokenizerBase, Qwen3Config, Qwen3Model
from transformers.models.qwen3.modeling_qwen3 import Qwen3Attention

from .position_weights import HEAD_DIM, LEAD_SHARE, MEAN_SHARE, ROPE_THETA, patterns

END_TOKEN = "<|endoftext|>"  # noqa: S105 - a token of text, no secret
CHAT_END_TOKEN = "<|im_end|>"  # noqa: S105 - a token of text, no secret
HIDDEN_SIZE = 256
INTERMEDIATE_SIZE = 512
N_HEADS = HIDDEN_SIZE // HEAD_DIM
MAX_LENGTH = 8192
CARRIER = HIDDEN_SIZE - 1
_CARRIER_LENGTH = 64.0
_VECTOR_LENGTH = 8.0
_END_LENGTH = 4e-3
_NORM = 8.0
_NORM_OF_MEANS = 2.5
_COPY = _CARRIER_LENGTH / (HIDDEN_SIZE**0.5 * _NORM)
_QUERY_NORM = 0.01
_PATTERN_SCALE = 3.0


def build_model(tokenizer: PreTrainedTokenizerBase, token_vectors: torch.Tensor) -> Qwen3Model:
    """Return a model whose last token already holds the weighed mean of the text's token vectors.

    In the first layer every token looks at places, as `position_weights` tells; in the second the end token takes
    the mean, with attention that starts nearly uniform. The feed-forward outputs start at zero. So that
    RMSNorm keeps the tokens' lengths, which weigh them, the last dimension carries a constant much longer
    than any vector; the final norm leaves it out. The norms' weights bring what the layers read to about
    one a dimension.

    Args:
        tokenizer: The pruned tokenizer.
        token_vectors: ``[vocab, 256]``, as `token_vectors` trains them.
    """
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=HIDDEN_SIZE,
        num_hidden_layers=2,
        num_attention_heads=N_HEADS,
        num_key_value_heads=N_HEADS,
        head_dim=HEAD_DIM,
        intermediate_size=INTERMEDIATE_SIZE,
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
        _set_embeddings(model, token_vectors.float() * (_VECTOR_LENGTH / token_vectors.norm(dim=-1).mean()))
        model.norm.weight[CARRIER] = 0.0
        for layer, share in zip(model.layers, (LEAD_SHARE, MEAN_SHARE), strict=True):
            for norm in (layer.input_layernorm, layer.post_attention_layernorm):
                norm.weight.fill_(_NORM)
                norm.weight[CARRIER] = 1 / HIDDEN_SIZE**0.5
            for linear in (layer.self_attn.q_proj, layer.self_attn.k_proj, layer.mlp.gate_proj, layer.mlp.up_proj):
                linear.weight.normal_(0.0, HIDDEN_SIZE**-0.5)
            layer.self_attn.q_norm.weight.fill_(_QUERY_NORM)
            layer.mlp.down_proj.weight.zero_()
            _copy(layer.self_attn, share)
        _look_at_places(model.layers[0].self_attn)
        model.layers[-1].post_attention_layernorm.weight[:CARRIER] = _NORM_OF_MEANS  # means are longer than tokens
    return model


def _set_embeddings(model: Qwen3Model, vectors: torch.Tensor) -> None:
    weight = model.embed_tokens.weight
    weight.copy_(vectors)
    # The end token alone is what an empty text holds: a row of zeros could not be normalised.
    weight[model.config.pad_token_id] = _END_LENGTH * torch.nn.functional.normalize(vectors.mean(0), dim=-1)
    weight[:, CARRIER] = _CARRIER_LENGTH


def _look_at_places(attention: Qwen3Attention) -> None:
    """Let all heads hold the same queries and keys everywhere, so that only rotation tells places apart.

    Training can bend them: the pattern is a few times as large as what the tokens add to it.
    """
    for linear, norm, pattern in zip(
        (attention.q_proj, attention.k_proj), (attention.q_norm, attention.k_norm), patterns(), strict=True
    ):
        wanted = torch.from_numpy(pattern).float()
        linear.weight.zero_()
        linear.weight[:, CARRIER] = _PATTERN_SCALE * (wanted / wanted.square().mean().sqrt()).repeat(N_HEADS)
        norm.weight.fill_(wanted.square().mean().sqrt())


def _copy(attention: Qwen3Attention, share: float) -> None:
    """Let each head's values carry its 64 of the dimensions to the output."""
    attention.v_proj.weight.copy_(torch.eye(HIDDEN_SIZE) * _COPY)
    attention.v_proj.weight[:, CARRIER] = 0.0
    attention.o_proj.weight.copy_(torch.eye(HIDDEN_SIZE) * share)
