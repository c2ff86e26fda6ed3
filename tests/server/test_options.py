"""The options of the server have limits."""

import pytest
from pydantic import ValidationError

from qwen3_embed_integrations.server import ServeOptions


@pytest.mark.parametrize(
    "given",
    [{"port": 70000}, {"max_body_mb": 0}, {"answer_timeout_s": float("nan")}, {"max_queued_requests": 0}, {"x": 1}],
)
def test_an_unfit_option_is_refused(given):
    with pytest.raises(ValidationError):
        ServeOptions(**given)
