"""What both embedders share: options from EncoderConfig, secrets, warm-up, the stored form."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Mapping
from typing import Any, Self, TypeVar

from haystack import default_from_dict, default_to_dict
from haystack.utils import ComponentDevice, Secret

from qwen3_embed_integrations import ConfigError, Encoded, EncoderConfig, Qwen3Encoder, load_encoder
from qwen3_embed_integrations.core.encoder_options import CommonOptions
from qwen3_embed_integrations.core.hub_token import HubSecrets, name_hub_variables
from qwen3_embed_integrations.core.stock_keywords import translate_stock_keywords, with_model
from qwen3_embed_integrations.core.stock_options import StockOptions
from qwen3_embed_integrations.core.types import Role

SECRETS = frozenset(name for name, field in EncoderConfig.model_fields.items() if field.exclude)
"""The options that no stored form may hold: here they are `Secret`, resolved at the first use."""

_Class = TypeVar("_Class", bound=type)


class HaystackOptions(CommonOptions, StockOptions, total=False):
    """The keywords of both embedders: the encoder's options, with Haystack's own types of device and token."""

    device: str | ComponentDevice | None
    token: Secret | None


class Embedder(HubSecrets):
    """Holds the options of an embedder; loads nothing until it is warmed up or run.

    Attributes:
        config: The options, without the secrets.
        secrets: The `Secret` of each secret option that was given.
    """

    def __init__(self, model: str | None, options: Mapping[str, Any], *, prefix_of: Role) -> None:
        options = with_model(model, translate_stock_keywords(options, prefix_of=prefix_of))
        self.secrets = {name: options.pop(name) for name in SECRETS if options.get(name) is not None}
        for name, secret in self.secrets.items():
            if not isinstance(secret, Secret):
                raise ConfigError(
                    f'{name} is {type(secret).__name__}, expected a Secret: {name}=Secret.from_env_var("…").'
                )
        name_hub_variables(self.secret_variables())
        if isinstance(options.get("device"), ComponentDevice):
            options["device"] = _torch_name(options["device"])
        self.config = EncoderConfig(**{name: value for name, value in options.items() if name not in SECRETS})

    @property
    def encoder(self) -> Qwen3Encoder:
        """The shared encoder behind this component.

        Raises:
            ValueError: A secret's environment variable is not set.
            HostNotAllowedError: A stored form names the variable, and nobody allowed the hub to get it.
        """
        return load_encoder(self.config, **self.resolved_secrets())

    def warm_up(self) -> None:
        """Loads the weights, once per process; `run` does so itself when it must."""
        self.encoder.load()

    async def warm_up_async(self) -> None:
        """Loads the weights off the event loop."""
        await asyncio.to_thread(self.warm_up)

    def to_dict(self) -> dict[str, Any]:
        """Return the stored form: every option, secrets as the names of their environment variables.

        Raises:
            ValueError: A secret is a token; use `Secret.from_env_var`.
        """
        return default_to_dict(self, **self.init_parameters())

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Return back the component that `to_dict` described."""
        return default_from_dict(cls, data)

    def init_parameters(self) -> dict[str, Any]:
        """Return the arguments that make an equal component."""
        unset = dict.fromkeys(sorted(SECRETS))
        return {**self.config.model_dump(mode="json"), **unset, **self.secrets}

    def describe(self, encoder: Qwen3Encoder, encoded: Encoded) -> dict[str, Any]:
        """Return the `meta` output: model, space and, if known, how many tokens were read."""
        meta: dict[str, Any] = {"model": encoder.space.model, "space": encoder.space.fingerprint}
        if (encoded.n_tokens >= 0).all():  # only a server may know
            n_tokens = int(encoded.n_tokens.sum())
            meta["usage"] = {"prompt_tokens": n_tokens, "total_tokens": n_tokens}
        return meta


def shows_options(cls: _Class) -> _Class:
    """Return `cls` a signature that lists every option, for editors, `help` and Haystack."""
    init: Any = vars(cls)["__init__"]
    own = [p for p in inspect.signature(init).parameters.values() if p.kind not in {p.VAR_KEYWORD, p.POSITIONAL_ONLY}]
    taken = {parameter.name for parameter in own}
    derived = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=field.default,
            annotation=_shown_type(name, field.annotation),
        )
        for name, field in EncoderConfig.model_fields.items()
        if name not in taken
    ]
    shown: Any = cls
    init.__signature__ = inspect.Signature([*own, *derived], return_annotation=None)
    shown.__signature__ = inspect.Signature([*own[1:], *derived])
    return cls


def _shown_type(name: str, annotation: Any) -> Any:
    if name in SECRETS:
        return Secret | None
    return str | ComponentDevice if name == "device" else annotation


def _torch_name(device: ComponentDevice) -> str:
    if device.has_multiple_devices:
        raise ConfigError('device is a map of several devices, expected one: ComponentDevice.from_str("cuda:0").')
    return device.to_torch_str()
