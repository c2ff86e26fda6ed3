"""The options of an export."""

import typing

import pytest
from pydantic import ValidationError

from qwen3_embed_integrations.export.options import BOUNDS, ExportOptions, WeightsDtype


def test_every_dtype_has_a_bound_and_fewer_bits_a_wider_one():
    assert tuple(BOUNDS) == typing.get_args(WeightsDtype)
    assert list(BOUNDS.values()) == sorted(BOUNDS.values())


def test_an_unknown_dtype_is_refused():
    with pytest.raises(ValidationError, match=r"'float32', 'float16', 'int8', 'int8_blocks' or 'int4'"):
        ExportOptions(weights_dtype="int2")
