"""Qwen3-Embedding as a model of mteb, the benchmark behind the leaderboard.

model         the class that mteb accepts
instructions  the instruction of each task
"""

from qwen3_embed_integrations.core.errors import missing_extra

try:
    from .model import Qwen3MTEBModel
except ModuleNotFoundError as error:
    raise missing_extra(error.name or "mteb", "mteb") from error

__all__ = ["Qwen3MTEBModel"]
