"""Bind the address, serve until a signal, answer what has begun, end."""

from __future__ import annotations

import gc
import logging
import signal
import sys
import warnings
from collections.abc import Callable

import uvicorn

from qwen3_embed_integrations import EncoderConfig, TruncationWarning

from .access import Access
from .app import create_app
from .connections import limited_protocol, raise_file_limit
from .options import ServeOptions
from .service import Service

_IDLE_S = 75  # a kept connection without requests; longer than the 60 s of common proxies in front


class Server(uvicorn.Server):
    """A uvicorn server that says where it listens, and ends when a model can't be loaded.

    Args:
        config: The encoder's options.
        options: The server's options.
        on_loaded: Called when the models are loaded.
    """

    def __init__(
        self, config: EncoderConfig, options: ServeOptions, on_loaded: Callable[[], None] = lambda: None
    ) -> None:
        self.service = Service(config, options)
        app = create_app(self.service, Access.of(options), on_loaded, self._end)
        super().__init__(
            uvicorn.Config(
                app,
                host=options.host.strip("[]"),
                port=options.port,
                http=limited_protocol(options.read_timeout_s, options.answer_timeout_s),
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=_IDLE_S,
                timeout_graceful_shutdown=max(1, round(options.drain_s)),
            )
        )

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that the started server listens on."""
        host, port = self.servers[0].sockets[0].getsockname()[:2]
        return str(host), int(port)

    def _end(self) -> None:
        self.should_exit = True


def run(config: EncoderConfig, options: ServeOptions) -> None:
    """Serve until SIGTERM or Ctrl-C; raise what keeps a model from loading."""
    raise_file_limit()
    _log_to_standard_error()
    server = Server(config, options, gc.freeze)  # else a full walk over all that the imports left stops every answer
    for served in server.service.models.encoders.values():
        _ = served.dimension  # finds the model and refuses unfit options before anything listens
    signal.signal(signal.SIGTERM, lambda *_: None)  # uvicorn raises it again when it has drained: that is a clean end
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TruncationWarning)  # X-Truncated says it to the client
        server.run()
    if server.service.models.failure is not None:
        raise server.service.models.failure


def _log_to_standard_error() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    for name in ("uvicorn.error", "qwen3_embed_integrations.server"):
        logger = logging.getLogger(name)
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logger.propagate = False
