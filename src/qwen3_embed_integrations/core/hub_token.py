"""Which environment variables may go to the model hub as access token: as with API keys, nothing stored decides it.

A stored Haystack pipeline names the variable of its token. A stranger's pipeline may name any variable, and loading
the model would send its value to the hub. The hub's own variables are its own; another one needs this process's
consent (`core/consent.py`), given by a constructor call, `allow_host` or QWEN3_EMBED_ALLOWED_HOSTS.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .consent import ALLOWED_HOSTS, accept_seal, is_allowed, name_server, seal
from .errors import HostNotAllowedError
from .safe_text import safe_line

_OWN = frozenset({"HF_TOKEN", "HF_API_TOKEN", "HUGGING_FACE_HUB_TOKEN"})
"""Variables that hold a token of the hub by convention; the hub library reads them itself."""
_LONGEST = 200


def hub_url() -> str:
    """Return the address of the model hub, as the hub library finds it."""
    return os.environ.get("HF_ENDPOINT") or "https://huggingface.co"


def name_hub_variables(variables: Iterable[str]) -> None:
    """Record that this process's own code named these variables; nothing while a stored form is rebuilt."""
    for variable in variables:
        name_server(hub_url(), variable)


def require_hub_consent(variables: Sequence[str]) -> None:
    """Raise unless the hub may get the value of the first of `variables` that is set.

    Raises:
        HostNotAllowedError: A stored form names it, and nobody allowed it; the message says how to.
        ConfigError: HF_ENDPOINT or QWEN3_EMBED_ALLOWED_HOSTS is malformed.
    """
    found = next((variable for variable in variables if variable in os.environ), None)
    if found is None or found in _OWN or is_allowed(hub_url(), found):
        return
    variable, hub = safe_line(found, _LONGEST), safe_line(hub_url(), _LONGEST)
    raise HostNotAllowedError(
        f"A stored configuration asks to send the value of the environment variable {variable} to the model hub "
        f"{hub} as access token. Nothing in this process has allowed that, so nothing was sent. If it is a token of "
        f"the hub, set {ALLOWED_HOSTS}='{hub}={variable}' in the environment, or call "
        f'qwen3_embed_integrations.allow_host("{hub}", api_key_env="{variable}") first. Otherwise give your own token '
        "to the constructor."
    )


def seal_hub_variables(variables: Iterable[str]) -> dict[str, bytes]:
    """Return proofs that this process allowed the variables, for a pickle that a worker of this process reads."""
    proofs = {variable: seal(hub_url(), variable) for variable in variables}
    return {variable: proof for variable, proof in proofs.items() if proof is not None}


def accept_hub_seals(proofs: dict[str, bytes]) -> None:
    """Allow the variables whose proof was made by this process or its parent."""
    for variable, proof in proofs.items():
        accept_seal(hub_url(), variable, proof)


class HubSecrets:
    """Base of the Haystack components: the variables of their secrets go to the hub by consent only, pickles included.

    Attributes:
        secrets: The `haystack.utils.Secret` of each secret option that was given.
    """

    secrets: Mapping[str, Any]

    def secret_variables(self) -> list[str]:
        """Return the environment variables of the secrets; none of a secret that is written out."""
        named = (secret for secret in self.secrets.values() if secret.type.value == "env_var")
        return [variable for secret in named for variable in secret.to_dict()["env_vars"]]

    def resolved_secrets(self) -> dict[str, Any]:
        """Return the value of each secret.

        Raises:
            ValueError: A secret's environment variable is not set.
            HostNotAllowedError: A stored form names the variable, and nobody allowed the hub to get it.
        """
        require_hub_consent(self.secret_variables())
        return {name: secret.resolve_value() for name, secret in self.secrets.items()}

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "hub_seals": seal_hub_variables(self.secret_variables())}

    def __setstate__(self, state: dict[str, Any]) -> None:
        accept_hub_seals(state.pop("hub_seals", {}))
        vars(self).update(state)
