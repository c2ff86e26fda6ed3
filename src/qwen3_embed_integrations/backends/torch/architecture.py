"""The numbers of a Qwen3 model; they are read where no torch is needed."""

from qwen3_embed_integrations.checkpoints.architecture import Qwen3Architecture, is_plain

__all__ = ["Qwen3Architecture", "is_plain"]
