"""A server is used if this process's own code, its environment or its parent named it; never because it is stored."""

import pickle
import threading

import pytest

from qwen3_embed_integrations import ConfigError, EncoderConfig, HostNotAllowedError, Qwen3Encoder, allow_host
from qwen3_embed_integrations.core import consent
from qwen3_embed_integrations.core.consent import ALLOWED_HOSTS, accept_seal, is_allowed, require_consent, seal

STORED = {"backend": "remote", "base_url": "https://stored.example/v1", "api_key_env": "AWS_SECRET_ACCESS_KEY"}


@pytest.fixture(autouse=True)
def nothing_is_allowed(monkeypatch):
    monkeypatch.setattr(consent, "_named", {})
    monkeypatch.setattr(consent, "_allowed", {})
    monkeypatch.delenv(ALLOWED_HOSTS, raising=False)


def allows(config):
    return is_allowed(config.base_url, config.api_key_env)


def test_a_constructor_names_its_server_and_variable():
    config = EncoderConfig(**STORED)
    assert allows(config)
    assert is_allowed(config.base_url, None)
    assert not is_allowed(config.base_url, "OTHER_VARIABLE")
    assert not is_allowed("https://stored.example/other", None)
    require_consent(config.base_url, config.api_key_env)


RESTORE = {
    "from_options": EncoderConfig.from_options,
    "model_validate": EncoderConfig.model_validate,
    "a pickle": lambda options: pickle.loads(pickle.dumps(EncoderConfig.from_options(options))),  # noqa: S301
    "a copy": lambda options: EncoderConfig.from_options(options).replace(task="code", dimension=64),
    "a plain copy": lambda options: EncoderConfig.from_options(options).plain(),
    "an encoder": lambda options: Qwen3Encoder(EncoderConfig.from_options(options), dimension=64).config,
}


@pytest.mark.parametrize("name", RESTORE)
def test_a_restored_config_names_nothing(name):
    config = RESTORE[name](STORED)
    assert config.base_url == STORED["base_url"]
    with pytest.raises(HostNotAllowedError) as caught:
        require_consent(config.base_url, config.api_key_env)
    message = str(caught.value)
    assert "https://stored.example/v1, with the value of the environment variable AWS_SECRET_ACCESS_KEY" in message
    assert "set QWEN3_EMBED_ALLOWED_HOSTS='https://stored.example/v1=AWS_SECRET_ACCESS_KEY'" in message
    assert 'allow_host("https://stored.example/v1", api_key_env="AWS_SECRET_ACCESS_KEY")' in message


def test_restoring_in_one_thread_does_not_silence_constructors_of_another():
    with consent.restoring():
        thread = threading.Thread(target=EncoderConfig, kwargs=STORED)
        thread.start()
        thread.join()
    assert is_allowed(STORED["base_url"], STORED["api_key_env"])


@pytest.mark.parametrize(
    "entries",
    [
        "https://stored.example/v1=AWS_SECRET_ACCESS_KEY",
        "stored.example=AWS_SECRET_ACCESS_KEY",
        "other.example, stored.example:443=AWS_SECRET_ACCESS_KEY",
        "stored.example=OTHER stored.example=AWS_SECRET_ACCESS_KEY",
    ],
)
def test_the_environment_and_allow_host_allow_a_restored_config(entries, monkeypatch):
    monkeypatch.setenv(ALLOWED_HOSTS, entries)
    assert allows(EncoderConfig.from_options(STORED))
    monkeypatch.delenv(ALLOWED_HOSTS)
    assert not allows(EncoderConfig.from_options(STORED))
    for entry in entries.replace(",", " ").split():
        server, _, variable = entry.partition("=")
        allow_host(server, api_key_env=variable or None)
    assert allows(EncoderConfig.from_options(STORED))


@pytest.mark.parametrize(
    "entries", ["stored.example", "stored.example=OTHER", "http://stored.example=AWS_SECRET_ACCESS_KEY"]
)
def test_another_variable_or_scheme_is_not_allowed(entries, monkeypatch):
    monkeypatch.setenv(ALLOWED_HOSTS, entries)
    assert not allows(EncoderConfig.from_options(STORED))


def test_a_malformed_list_is_an_error_that_names_the_variable(monkeypatch):
    monkeypatch.setenv(ALLOWED_HOSTS, "*")
    with pytest.raises(ConfigError, match="QWEN3_EMBED_ALLOWED_HOSTS is malformed"):
        allows(EncoderConfig.from_options(STORED))
    with pytest.raises(ConfigError, match="is not a name in capitals"):
        allow_host("stored.example", api_key_env="a key")


def test_replace_names_what_the_call_itself_gives():
    restored = EncoderConfig.from_options(STORED)
    moved = restored.replace(base_url="https://mine.example")
    assert not allows(moved)  # the variable is a stranger's choice still
    assert not allows(restored.replace(api_key_env="MY_KEY"))  # and so is the server here
    assert allows(restored.replace(base_url="https://mine.example", api_key_env="MY_KEY"))
    assert allows(restored.replace(base_url="https://mine.example", api_key_env=None))
    own = EncoderConfig(**{**STORED, "base_url": "https://own.example"})
    assert allows(own.replace(base_url="https://own.example:8443"))
    assert allows(own.replace(api_key_env="OTHER_KEY"))


def test_proof_of_consent_is_accepted_by_whom_the_secret_is_shared_with(monkeypatch):
    url, variable = STORED["base_url"], STORED["api_key_env"]
    assert seal(url, variable) is None
    EncoderConfig(**STORED)
    proof = seal(url, variable)
    for other in (("https://other.example", variable), (url, "OTHER"), (url, None)):
        monkeypatch.setattr(consent, "_named", {})
        accept_seal(*other, proof)
        accept_seal(url, variable, b"0" * 32)
        accept_seal(url, variable, None)
        assert not is_allowed(url, variable)
        assert not is_allowed(*other)
    accept_seal(url, variable, proof)
    assert is_allowed(url, variable)


def test_what_is_named_is_bounded(monkeypatch):
    monkeypatch.setattr(consent, "_MOST_NAMED", 3)
    for port in range(1, 6):
        EncoderConfig(backend="remote", base_url=f"http://h:{port}")
    assert len(consent._named) == 3
    assert is_allowed("http://h:5", None)
    assert not is_allowed("http://h:1", None)
