"""The options of the command have limits, and those of a table are among them."""

import pytest
from pydantic import ValidationError

from qwen3_embed_integrations.bulk import BulkOptions
from qwen3_embed_integrations.bulk.options import TableOptions


@pytest.mark.parametrize(
    "given", [{"shard_records": 0}, {"workers": 0}, {"role": "answer"}, {"precision": "int8"}, {"x": 1}]
)
def test_an_unfit_option_is_refused(given):
    with pytest.raises(ValidationError):
        BulkOptions(**given)


def test_a_run_has_every_option_of_a_table():
    assert TableOptions.model_fields.keys() < BulkOptions.model_fields.keys()
