"""The dimensions of a Qwen3 model, from its config.json; `checkpoints` reads them where no torch is needed."""

from qwen3_embed_integrations.checkpoints.architecture import Qwen3Architecture, is_plain

__all__ = ["Qwen3Architecture", "is_plain"]
