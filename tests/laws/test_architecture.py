"""The house's laws that import-linter does not check."""

import ast
import inspect
import json
import re
from pathlib import Path

import pytest

import qwen3_embed_integrations
from processes import in_a_fresh_process

PACKAGE = Path(qwen3_embed_integrations.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
HAYSTACK_FILES = sorted((PACKAGE.parent / "haystack_integrations/components").glob("*/qwen3/*.py"))

OWNERS = {
    "torch": ("backends/torch/", "export/weights.py", "training/"),
    "transformers": ("backends/torch/", "checkpoints/", "export/run.py", "rag/", "training/"),
    "gguf": ("checkpoints/gguf_file.py",),
    "onnx": ("export/",),
    "onnxruntime": ("backends/onnx/",),
    "openvino": ("backends/onnx/",),
    "tokenizers": ("checkpoints/", "training/"),
    "safetensors": ("backends/torch/", "checkpoints/", "training/"),
    "peft": ("backends/torch/", "training/"),
    "httpx": ("backends/remote/",),
    "tenacity": ("backends/remote/",),
    "huggingface_hub": ("backends/remote/discovery.py", "backends/torch/transformers_model.py", "checkpoints/"),
    "tqdm": ("progress.py", "training/"),
    "cyclopts": ("cli/",),
    "rich": ("cli/", "rag/"),
    "langchain_core": ("langchain/", "rag/"),
    "langchain_chroma": ("rag/",),
    "llama_index": ("llama_index/",),
    "llama_index_instrumentation": ("llama_index/",),
    "haystack": (),  # its components live in haystack_integrations
    "haystack_integrations": ("haystack.py",),
    "chromadb": ("chroma/", "rag/"),
    "faiss": ("stores/",),
    "pgvector": ("stores/",),
    "psycopg": ("stores/",),
    "pymilvus": ("stores/",),
    "qdrant_client": ("stores/",),
    "sentence_transformers": ("training/",),
    "datasets": ("training/",),
    "accelerate": (),  # only sentence-transformers' trainer needs it
    "matplotlib": ("evaluation/",),
    "mteb": ("mteb/",),
    "opentelemetry": ("telemetry/",),
    "pyarrow": ("bulk/", "evaluation/"),
    "ray": ("bulk/ray_executor.py",),
    "starlette": ("server/",),
    "uvicorn": ("server/",),
    "orjson": ("server/",),
    "prometheus_client": ("server/",),
    "psutil": ("training/",),
}
"""Which files may import a third-party package."""


def imported(path):
    """Names of the top-level packages that a file imports anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield (node.module or "").partition(".")[0]


@pytest.mark.parametrize("package", OWNERS)
def test_a_third_party_package_is_imported_only_by_its_owner(package):
    strangers = [
        str(path.relative_to(PACKAGE))
        for path in FILES
        if package in imported(path) and not str(path.relative_to(PACKAGE)).startswith(OWNERS[package])
    ]
    assert strangers == []


def test_the_face_loads_no_torch_and_no_framework():
    heavy = [
        "torch",
        "transformers",
        "sentence_transformers",
        "datasets",
        "matplotlib",
        "langchain_core",
        "llama_index",
        "haystack",
        "chromadb",
        "tokenizers",
        "opentelemetry",
        "mteb",
    ]
    code = f"import qwen3_embed_integrations, sys; print([m for m in {heavy!r} if m in sys.modules])"
    assert in_a_fresh_process(code) == "[]"


def test_the_face_loads_what_every_program_needs_and_no_more():
    code = (
        "import json, sys; before = set(sys.modules); import qwen3_embed_integrations;"  # coverage loads some, too
        "print(json.dumps([name for name in set(sys.modules) - before if not name.startswith(('numpy', 'pydantic'))]))"
    )
    loaded = json.loads(in_a_fresh_process(code))
    assert {"asyncio", "ssl", "sqlite3", "tqdm"} & set(loaded) == set()
    own = [name for name in loaded if name.startswith("qwen3_embed_integrations")]
    assert len(own) <= 40, own
    assert "qwen3_embed_integrations.hybrid" not in own
    assert "qwen3_embed_integrations.reranker" not in own


def test_every_name_of_the_face_is_loaded_at_its_first_use():
    assert set(qwen3_embed_integrations.__all__) <= set(dir(qwen3_embed_integrations))
    for name in qwen3_embed_integrations.__all__:
        assert getattr(qwen3_embed_integrations, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Qwen3Rerankr'"):
        _ = qwen3_embed_integrations.Qwen3Rerankr


def test_describing_a_remote_model_and_asking_its_server_loads_no_torch():
    code = (
        "from qwen3_embed_integrations import Qwen3Encoder, RemoteUnavailableError; import sys\n"
        "encoder = Qwen3Encoder(backend='remote', base_url='http://127.0.0.1:9', max_retries=0)\n"
        "try: encoder.encode_document(['a'])\n"
        "except RemoteUnavailableError: print(encoder.dimension, 'torch' in sys.modules)"
    )
    assert in_a_fresh_process(code) == "1024 False"


def test_the_training_integration_and_the_metrics_load_no_torch():
    code = (
        "import qwen3_embed_integrations.evaluation, sys; from qwen3_embed_integrations import training;"
        "training.TrainingOptions();"
        "print([name for name in ('torch', 'sentence_transformers', 'matplotlib') if name in sys.modules])"
    )
    assert in_a_fresh_process(code) == "[]"


@pytest.mark.parametrize(
    "integration", ["langchain.Qwen3Embeddings", "llama_index.Qwen3Embedding", "chroma.Qwen3EmbeddingFunction"]
)
# not Haystack's: haystack itself imports torch where it finds it
def test_making_an_integration_loads_no_torch(integration):
    module, _, name = integration.partition(".")
    code = (
        f"from qwen3_embed_integrations.{module} import {name}; import sys;"
        f"{name}(model='tiny'); print('torch' in sys.modules)"
    )
    assert in_a_fresh_process(code) == "False"


def test_everything_public_is_documented_and_importable():
    for name in qwen3_embed_integrations.__all__:
        value = getattr(qwen3_embed_integrations, name)
        assert value.__doc__ or not callable(value), name


def test_every_class_that_the_face_returns_is_exported():
    returned = set()
    for name in qwen3_embed_integrations.__all__:
        value = getattr(qwen3_embed_integrations, name)
        own = vars(value).items() if inspect.isclass(value) else []
        members = [value, *(member for label, member in own if not label.startswith("_"))]
        for member in members:
            function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
            shown = str(getattr(function, "__annotations__", {}).get("return", ""))
            returned |= set(re.findall(r"\b[A-Z]\w+", shown))
    foreign = {"Any", "Callable", "FloatArray", "Future", "Iterable", "IntArray", "Literal", "Mapping", "NDArray"}
    foreign |= {"None", "Self"}
    assert returned - foreign <= set(qwen3_embed_integrations.__all__)
    assert {"ModelInfo", "Encoded", "VectorSpace"} <= returned


def test_the_haystack_components_see_the_public_face_only():
    assert HAYSTACK_FILES
    allowed = {"asyncio", "collections", "dataclasses", "inspect", "typing", "__future__", "haystack", "numpy"}
    for path in HAYSTACK_FILES:
        assert set(imported(path)) <= allowed | {"qwen3_embed_integrations"}
        inner = set(re.findall(r"qwen3_embed_integrations\.([\w.]+)", path.read_text(encoding="utf-8")))
        public = {"encoder_options", "reranker_options", "stock_keywords", "stock_options"}  # what keywords are
        known = {f"core.{name}" for name in public | {"document_texts", "hub_token", "inputs", "store_hits", "types"}}
        assert inner <= known | {"chroma.hybrid_retriever", "stores"}  # named in a docstring


@pytest.mark.parametrize("path", [*FILES, *HAYSTACK_FILES], ids=lambda path: str(path.relative_to(PACKAGE.parent)))
def test_a_file_is_one_idea_of_at_most_250_lines(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 250


TABLES = {"encoder_options.py", "reranker_options.py", "stock_options.py"}
"""Typed dictionaries without code: `tests/laws/test_typing.py` and `core/test_stock_keywords.py` check them."""


def test_every_module_has_a_test_file_of_its_name():
    tests = {path.name for path in Path(__file__).parents[1].rglob("test_*.py")}
    modules = {path.name for path in (*FILES, *HAYSTACK_FILES) if not path.name.startswith("__")}
    assert {name for name in modules - TABLES if f"test_{name}" not in tests} == set()


@pytest.mark.parametrize(
    ("integration", "package", "extra"),
    [
        ("langchain", "langchain_core", "langchain"),
        ("llama_index", "llama_index", "llama-index"),
        ("haystack", "haystack", "haystack"),
    ],
)
def test_an_integration_without_its_framework_names_the_extra(integration, package, extra):
    code = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from qwen3_embed_integrations import MissingExtraError\n"
        f"try:\n    import qwen3_embed_integrations.{integration}\nexcept MissingExtraError as error:\n    print(error)"
    )
    assert in_a_fresh_process(code).endswith(f'pip install "qwen3-embed-integrations[{extra}]"')
