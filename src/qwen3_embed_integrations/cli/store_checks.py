"""`qwen3-embed doctor --store`: what is wrong with a collection of a vector database."""

from __future__ import annotations

from qwen3_embed_integrations import EncoderConfig, load_encoder
from qwen3_embed_integrations.stores.address import open_address
from qwen3_embed_integrations.stores.diagnosis import StoreCheck, diagnose


def check_store(address: str, config: EncoderConfig) -> list[StoreCheck]:
    """Check the collection at an address; with the model's space only if a model was named.

    Raises:
        ConfigError: No such form of an address, or nothing is there.
        MissingExtraError: The engine's client is not installed.
    """
    encoder = load_encoder(config) if "model" in config.model_fields_set else None
    with open_address(address) as handle:
        return diagnose(handle, encoder)
