"""ServerOptions: what configs share whose model may be on a server. Nothing that is stored decides where texts go."""

from __future__ import annotations

from typing import Any, Self

from pydantic import field_validator, model_validator

from .consent import name_replaced, name_server, rebuild, seal
from .errors import did_you_mean
from .frozen_options import FrozenOptions
from .option_errors import checked_url, checked_variable
from .options import BUILT_IN_BACKENDS, backend_entry_points


class ServerOptions(FrozenOptions):
    """Options with `backend`, `base_url`, `api_key_env` and `device`, which the class itself declares.

    A constructor call of this process's own code names the server; a stored or pickled config needs consent.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        base_url, variable = _server_of(self)
        if base_url is not None:
            name_server(base_url, variable)

    @field_validator("backend", check_fields=False)
    @classmethod
    def _known_backend(cls, backend: str) -> str:
        if backend not in BUILT_IN_BACKENDS and backend not in (others := backend_entry_points()):
            known = [*BUILT_IN_BACKENDS, *sorted(others)]
            raise ValueError(f"There is no such backend.{did_you_mean(backend, known)} Installed: {', '.join(known)}.")
        return backend

    @field_validator("device", mode="before", check_fields=False)
    @classmethod
    def _joined(cls, device: Any) -> Any:
        """Keep several devices as one string, as in "cuda:0,cuda:1"."""
        several = isinstance(device, list | tuple) and all(isinstance(one, str) for one in device)
        return ",".join(device) if several else device

    @field_validator("base_url", check_fields=False)
    @classmethod
    def _plain_url(cls, url: str | None) -> str | None:
        return url if url is None else checked_url(url)

    @field_validator("api_key_env", check_fields=False)
    @classmethod
    def _names_a_variable(cls, name: str | None) -> str | None:
        return name if name is None else checked_variable(name)

    @model_validator(mode="after")
    def _knows_its_server(self) -> Self:
        (base_url, _), backend = _server_of(self), _backend_of(self)
        if backend == "remote" and not base_url:
            raise ValueError('backend="remote" needs base_url="http://…", the address of the server.')
        if backend in {"torch", "onnx"} and base_url:
            raise ValueError(f'base_url is for backend="remote"; backend is {backend!r}.')
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as the stored form: options without the token, and proof of consent for workers of this process."""
        return rebuild, (type(self).from_options, self.to_options(), seal(*_server_of(self)))

    def replace(self, **options: Any) -> Self:
        """Return a copy with some options changed, checked like new ones."""
        copy = super().replace(**options)
        name_replaced(_server_of(self), _server_of(copy), options)
        return copy


def _server_of(config: Any) -> tuple[str | None, str | None]:
    return config.base_url, config.api_key_env


def _backend_of(config: Any) -> str:
    return str(config.backend)
