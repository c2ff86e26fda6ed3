"""A stock reranker is swapped by changing one line: its keywords are understood, or refused by name."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
import torch
from haystack_integrations.components.rankers.sentence_transformers import SentenceTransformersSimilarityRanker
from llama_index.core.postprocessor import SentenceTransformerRerank
from sentence_transformers import CrossEncoder

from qwen3_embed_integrations import ConfigError, Qwen3Reranker, RerankerConfig, load_reranker
from qwen3_embed_integrations.core.reranker_keywords import translate_reranker_keywords, with_reranker
from qwen3_embed_integrations.core.stock_options import StockRerankerOptions
from qwen3_embed_integrations.haystack import Qwen3Ranker
from qwen3_embed_integrations.langchain import Qwen3CrossEncoder
from qwen3_embed_integrations.langchain import Qwen3Rerank as LangChainRerank
from qwen3_embed_integrations.llama_index import Qwen3Rerank as LlamaIndexRerank

PREFIX = "<|im_start|>system\nJudge …<|im_end|>\n<|im_start|>user\n<Instruct>: Find the law\n<Query>: "
SUFFIX = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"


def options(**keywords: Any) -> dict[str, Any]:
    """What the keywords mean: the options that differ from their defaults."""
    return RerankerConfig(**keywords).to_options()


@pytest.mark.parametrize(
    ("keywords", "meant"),
    [
        ({"model_name": "4B"}, {"model": "Qwen/Qwen3-Reranker-4B"}),
        ({"model_name_or_path": "4B", "model": "Qwen/Qwen3-Reranker-4B"}, {"model": "Qwen/Qwen3-Reranker-4B"}),
        ({"max_length": 512, "device": None}, {"max_length": 512}),
        ({"max_length": None, "activation_fn": None, "num_labels": 1}, {}),
        ({"activation_fn": torch.nn.Sigmoid()}, {}),
        ({"activation_fn": torch.nn.Sigmoid}, {}),
        ({"cache_dir": "models", "batch_size": 4, "trust_remote_code": False}, {"cache_folder": "models"}),
        ({"prompts": {"query": "Find the law"}, "default_prompt_name": "query"}, {"instruction": "Find the law"}),
        ({"prompts": None}, {}),
        ({"query_prefix": PREFIX, "query_suffix": "\n"}, {"instruction": "Find the law"}),
        ({"query_prefix": PREFIX.partition("user\n")[2]}, {"instruction": "Find the law"}),
        ({"document_prefix": "<Document>: ", "document_suffix": SUFFIX}, {}),
        ({"query_prefix": "", "document_prefix": "", "calibration_factor": 1.0}, {}),
        ({"dtype": torch.bfloat16}, {"dtype": "bfloat16"}),
        ({"model_kwargs": {"device": "cpu", "torch_dtype": torch.float32}}, {"device": "cpu", "dtype": "float32"}),
        ({"model_kwargs": {"model_kwargs": {"dtype": "int8", "attn_implementation": "sdpa"}}}, {"dtype": "int8"}),
        ({"tokenizer_kwargs": {"model_max_length": 600}, "config_kwargs": {}}, {"max_length": 600}),
        ({"show_progress_bar": True}, {"show_progress": True}),
    ],
    ids=str,
)
def test_a_stock_keyword_means_an_option(keywords: dict[str, Any], meant: dict[str, Any]) -> None:
    assert options(**keywords) == meant


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"trust_remote_code": True}, "trust_remote_code=True: code of a checkpoint is never run"),
        ({"activation_fn": torch.nn.Identity()}, "activation_fn=Identity: .*scale="),
        ({"num_labels": 3}, "num_labels=3: scores are one number"),
        ({"calibration_factor": 2.0}, "calibration_factor=2.0"),
        ({"query_prefix": "query: "}, "query_prefix='query: ': .*instruction="),
        ({"document_prefix": "passage: "}, "document_prefix='passage: '"),
        ({"document_suffix": "."}, r"document_suffix='\.'"),
        ({"prompts": {"query": "a", "sts": "b"}}, r"prompts names \['query', 'sts'\]"),
        ({"default_prompt_name": "sts"}, "default_prompt_name='sts'"),
        ({"model_kwargs": {"quantization_config": 1}}, r"model_kwargs\['quantization_config'\] is not understood"),
        ({"prompts": {"query": "a"}, "instruction": "b"}, "are one option"),
        ({"model_name": "4B", "model": "8B"}, "model_name='4B' and model='8B' are one option"),
        ({"modules": [1]}, "modules="),
        ({"backend": "openvino"}, "no such backend"),
    ],
    ids=str,
)
def test_a_value_that_means_something_else_is_refused_by_name(keywords: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        RerankerConfig(**keywords)


def test_a_changed_copy_understands_them_too() -> None:
    assert RerankerConfig(max_length=128).replace(max_seq_length=64).max_length == 64


def test_every_typed_keyword_is_understood() -> None:
    names = StockRerankerOptions.__annotations__
    assert {name for name in names if translate_reranker_keywords({name: None}).get(name) is None} == set(names)


@pytest.mark.parametrize(
    ("ours", "stock", "own"),
    [
        (Qwen3Reranker, CrossEncoder, {"self", "kwargs"}),
        (LlamaIndexRerank, SentenceTransformerRerank, {"self", "model"}),
        (Qwen3Ranker, SentenceTransformersSimilarityRanker, {"self", "model"}),
    ],
    ids=["CrossEncoder", "SentenceTransformerRerank", "SentenceTransformersSimilarityRanker"],
)
def test_every_keyword_of_a_stock_class_with_its_default_is_accepted_or_refused_by_name(
    ours: Any, stock: Any, own: set[str]
) -> None:
    tried = 0
    for name, parameter in inspect.signature(stock.__init__).parameters.items():
        if name in own or parameter.default is parameter.empty:
            continue
        tried += 1
        try:
            ours(**{name: parameter.default})
        except ConfigError as error:
            assert str(error).startswith(f"{name}=")  # noqa: PT017 - most defaults are accepted
    assert tried >= 4


def test_a_models_name_is_accepted_by_position_where_the_stock_class_takes_it() -> None:
    assert Qwen3Reranker("4B").config.model == "Qwen/Qwen3-Reranker-4B"
    assert load_reranker("4B", max_length=64).config.max_length == 64
    assert with_reranker("4B", {"model_name": "Qwen/Qwen3-Reranker-4B"})["model"] == "Qwen/Qwen3-Reranker-4B"
    with pytest.raises(ConfigError, match="'4B' by position and '8B' by keyword"):
        Qwen3Reranker("4B", model="8B")


def test_a_name_in_any_integration_is_the_same_model() -> None:
    hub_name = "Qwen/Qwen3-Reranker-4B"
    assert LangChainRerank(model_name="4B").model == hub_name
    assert LlamaIndexRerank(model_name_or_path="4B", trust_remote_code=False).model == hub_name
    assert Qwen3Ranker(model_name="4B", batch_size=2, query_prefix="").config.model == hub_name
    assert Qwen3CrossEncoder(model_name="4B", model_kwargs={"device": "cpu"}).reranker.config.model == hub_name
