"""A stock class is swapped by changing one line: its keywords are understood, or refused by name."""

import inspect

import pytest
import torch
from chromadb.utils.embedding_functions import SentenceTransformerEmbeddingFunction
from sentence_transformers import SentenceTransformer

from qwen3_embed_integrations import ConfigError, EncoderConfig, Qwen3Encoder, load_encoder
from qwen3_embed_integrations.chroma import Qwen3EmbeddingFunction
from qwen3_embed_integrations.core.stock_keywords import translate_stock_keywords
from qwen3_embed_integrations.core.stock_options import StockOptions
from qwen3_embed_integrations.haystack import Qwen3DocumentEmbedder, Qwen3TextEmbedder
from qwen3_embed_integrations.langchain import Qwen3Embeddings
from qwen3_embed_integrations.llama_index import Qwen3Embedding

WEB = "Instruct: Given a question, find the answer\nQuery:"


def options(**keywords):
    """What the keywords mean: the options that differ from their defaults."""
    return EncoderConfig(**keywords).to_options()


@pytest.mark.parametrize(
    ("keywords", "meant"),
    [
        ({"model_name": "tiny"}, {"model": "tiny"}),
        ({"model_name_or_path": "4B"}, {"model": "Qwen/Qwen3-Embedding-4B"}),
        ({"model_name": "4B", "model": "Qwen/Qwen3-Embedding-4B"}, {"model": "Qwen/Qwen3-Embedding-4B"}),
        ({"truncate_dim": 64}, {"dimension": 64}),
        ({"truncate_dim": None}, {}),
        ({"max_seq_length": 512}, {"max_length": 512}),
        ({"max_length": None}, {}),
        ({"device": None}, {}),
        ({"cache_dir": "models"}, {"cache_folder": "models"}),
        ({"query_instruction": WEB}, {"task": "Given a question, find the answer"}),
        ({"query_instruction": "Given a question, find the answer"}, {"task": "Given a question, find the answer"}),
        ({"query_instruction": None}, {}),
        ({"text_instruction": ""}, {"document_task": ""}),
        ({"prefix": "", "suffix": ""}, {}),
        ({"prefix": WEB}, {"task": "Given a question, find the answer"}),
        ({"prefix": WEB + " "}, {"task": "Given a question, find the answer"}),
        (
            {"prompts": {"query": WEB, "document": ""}},
            {"task": "Given a question, find the answer", "document_task": ""},
        ),
        ({"normalize_embeddings": True, "normalize": True, "precision": "float32", "trust_remote_code": False}, {}),
        ({"tokenizer_name": "deprecated", "tokenizer": "deprecated", "quantization_ranges": None, "modules": None}, {}),
        ({"batch_size": 32, "show_progress_bar": True}, {"show_progress": True}),
        ({"dtype": torch.bfloat16}, {"dtype": "bfloat16"}),
        ({"model_kwargs": {"device": "cpu", "torch_dtype": torch.float32}}, {"device": "cpu", "dtype": "float32"}),
        ({"model_kwargs": {"model_kwargs": {"dtype": "int8", "attn_implementation": "sdpa"}}}, {"dtype": "int8"}),
        ({"model_kwargs": {"tokenizer_kwargs": {"padding_side": "left"}}}, {}),
        ({"encode_kwargs": {"normalize_embeddings": True, "batch_size": 8, "truncate_dim": 64}}, {"dimension": 64}),
        ({"encode_kwargs": {"prompt": ""}}, {"document_task": "", "task": ""}),
        (
            {"encode_kwargs": {"prompt": ""}, "query_encode_kwargs": {"prompt": WEB}},
            {"document_task": "", "task": "Given a question, find the answer"},
        ),
        ({"query_encode_kwargs": {"prompt_name": "query"}}, {}),
    ],
    ids=str,
)
def test_a_stock_keyword_means_one_of_our_options(keywords, meant):
    assert options(**keywords) == meant


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"normalize_embeddings": False}, r"normalize_embeddings=False: embeddings always have unit length"),
        ({"normalize": False}, r"normalize=False: .* Leave it out"),
        ({"encode_kwargs": {"normalize_embeddings": False}}, r"encode_kwargs\['normalize_embeddings'\]=False"),
        ({"trust_remote_code": True}, r"trust_remote_code=True: code of a checkpoint is never run"),
        ({"model_kwargs": {"trust_remote_code": True}}, r"model_kwargs\['trust_remote_code'\]=True"),
        ({"precision": "int8"}, r"precision='int8': embeddings are float32"),
        (
            {"tokenizer_name": "bert-base"},
            r"tokenizer_name='bert-base': the tokenizer is the checkpoint's own\. Leave it",
        ),
        ({"quantization_ranges": [[0.0], [1.0]]}, r"quantization_ranges=.*: there is nothing like it here"),
        ({"model_kwargs": "cpu"}, "model_kwargs is str, or holds a value of an unfit type"),
        ({"prompts": "query: "}, "prompts is str"),
        ({"query_instruction": 5}, "query_instruction is int"),
        ({"encode_kwargs": {"prompt": 5}}, "encode_kwargs is dict, or holds a value of an unfit type"),
        ({"suffix": "."}, r"suffix='\.': the end token"),
        ({"multi_process": True}, "multi_process=True"),
        ({"prefix": "query: "}, r"prefix='query: ' is no prompt of Qwen3-Embedding.*task="),
        ({"query_encode_kwargs": {"prompt": "search"}}, r"query_encode_kwargs\['prompt'\]='search' is no prompt"),
        ({"query_encode_kwargs": {"prompt_name": "sts"}}, r"query_encode_kwargs\['prompt_name'\]='sts'"),
        ({"encode_kwargs": {"output_value": "token_embeddings"}}, r"encode_kwargs\['output_value'\] is not understood"),
        ({"prompts": {"sts": WEB}}, "prompts names 'sts'"),
        ({"truncate_dim": 64, "dimension": 128}, "truncate_dim=64 and dimension=128 are one option"),
        ({"model_name": "4B", "model": "8B"}, "model_name='4B' and model='8B' are one option"),
        ({"modules": [1]}, "modules="),
        ({"similarity_fn_name": "euclidean"}, "similarity_fn_name='euclidean'"),
        ({"truncate_dim": 7}, "dimension=7"),
    ],
    ids=str,
)
def test_a_value_that_means_something_else_is_refused_by_name(keywords, message):
    with pytest.raises(ConfigError, match=message):
        EncoderConfig(**keywords)


def test_a_changed_copy_understands_them_too():
    assert EncoderConfig(dimension=128).replace(truncate_dim=64).dimension == 64


def test_the_prefix_of_documents_is_theirs():
    assert translate_stock_keywords({"prefix": WEB}, prefix_of="document") == {
        "document_task": "Given a question, find the answer"
    }


def test_every_typed_keyword_is_understood():
    known = {name for name in StockOptions.__annotations__ if translate_stock_keywords({name: None}).get(name) is None}
    assert known == set(StockOptions.__annotations__)


KNOWN_TO_MEAN_NOTHING_HERE = {"self", "kwargs", "config_kwargs"}


@pytest.mark.parametrize("stock", [SentenceTransformer, SentenceTransformerEmbeddingFunction], ids=lambda c: c.__name__)
def test_every_keyword_of_the_stock_class_with_its_default_is_accepted_or_refused_by_name(stock):
    for name, parameter in inspect.signature(stock.__init__).parameters.items():
        if name in KNOWN_TO_MEAN_NOTHING_HERE or parameter.default is parameter.empty:
            continue
        try:
            EncoderConfig(**{name: parameter.default})
        except ConfigError as error:
            assert str(error).startswith(f"{name}=")  # noqa: PT017 - most defaults are accepted


def test_a_model_name_is_accepted_by_position_where_the_stock_class_takes_it():
    assert Qwen3Encoder("tiny").config.model == "tiny"
    assert load_encoder("tiny", truncate_dim=64).config.dimension == 64
    assert Qwen3Embedding("tiny").model_name == "tiny"
    assert Qwen3EmbeddingFunction("tiny", normalize_embeddings=True).encoder.config.model == "tiny"
    assert Qwen3TextEmbedder("tiny", prefix="").config.model == "tiny"
    embedder = Qwen3DocumentEmbedder("tiny", meta_fields_to_embed=["title"], prefix=WEB)
    assert embedder.config.document_task == "Given a question, find the answer"
    for make in (Qwen3Encoder, Qwen3Embedding, Qwen3EmbeddingFunction, Qwen3TextEmbedder, Qwen3DocumentEmbedder):
        with pytest.raises(ConfigError, match="'4B' by position and '8B' by keyword"):
            make("4B", model="8B")


def test_a_swapped_class_embeds_as_the_encoder_does(checkpoint):
    keywords = {
        "model_name": str(checkpoint),
        "model_kwargs": {"device": "cpu"},
        "encode_kwargs": {"normalize_embeddings": True, "batch_size": 2},
        "query_encode_kwargs": {"prompt": WEB},
    }
    swapped = Qwen3Embeddings(**keywords)
    encoder = Qwen3Encoder(str(checkpoint), task="Given a question, find the answer")
    assert swapped.embed_query("Where?") == encoder.encode_query(["Where?"])[0].tolist()
    assert swapped.embed_documents(["a", "b"]) == encoder.encode_document(["a", "b"]).tolist()
