"""Both configs name a server by the same rules: own code consents, what is stored does not."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from qwen3_embed_integrations import ConfigError, EncoderConfig, RerankerConfig
from qwen3_embed_integrations.core.consent import is_allowed

BOTH = pytest.mark.parametrize("kind", [EncoderConfig, RerankerConfig])


def stored(kind: Any, path: str) -> dict[str, Any]:
    """Options of a server that no other test names."""
    return {"backend": "remote", "base_url": f"http://127.0.0.1:9/{kind.__name__}/{path}", "api_key_env": "A_KEY"}


@BOTH
def test_a_constructor_call_consents_and_a_stored_form_does_not(kind: Any) -> None:
    options = stored(kind, "a")
    kind.from_options(options)
    kind.model_validate(options)
    assert not is_allowed(options["base_url"], None)
    config = kind(**options)
    assert is_allowed(options["base_url"], "A_KEY")
    assert kind.from_options(config.to_options()) == config


@BOTH
def test_a_changed_copy_consents_to_what_the_change_names(kind: Any) -> None:
    restored = kind.from_options(stored(kind, "b"))
    restored.replace(max_length=64)
    assert not is_allowed(restored.base_url, None)
    restored.replace(base_url=stored(kind, "c")["base_url"], api_key_env=None)
    assert is_allowed(stored(kind, "c")["base_url"], None)
    assert not is_allowed(restored.base_url, None)


@BOTH
def test_a_pickle_of_this_process_keeps_its_consent(kind: Any) -> None:
    config = kind(**stored(kind, "d"))
    assert pickle.loads(pickle.dumps(config)) == config  # noqa: S301 - our own bytes


@BOTH
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"backend": "remote"}, "needs base_url"),
        ({"base_url": "http://127.0.0.1:9"}, 'base_url is for backend="remote"'),
        ({"backend": "rmote"}, "no such backend"),
        ({"backend": "remote", "base_url": "127.0.0.1"}, "base_url"),
        ({"backend": "remote", "base_url": "http://127.0.0.1:9", "api_key_env": "sk-12"}, "api_key_env"),
    ],
)
def test_what_does_not_fit_together_is_refused(kind: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        kind(**options)


@BOTH
def test_several_devices_are_kept_as_one_string(kind: Any) -> None:
    config = kind(device=["cuda:0", "cuda:1"])
    assert config.device == "cuda:0,cuda:1"
    assert kind.from_options(config.to_options()).device == config.device
    assert config == kind(device="cuda:0,cuda:1")
    with pytest.raises(ConfigError):
        kind(device=[0, 1])
