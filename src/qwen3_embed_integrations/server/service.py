"""Service: what all routes share."""

from __future__ import annotations

import time
import uuid

from qwen3_embed_integrations import EncoderConfig

from .errors import unavailable
from .metrics import ServerMetrics
from .models import ServedModels
from .options import ServeOptions
from .running import WaitingQueue

_MB = 1_000_000


class Service:
    """The models, the queue and the metrics of one server.

    Args:
        config: The encoder's options.
        options: The server's options.
    """

    def __init__(self, config: EncoderConfig, options: ServeOptions) -> None:
        self.options = options
        self.models = ServedModels(config, options)
        self.queue = WaitingQueue(options.max_queued_requests, int(options.max_queued_mb * _MB))
        self.metrics = ServerMetrics(lambda: self.queue.n_requests, lambda: self.queue.n_bytes)
        self.started = int(time.time())

    @property
    def max_body_bytes(self) -> int:
        """Largest request body."""
        return int(self.options.max_body_mb * _MB)

    def require_ready(self) -> None:
        """Check that the models are loaded.

        Raises:
            ApiError: 503: they are not.
        """
        if not self.models.is_ready:
            raise unavailable("The models are loading. Send the request again in a few seconds.")


def new_id(prefix: str) -> str:
    """Return a new id of an answer."""
    return f"{prefix}-{uuid.uuid4().hex}"
