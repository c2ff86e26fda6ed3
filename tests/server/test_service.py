"""Nothing is answered before the models are loaded."""

import pytest

from qwen3_embed_integrations import EncoderConfig
from qwen3_embed_integrations.server.errors import ApiError
from qwen3_embed_integrations.server.options import ServeOptions
from qwen3_embed_integrations.server.service import Service, new_id


def test_a_service_is_not_ready_before_its_models_are():
    service = Service(EncoderConfig(model="tiny"), ServeOptions())
    with pytest.raises(ApiError, match="loading") as caught:
        service.require_ready()
    assert (caught.value.status, caught.value.headers["Retry-After"]) == (503, "2")
    service.models.is_ready = True
    service.require_ready()


def test_ids_are_new():
    assert new_id("embed") != new_id("embed")
