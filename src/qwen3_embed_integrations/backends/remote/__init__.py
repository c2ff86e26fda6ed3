"""Text → embeddings on a server: any engine with an embeddings API, by `EncoderConfig(backend="remote")`.

model      what is known of the model before any text is embedded
backend    the seam that the encoder sees; cuts and ends texts
calls      one call: plans requests, halves those that are too large, keeps what came
client     one request: time limits, retries, the key
refusals   what a status means
wire       bodies and answers, checked
profiles   how the engines differ
loop       the thread that does the waiting
doctor     asks a server what it really does
"""

from qwen3_embed_integrations.core.config import EncoderConfig

from .backend import RemoteBackend
from .discovery import RemoteModel, open_model

__all__ = ["build", "open_model"]


def build(config: EncoderConfig, model: RemoteModel) -> RemoteBackend:
    """Gives a backend that asks the server of `config`."""
    return RemoteBackend(config, model)
