"""psycopg without pgvector's types is an extra that is missing, too."""

from __future__ import annotations

from processes import in_a_fresh_process


def test_either_package_missing_names_the_extra() -> None:
    code = (
        "import sys; sys.modules['pgvector'] = None\n"
        "from qwen3_embed_integrations import MissingExtraError\n"
        "try:\n    import qwen3_embed_integrations.stores.pgvector_sql\n"
        "except MissingExtraError as error:\n    print(error)"
    )
    assert in_a_fresh_process(code).endswith('pip install "qwen3-embed-integrations[pgvector]"')
