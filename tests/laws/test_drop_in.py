"""The stock class itself and ours take the same call: a user changes the import and the name, and nothing else.

The stock packages run here where they install beside everything else. langchain-huggingface asks for an older
huggingface_hub than the rest, so its test makes an environment of its own; it needs a package index:

    pytest -m index tests/laws/test_drop_in.py
"""

import inspect
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from chromadb.utils.embedding_functions import SentenceTransformerEmbeddingFunction
from haystack import Document
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from sentence_transformers import SentenceTransformer

from qwen3_embed_integrations import ConfigError, Qwen3Encoder
from qwen3_embed_integrations.chroma import Qwen3EmbeddingFunction
from qwen3_embed_integrations.haystack import Qwen3DocumentEmbedder, Qwen3TextEmbedder
from qwen3_embed_integrations.llama_index import Qwen3Embedding

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ["Paris is the capital of France.", "Cats sleep all day."]
QUERY = "Where is Paris?"
PROMPT = "Instruct: Given a question, find the answer\nQuery:"


def sentence_transformer(kind, folder):
    model = kind(folder, truncate_dim=32, device="cpu", prompts={"query": PROMPT, "document": ""})
    return model.encode_document(DOCUMENTS), model.encode_query([QUERY])


def llama_index(kind, folder):
    embedding = kind(folder, device="cpu", max_length=512, embed_batch_size=4, query_instruction=PROMPT)
    return embedding.get_text_embedding_batch(DOCUMENTS), [embedding.get_query_embedding(QUERY)]


def haystack_text(kind, folder):
    embedder = kind(model=folder, prefix=PROMPT, batch_size=8, progress_bar=False, normalize_embeddings=True)
    embedder.warm_up()
    return [], [embedder.run(QUERY)["embedding"]]


def haystack_documents(kind, folder):
    embedder = kind(
        model=folder, meta_fields_to_embed=["title"], batch_size=8, progress_bar=False, normalize_embeddings=True
    )
    embedder.warm_up()
    documents = [Document(content=text, meta={"title": "A"}) for text in DOCUMENTS]
    return [document.embedding for document in embedder.run(documents)["documents"]], []


def chroma(kind, folder):
    return kind(model_name=folder, device="cpu", normalize_embeddings=True)(DOCUMENTS), []


CASES = [
    (sentence_transformer, SentenceTransformer, Qwen3Encoder),
    (llama_index, HuggingFaceEmbedding, Qwen3Embedding),
    (haystack_text, SentenceTransformersTextEmbedder, Qwen3TextEmbedder),
    (haystack_documents, SentenceTransformersDocumentEmbedder, Qwen3DocumentEmbedder),
    (chroma, SentenceTransformerEmbeddingFunction, Qwen3EmbeddingFunction),
]


def cosines(ours, stock):
    first, second = np.asarray(ours, dtype=np.float64), np.asarray(stock, dtype=np.float64)
    assert first.shape == second.shape
    return (first * second).sum(axis=1) / np.linalg.norm(first, axis=1) / np.linalg.norm(second, axis=1)


@pytest.mark.parametrize(("call", "stock", "ours"), CASES, ids=lambda one: one.__name__)
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_the_same_call_gives_the_same_embeddings(checkpoint, call, stock, ours):
    for mine, theirs in zip(call(ours, str(checkpoint)), call(stock, str(checkpoint)), strict=True):
        assert len(mine) == len(theirs)
        if len(mine):
            assert cosines(mine, theirs).min() > 0.9999


# What a stock class takes that is its own affair: objects of its framework, or a switch of its own.
OWN = {
    HuggingFaceEmbedding: {"pooling", "model", "target_devices", "parallel_process", "num_workers"},
    SentenceTransformersTextEmbedder: {"token"},
    SentenceTransformersDocumentEmbedder: {"token"},
}


@pytest.mark.parametrize(("call", "stock", "ours"), CASES, ids=lambda one: one.__name__)
def test_every_default_of_the_stock_class_is_accepted_or_refused_by_name(call, stock, ours):
    del call
    n_tried = 0
    for name, parameter in inspect.signature(stock.__init__).parameters.items():
        if parameter.default is parameter.empty or name in OWN.get(stock, set()) or name == "config_kwargs":
            continue
        default = "tiny" if name in {"model", "model_name", "model_name_or_path"} else parameter.default
        n_tried += 1
        try:
            ours(**{name: default})
        except ConfigError as error:
            assert name in str(error), (name, str(error))  # noqa: PT017 - most defaults are accepted
    assert n_tried >= 3


LANGCHAIN = """
import json, sys
from {module} import {kind}
embeddings = {kind}(
    model_name=sys.argv[1],
    model_kwargs={{"device": "cpu"}},
    encode_kwargs={{"normalize_embeddings": True, "batch_size": 2}},
    query_encode_kwargs={{"normalize_embeddings": True, "prompt": {prompt!r}}},
    show_progress=False,
)
print(json.dumps([embeddings.embed_documents({documents!r}), [embeddings.embed_query({query!r})]]))
"""


@pytest.mark.index
@pytest.mark.slow
def test_the_same_call_gives_the_same_embeddings_in_langchain(checkpoint, tmp_path):
    """In an environment over this one, with the huggingface_hub that langchain-huggingface asks for."""
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)  # noqa: S603 - our own command
    (site,) = (tmp_path / "venv" / "lib").glob("python*/site-packages")
    below = [path for path in sys.path if path.endswith("site-packages")]
    (site / "below.pth").write_text("\n".join([str(ROOT / "src"), *below]) + "\n", encoding="utf-8")
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "langchain-huggingface"]
    subprocess.run(install, check=True)  # noqa: S603 - our own command
    found = []
    for module, kind in (
        ("langchain_huggingface", "HuggingFaceEmbeddings"),
        ("qwen3_embed_integrations.langchain", "Qwen3Embeddings"),
    ):
        code = LANGCHAIN.format(module=module, kind=kind, prompt=PROMPT, documents=DOCUMENTS, query=QUERY)
        done = subprocess.run(  # noqa: S603 - our own code
            [str(python), "-c", code, str(checkpoint)], capture_output=True, text=True, check=False
        )
        assert not done.returncode, done.stderr
        found.append(json.loads(done.stdout.splitlines()[-1]))
    for theirs, ours in zip(*found, strict=True):
        assert cosines(ours, theirs).min() > 0.9999
