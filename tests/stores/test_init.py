"""The package's face: what it exports exists and is loaded at its first use."""

from __future__ import annotations

import pytest

from processes import in_a_fresh_process
from qwen3_embed_integrations import stores


def test_everything_exported_is_there_and_documented() -> None:
    for name in stores.__all__:
        assert getattr(stores, name).__doc__, name
    with pytest.raises(AttributeError, match="no attribute 'QdrantHandel'"):
        _ = stores.QdrantHandel


@pytest.mark.parametrize(
    ("handle", "package", "extra"),
    [
        ("QdrantHandle", "qdrant_client", "qdrant"),
        ("MilvusHandle", "pymilvus", "milvus"),
        ("PgvectorHandle", "psycopg", "pgvector"),
        ("FaissHandle", "faiss", "faiss"),
    ],
)
def test_an_engine_that_is_missing_names_its_extra(handle: str, package: str, extra: str) -> None:
    code = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from qwen3_embed_integrations import MissingExtraError, stores\n"
        f"try:\n    stores.{handle}\nexcept MissingExtraError as error:\n    print(error)"
    )
    assert in_a_fresh_process(code).endswith(f'pip install "qwen3-embed-integrations[{extra}]"')
