"""Every error of the package, in one tree.

    Qwen3EmbedError
    ├── ConfigError (ValueError)              an option has an unknown name, a wrong type or a value out of range
    ├── InputTypeError (TypeError)            the input is not a sequence of str
    ├── InputEncodingError (ValueError)       a text for a store has no UTF-8 form
    ├── EmptyInputError (ValueError)          the list of texts is empty and the store needs at least one
    ├── TextTooLongError (ValueError)         a text exceeds max_length and on_overflow is "error"
    ├── HostNotAllowedError (PermissionError) a stored config names a server that this process did not allow
    ├── MissingExtraError (ImportError)       an optional dependency is not installed
    ├── ModelNotFoundError (FileNotFoundError) there is no such folder or model
    ├── HubUnavailableError (ConnectionError) the model hub can't be reached
    ├── CheckpointError (ValueError)          a model folder is corrupt or not a Qwen3 embedding model
    ├── SpaceMismatchError (ValueError)       stored embeddings belong to another vector space
    ├── NonFiniteError (ArithmeticError)      an embedding is NaN or infinite even in float32
    ├── EncoderClosedError (RuntimeError)     the encoder was closed while the call was waiting
    ├── OverloadedError (RuntimeError)        more calls are waiting than max_waiting_calls allows
    ├── PartialWriteError (RuntimeError)      a store accepted the first documents, then failed
    ├── RemoteError (RuntimeError)            a remote embedding server failed
    │   ├── RemoteUnavailableError (ConnectionError) the server can't be reached, or keeps failing
    │   ├── RemoteTimeoutError (TimeoutError) the server did not answer within the deadline
    │   ├── RemoteRefusedError (ValueError)   the server rejected the request: key, model, path or an option
    │   └── RemoteAnswerError (ValueError)    the response is not the embeddings that were requested
    ├── BM25IndexError (OSError)              the file of a BM25 index can't be read or written
    ├── DataFileError (ValueError)            a file of training data or relevance judgements is malformed
    ├── TrainingError (RuntimeError)          training can't start, continue or finish
    └── RagError (RuntimeError)               the RAG application can't read, index or answer

Each class also inherits the builtin exception that it refines, so that ``except ValueError`` keeps working.
A message says what was found, what was expected and what to do.
"""

from __future__ import annotations

import copy
import difflib
from collections.abc import Iterable

from .safe_text import safe_text

EXIT_INTERRUPTED = 130
"""Exit code of a command ended by Ctrl-C: 128 + SIGINT, the convention of shells."""


class Qwen3EmbedError(Exception):
    """Base class of every exception that this package raises deliberately.

    A message quotes file names, configs, servers and documents. Whatever they hold, it acts on no terminal: control,
    bidirectional and invisible characters are escaped as in `safe_text`; line feeds and tabs stay.
    """

    def __init__(self, *arguments: object) -> None:
        super().__init__(*(safe_text(one, keep="\n\t") if isinstance(one, str) else one for one in arguments))


class ConfigError(Qwen3EmbedError, ValueError):
    """An option has an unknown name, a wrong type or a value out of range."""


class InputTypeError(Qwen3EmbedError, TypeError):
    """The texts are not a sequence of `str`; the message names the index."""


class InputEncodingError(Qwen3EmbedError, ValueError):
    """A text that goes into a store holds a lone surrogate, which UTF-8 can't encode; the message names the index."""


class EmptyInputError(Qwen3EmbedError, ValueError):
    """The list of texts is empty, and the store does not accept an empty list."""


class TextTooLongError(Qwen3EmbedError, ValueError):
    """A text is longer than `max_length` tokens and `on_overflow` is "error"."""


class HostNotAllowedError(Qwen3EmbedError, PermissionError):
    """A stored config names a server, or a variable with its API key, that this process did not allow."""


class MissingExtraError(Qwen3EmbedError, ImportError):
    """An optional dependency is missing; the message contains the pip command that installs it."""


class ModelNotFoundError(Qwen3EmbedError, FileNotFoundError):
    """The model is neither a local folder nor on the hub."""


class HubUnavailableError(Qwen3EmbedError, ConnectionError):
    """The model hub can't be reached and the model is not in the local cache."""


class CheckpointError(Qwen3EmbedError, ValueError):
    """A model folder is corrupt, incomplete, unsafe, or not a Qwen3 embedding model."""


class SpaceMismatchError(Qwen3EmbedError, ValueError):
    """The stored embeddings and this encoder belong to different vector spaces."""


class NonFiniteError(Qwen3EmbedError, ArithmeticError):
    """An embedding is NaN or infinite even when computed in float32."""


class EncoderClosedError(Qwen3EmbedError, RuntimeError):
    """The encoder was closed before it could compute the embeddings."""


class OverloadedError(Qwen3EmbedError, RuntimeError):
    """`max_waiting_calls` calls are already waiting for the model; this one was not started."""


class PartialWriteError(Qwen3EmbedError, RuntimeError):
    """A store accepted the first documents, then failed.

    Attributes:
        n_written: Number of documents, counted from the first, that are in the store.
    """

    def __init__(self, message: str, n_written: int) -> None:
        super().__init__(message)
        self.n_written = n_written


class RemoteError(Qwen3EmbedError, RuntimeError):
    """A remote embedding server (`backend="remote"`) failed; the message names the server and quotes its response."""


class RemoteUnavailableError(RemoteError, ConnectionError):
    """The server can't be reached, or still fails after all retries."""


class RemoteTimeoutError(RemoteError, TimeoutError):
    """The server did not answer within `deadline_s`."""


class RemoteRefusedError(RemoteError, ValueError):
    """The server rejected the request (4xx): its key, model, path or an option."""


class RemoteAnswerError(RemoteError, ValueError):
    """The server's response is not the embeddings that were requested; all of it was discarded."""


class BM25IndexError(Qwen3EmbedError, OSError):
    """The file of a BM25 index can't be read or written: it is locked, its disk is full, or access is denied."""


class DataFileError(Qwen3EmbedError, ValueError):
    """A file of training data, texts or relevance judgements is malformed; the message names the file and lines."""


class TrainingError(Qwen3EmbedError, RuntimeError):
    """Training can't start, continue or finish; no model folder was written."""


class RagError(Qwen3EmbedError, RuntimeError):
    """The RAG application can't read a document, open an index or write an answer."""


class TruncationWarning(UserWarning):
    """Texts were truncated to `max_length` tokens; the message says which ones and how much they lost."""


class CheckpointWarning(UserWarning):
    """A model folder loads, but its embeddings may be poor; the message says why."""


def missing_extra(package: str, extra: str) -> MissingExtraError:
    """Return the error for a missing optional `package` that installing the extra `extra` provides."""
    return MissingExtraError(
        f'The package {package!r} is not installed. Run: pip install "qwen3-embed-integrations[{extra}]"'
    )


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return " Did you mean 'x'?" for the closest known name, or "" if none is close."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" Did you mean {near[0]!r}?" if near else ""


def copy_exception(error: BaseException) -> BaseException:
    """Return an exception of the same type and message, with the original as its cause.

    Callers that share one failure each raise their own copy, so that tracebacks and notes do not accumulate on a
    shared object. Return the exception itself if it can't be copied.
    """
    try:
        made = copy.copy(error)
    except Exception:  # noqa: BLE001 - the constructor's arguments differ from the stored ones
        return error
    if type(made) is not type(error) or str(made) != str(error):
        return error
    if hasattr(error, "__notes__"):
        made.__notes__ = list(error.__notes__)
    made.__cause__ = error
    return made
