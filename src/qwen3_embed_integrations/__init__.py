"""Qwen3-Embedding and Qwen3-Reranker in LangChain, LlamaIndex, Haystack and Chroma: one encoder, one vector space.

The face: importing it loads neither torch nor any framework, and what few programs use is loaded at its first use.
"""

from typing import TYPE_CHECKING

from .core.catalog import MODELS, RERANKERS, PublishedModel
from .core.config import EncoderConfig
from .core.consent import allow_host
from .core.encoder_options import EncoderOptions
from .core.errors import (
    BM25IndexError,
    CheckpointError,
    CheckpointWarning,
    ConfigError,
    DataFileError,
    EmptyInputError,
    EncoderClosedError,
    HostNotAllowedError,
    HubUnavailableError,
    InputEncodingError,
    InputTypeError,
    MissingExtraError,
    ModelNotFoundError,
    NonFiniteError,
    OverloadedError,
    PartialWriteError,
    Qwen3EmbedError,
    RagError,
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
from .core.lazy_names import lazy_names
from .core.model_info import ModelInfo
from .core.prompts import TASKS, Task
from .core.protocols import Backend, EmbedRequest, Tokenizer
from .core.results import Encoded, RenderedQuery, Truncation
from .core.types import RawEmbeddings
from .core.vector_space import VectorSpace
from .encoder import Qwen3Encoder, load_encoder

if TYPE_CHECKING:
    from .core.quantization import Quantizer
    from .core.ranking import Ranked
    from .core.rerank_request import RerankRequest
    from .core.reranker_config import RerankerConfig
    from .core.reranker_options import RerankerOptions
    from .hybrid import BM25Index, HybridHit, HybridRetriever, IndexChanges, ScoredDocument
    from .reranker import Qwen3Reranker, load_reranker

__version__ = "0.1.0"

__all__ = [
    "MODELS",
    "RERANKERS",
    "TASKS",
    "BM25Index",
    "BM25IndexError",
    "Backend",
    "CheckpointError",
    "CheckpointWarning",
    "ConfigError",
    "DataFileError",
    "EmbedRequest",
    "EmptyInputError",
    "Encoded",
    "EncoderClosedError",
    "EncoderConfig",
    "EncoderOptions",
    "HostNotAllowedError",
    "HubUnavailableError",
    "HybridHit",
    "HybridRetriever",
    "IndexChanges",
    "InputEncodingError",
    "InputTypeError",
    "MissingExtraError",
    "ModelInfo",
    "ModelNotFoundError",
    "NonFiniteError",
    "OverloadedError",
    "PartialWriteError",
    "PublishedModel",
    "Quantizer",
    "Qwen3EmbedError",
    "Qwen3Encoder",
    "Qwen3Reranker",
    "RagError",
    "Ranked",
    "RawEmbeddings",
    "RemoteAnswerError",
    "RemoteError",
    "RemoteRefusedError",
    "RemoteTimeoutError",
    "RemoteUnavailableError",
    "RenderedQuery",
    "RerankRequest",
    "RerankerConfig",
    "RerankerOptions",
    "ScoredDocument",
    "SpaceMismatchError",
    "Task",
    "TextTooLongError",
    "Tokenizer",
    "TrainingError",
    "Truncation",
    "TruncationWarning",
    "VectorSpace",
    "__version__",
    "allow_host",
    "load_encoder",
    "load_reranker",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "BM25Index": "hybrid",
        "HybridHit": "hybrid",
        "HybridRetriever": "hybrid",
        "IndexChanges": "hybrid",
        "Quantizer": "core.quantization",
        "Qwen3Reranker": "reranker",
        "Ranked": "core.ranking",
        "RerankRequest": "core.rerank_request",
        "RerankerConfig": "core.reranker_config",
        "RerankerOptions": "core.reranker_options",
        "ScoredDocument": "hybrid",
        "load_reranker": "reranker",
    },
)
