"""Qwen3-Embedding in LangChain, LlamaIndex, Haystack and Chroma: one encoder, one vector space.

The face: importing it loads neither torch nor any framework.
"""

from .core.catalog import MODELS, PublishedModel
from .core.config import EncoderConfig
from .core.consent import allow_host
from .core.errors import (
    CheckpointError,
    ConfigError,
    DataFileError,
    EmptyInputError,
    EncoderClosedError,
    HostNotAllowedError,
    HubUnavailableError,
    InputTypeError,
    MissingExtraError,
    ModelNotFoundError,
    NonFiniteError,
    OverloadedError,
    PartialWriteError,
    Qwen3EmbedError,
    RemoteAnswerError,
    RemoteError,
    RemoteRefusedError,
    RemoteTimeoutError,
    RemoteUnavailableError,
    SpaceMismatchError,
    TextTooLongError,
    TrainingError,
    TruncationWarning,
)
from .core.prompts import TASKS, Task
from .core.results import Encoded, RenderedQuery, Truncation
from .core.vector_space import VectorSpace
from .encoder import Qwen3Encoder, load_encoder

__version__ = "0.1.0"

__all__ = [
    "MODELS",
    "TASKS",
    "CheckpointError",
    "ConfigError",
    "DataFileError",
    "EmptyInputError",
    "Encoded",
    "EncoderClosedError",
    "EncoderConfig",
    "HostNotAllowedError",
    "HubUnavailableError",
    "InputTypeError",
    "MissingExtraError",
    "ModelNotFoundError",
    "NonFiniteError",
    "OverloadedError",
    "PartialWriteError",
    "PublishedModel",
    "Qwen3EmbedError",
    "Qwen3Encoder",
    "RemoteAnswerError",
    "RemoteError",
    "RemoteRefusedError",
    "RemoteTimeoutError",
    "RemoteUnavailableError",
    "RenderedQuery",
    "SpaceMismatchError",
    "Task",
    "TextTooLongError",
    "TrainingError",
    "Truncation",
    "TruncationWarning",
    "VectorSpace",
    "__version__",
    "allow_host",
    "load_encoder",
]
