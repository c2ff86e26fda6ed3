"""psycopg and pgvector, or the error that says how to install them."""

from qwen3_embed_integrations.core.errors import missing_extra

try:
    import psycopg
    from pgvector.psycopg import register_vector
    from psycopg import sql
except ImportError as error:
    raise missing_extra("psycopg and pgvector", "pgvector") from error

__all__ = ["psycopg", "register_vector", "sql"]
