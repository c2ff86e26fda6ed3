"""Every error of the package, in one tree.

    Qwen3EmbedError
    ├── ConfigError (ValueError)              an option's name, type or range; a task or model nobody knows
    ├── InputTypeError (TypeError)            something that is not a sequence of str
    ├── EmptyInputError (ValueError)          an empty list where a store needs at least one text
    ├── TextTooLongError (ValueError)         a text over max_length with on_overflow="error"
    ├── HostNotAllowedError (PermissionError) a stored config names a server that this process did not allow
    ├── MissingExtraError (ImportError)       an optional dependency is not installed
    ├── ModelNotFoundError (FileNotFoundError) no such folder, no such model
    ├── HubUnavailableError (ConnectionError) the model hub can't be reached
    ├── CheckpointError (ValueError)          a model folder that is corrupt or of another architecture
    ├── SpaceMismatchError (ValueError)       vectors of another vector space
    ├── NonFiniteError (ArithmeticError)      an embedding is NaN or infinite even in float32
    ├── EncoderClosedError (RuntimeError)     the encoder was closed while the call waited
    ├── OverloadedError (RuntimeError)        more calls wait than max_waiting_calls allows
    ├── PartialWriteError (RuntimeError)      a store took some of the documents and then failed
    ├── RemoteError (RuntimeError)            a server that computes for us fails
    │   ├── RemoteUnavailableError (ConnectionError) it can't be reached, or goes on failing
    │   ├── RemoteTimeoutError (TimeoutError) it did not answer within the deadline
    │   ├── RemoteRefusedError (ValueError)   it refuses the request: key, model, path, an option
    │   └── RemoteAnswerError (ValueError)    its answer is not the embeddings that were asked for
    ├── DataFileError (ValueError)            a file of training examples or judgements is malformed
    ├── TrainingError (RuntimeError)          a fine-tuning can't start, go on or end as asked
    └── RagError (RuntimeError)               the RAG integration can't read, index or answer

Each also inherits the builtin that it refines, so that ``except ValueError`` keeps working.
A message says what was found, what was expected and what to do.
"""

from __future__ import annotations

import copy
import difflib
from collections.abc import Iterable

EXIT_INTERRUPTED = 130
"""Exit code of a command that Ctrl-C ended: 128 and the number of SIGINT, as shells have it."""


class Qwen3EmbedError(Exception):
    """Anything that this package raises on purpose."""


class ConfigError(Qwen3EmbedError, ValueError):
    """An option has an unknown name, a wrong type or a value out of range."""


class InputTypeError(Qwen3EmbedError, TypeError):
    """The texts are not a sequence of `str`; the message names the index."""


class EmptyInputError(Qwen3EmbedError, ValueError):
    """A list of texts is empty, and the store at hand takes no empty list."""


class TextTooLongError(Qwen3EmbedError, ValueError):
    """A text is longer than `max_length` tokens and `on_overflow` is "error"."""


class HostNotAllowedError(Qwen3EmbedError, PermissionError):
    """A stored config names a server, or a variable with its API key, that this process did not allow."""


class MissingExtraError(Qwen3EmbedError, ImportError):
    """An optional dependency is missing; the message holds the pip command that adds it."""


class ModelNotFoundError(Qwen3EmbedError, FileNotFoundError):
    """No model folder, or no model of that name on the hub."""


class HubUnavailableError(Qwen3EmbedError, ConnectionError):
    """The model hub can't be reached and the model is not in the local cache."""


class CheckpointError(Qwen3EmbedError, ValueError):
    """A model folder is corrupt, incomplete, unsafe or of another architecture."""


class SpaceMismatchError(Qwen3EmbedError, ValueError):
    """Stored vectors and this encoder are of different vector spaces."""


class NonFiniteError(Qwen3EmbedError, ArithmeticError):
    """An embedding is NaN or infinite even when it is computed in float32."""


class EncoderClosedError(Qwen3EmbedError, RuntimeError):
    """The encoder was closed before it could compute the embeddings."""


class OverloadedError(Qwen3EmbedError, RuntimeError):
    """As many calls wait for the model as `max_waiting_calls` allows; this one was not begun."""


class PartialWriteError(Qwen3EmbedError, RuntimeError):
    """A store took the first documents and then failed.

    Attributes:
        n_written: How many documents, from the first, are in the store.
    """

    def __init__(self, message: str, n_written: int) -> None:
        super().__init__(message)
        self.n_written = n_written


class RemoteError(Qwen3EmbedError, RuntimeError):
    """A server that computes the embeddings (`backend="remote"`) fails; the message names it and what it said."""


class RemoteUnavailableError(RemoteError, ConnectionError):
    """The server can't be reached, or goes on failing after all retries."""


class RemoteTimeoutError(RemoteError, TimeoutError):
    """The server did not answer within `deadline_s`."""


class RemoteRefusedError(RemoteError, ValueError):
    """The server refuses the request (4xx): its key, model, path or an option."""


class RemoteAnswerError(RemoteError, ValueError):
    """The server's answer is not the embeddings that were asked for; none of it was kept."""


class DataFileError(Qwen3EmbedError, ValueError):
    """A file of training examples, texts or judgements is malformed; the message names the file and the lines."""


class TrainingError(Qwen3EmbedError, RuntimeError):
    """A fine-tuning can't start, go on or end as asked; no model folder was written."""


class RagError(Qwen3EmbedError, RuntimeError):
    """The RAG integration can't read a document, open an index or write an answer."""


class TruncationWarning(UserWarning):
    """Texts were cut to `max_length` tokens; the message says which and by how much."""


def missing_extra(package: str, extra: str) -> MissingExtraError:
    """Gives the error for an optional `package` that the extra `extra` would install."""
    return MissingExtraError(
        f'The package {package!r} is not installed. Run: pip install "qwen3-embed-integrations[{extra}]"'
    )


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Gives " Did you mean 'x'?" for the nearest known name, or "" when none is near."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" Did you mean {near[0]!r}?" if near else ""


def copy_exception(error: BaseException) -> BaseException:
    """Gives an exception of the same type and message, with the original as its cause.

    For callers who share a failure: each raises its own, so that nobody's traceback and notes grow on another's.
    An exception that can't be copied is given as it is.
    """
    try:
        made = copy.copy(error)
    except Exception:  # noqa: BLE001 - its constructor takes other arguments than it keeps
        return error
    if type(made) is not type(error) or str(made) != str(error):
        return error
    if hasattr(error, "__notes__"):
        made.__notes__ = list(error.__notes__)
    made.__cause__ = error
    return made
