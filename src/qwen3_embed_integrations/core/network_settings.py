"""Which settings of the environment decide how servers are reached; a message names them, never their values."""

from __future__ import annotations

import os

_SETTINGS = (
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "SSLKEYLOGFILE",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "HF_ENDPOINT",
)


def network_settings() -> list[str]:
    """Return the names of the variables that are set, as the environment spells them."""
    return [name for name, value in os.environ.items() if value and name.upper() in _SETTINGS]


def network_advice() -> str:
    """Return a sentence that names the variables that may be at fault; "" if none is set."""
    names = network_settings()
    if not names:
        return ""
    return f" The environment sets {', '.join(names)}: if that is wrong, correct it or unset it."
