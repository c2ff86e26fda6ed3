"""What the fields of a Milvus collection would reject halfway, or drop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qwen3_embed_integrations.core.errors import ConfigError, missing_extra

try:
    from pymilvus import DataType
except ImportError as error:
    raise missing_extra("pymilvus", "milvus") from error

MOST_BYTES = 65_535
"""Of a VARCHAR."""


def check_lengths(fields: Sequence[Mapping[str, Any]], name: str, values: Sequence[str], what: str) -> None:
    """Raise ConfigError if a value is longer than its field, which Milvus counts in bytes."""
    field = next((one for one in fields if one["name"] == name), {})
    limit = int(field.get("params", {}).get("max_length", MOST_BYTES))
    for index, value in enumerate(values):
        size = len(value.encode())
        if size > limit:
            raise ConfigError(
                f"{what} {index} has {size:,} bytes, and the field {name!r} takes {limit:,}. Shorten it, or make the "
                "field longer. Nothing was written."
            )


def check_primary(description: Mapping[str, Any], primary: str, where: str) -> None:
    """Raise ConfigError if the primary key is made by Milvus, or is no text."""
    if description.get("auto_id"):
        raise ConfigError(f"{where} makes its own ids, so nothing could be replaced. Make it with auto_id=False.")
    field = next((one for one in description["fields"] if one["name"] == primary), None)
    if field is None or field["type"] != DataType.VARCHAR:
        raise ConfigError(f"{where} has no text ids in a field {primary!r}. Make it by MilvusHandle(…).create.")


def check_keys(
    description: Mapping[str, Any], metadatas: Sequence[Mapping[str, Any]], reserved: set[str], where: str
) -> None:
    """Raise ConfigError if a key of the metadata has no field, or a field that needs a value has none.

    Args:
        description: Of the collection.
        metadatas: One a document; each key is a field.
        reserved: Fields that hold no metadata.
        where: Name of the collection, for the message.
    """
    keys = {str(key) for one in metadatas for key in one}
    own = {field["name"]: field for field in description["fields"] if field["name"] not in reserved}
    wrong = reserved & keys
    if not description.get("enable_dynamic_field"):
        wrong |= keys - set(own) - reserved
    if wrong:
        raise ConfigError(
            f"{where} has no fields for the metadata {', '.join(sorted(wrong))}. Nothing was "
            "written. Make it with enable_dynamic_field=True, or leave these keys out."
        )
    needed = [name for name, field in own.items() if not field.get("nullable") and "default_value" not in field]
    for index, metadata in enumerate(metadatas):
        missing = [name for name in needed if metadata.get(name) is None]
        if missing:
            raise ConfigError(
                f"Metadata {index} has no value for {', '.join(missing)}, which {where} needs. Nothing was written."
            )
