"""Text → embeddings on a server: any engine with an embeddings API, by `EncoderConfig(backend="remote")`.

backend          Backend seen by the encoder; truncates texts and appends the end token
request_batcher  one call: plan requests, split those that are too large, keep what came
client           one request: time limits, retries, the API key
network          proxy and TLS settings of the environment
answer_body      the body of an answer, decompressed within a limit
quoting          texts of the server in messages and logs, without the API key
http_errors      what an HTTP status means
protocol         request bodies; answers, validated
engines          how the engines differ: a table
discovery        what is known of a model before any text is embedded
probe            what the server answers to texts exactly as given
"""

from qwen3_embed_integrations.core.config import EncoderConfig

from .backend import RemoteBackend
from .discovery import RemoteModel, open_model
from .probe import ServerProbe

__all__ = ["ServerProbe", "build_backend", "open_model"]


def build_backend(config: EncoderConfig, model: RemoteModel) -> RemoteBackend:
    """Return a backend that sends texts to the server of `config`."""
    return RemoteBackend(config, model)
