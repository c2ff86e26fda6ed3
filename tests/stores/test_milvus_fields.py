"""What Milvus's fields take, without an engine; test_milvus.py has the real one."""

from __future__ import annotations

from typing import Any

import pytest
from pymilvus import DataType

from qwen3_embed_integrations import ConfigError
from qwen3_embed_integrations.stores.milvus_fields import check_keys, check_lengths, check_primary

PK = {"name": "pk", "type": DataType.VARCHAR, "params": {"max_length": 8}}
TOPIC: dict[str, Any] = {"name": "topic", "type": DataType.VARCHAR, "params": {"max_length": 4}}


def test_lengths_are_counted_in_bytes() -> None:
    check_lengths([PK], "pk", ["12345678", "ééëë"], "Id")
    with pytest.raises(ConfigError, match=r"Id 1 has 9 bytes, and the field 'pk' takes 8"):
        check_lengths([PK], "pk", ["a", "机器学"], "Id")
    check_lengths([], "text", ["a" * 65_535], "Document")


def test_a_primary_key_is_text_and_the_callers() -> None:
    check_primary({"fields": [PK]}, "pk", "It")
    for description in (
        {"fields": [PK], "auto_id": True},
        {"fields": []},
        {"fields": [{**PK, "type": DataType.INT64}]},
    ):
        with pytest.raises(ConfigError, match=r"makes its own ids|has no text ids"):
            check_primary(description, "pk", "It")


def test_a_key_needs_a_field_and_a_field_a_value() -> None:
    fixed = {"fields": [PK, TOPIC]}
    check_keys(fixed, [{"topic": "a"}], {"pk"}, "It")
    check_keys({**fixed, "enable_dynamic_field": True}, [{"topic": "a", "year": 1}], {"pk"}, "It")
    check_keys({"fields": [PK, {**TOPIC, "nullable": True}]}, [{}], {"pk"}, "It")
    check_keys({"fields": [PK, {**TOPIC, "default_value": "a"}]}, [{}], {"pk"}, "It")
    for metadata, said in (({"topic": "a", "year": 1}, "metadata year"), ({"pk": 1}, "metadata pk"), ({}, "for topic")):
        with pytest.raises(ConfigError, match=said):
            check_keys(fixed, [metadata], {"pk"}, "It")
