"""A stored form sends no variable to the model hub that this process did not name."""

import pytest

from qwen3_embed_integrations import HostNotAllowedError, allow_host
from qwen3_embed_integrations.core import consent
from qwen3_embed_integrations.core.hub_token import (
    accept_hub_seals,
    hub_url,
    name_hub_variables,
    require_hub_consent,
    seal_hub_variables,
)

VARIABLE = "SECRET_OF_ANOTHER_SERVICE"


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    monkeypatch.setattr(consent, "_named", {})
    monkeypatch.setattr(consent, "_allowed", {})
    monkeypatch.setenv(VARIABLE, "s3cr3t")
    for name in ("HF_ENDPOINT", "HF_TOKEN", "HF_API_TOKEN", consent.ALLOWED_HOSTS):
        monkeypatch.delenv(name, raising=False)


def test_another_services_variable_is_refused_by_name_and_never_shown():
    with pytest.raises(HostNotAllowedError, match=rf"{VARIABLE} to the model hub https://huggingface\.co") as caught:
        require_hub_consent([VARIABLE])
    assert "s3cr3t" not in str(caught.value)


def test_the_hubs_own_variables_and_unset_ones_need_no_consent(monkeypatch):
    require_hub_consent([])
    require_hub_consent(["IS_NOT_SET"])
    monkeypatch.setenv("HF_TOKEN", "hf_x")
    require_hub_consent(["HF_TOKEN", VARIABLE])  # the first that is set is sent
    with pytest.raises(HostNotAllowedError):
        require_hub_consent([VARIABLE, "HF_TOKEN"])


def test_code_an_allow_list_or_the_environment_gives_consent(monkeypatch):
    with consent.restoring():
        name_hub_variables([VARIABLE])
    with pytest.raises(HostNotAllowedError):
        require_hub_consent([VARIABLE])
    monkeypatch.setenv(consent.ALLOWED_HOSTS, f"https://huggingface.co={VARIABLE}")
    require_hub_consent([VARIABLE])
    monkeypatch.delenv(consent.ALLOWED_HOSTS)
    allow_host("https://huggingface.co", api_key_env=VARIABLE)
    require_hub_consent([VARIABLE])
    monkeypatch.setattr(consent, "_allowed", {})
    name_hub_variables([VARIABLE])
    require_hub_consent([VARIABLE])


def test_consent_holds_for_one_hub(monkeypatch):
    name_hub_variables([VARIABLE])
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example.com")
    assert hub_url() == "https://mirror.example.com"
    with pytest.raises(HostNotAllowedError, match=r"mirror\.example\.com"):
        require_hub_consent([VARIABLE])


def test_a_pickle_carries_consent_to_workers_alone(monkeypatch):
    assert seal_hub_variables([VARIABLE]) == {}
    name_hub_variables([VARIABLE])
    proofs = seal_hub_variables([VARIABLE])
    monkeypatch.setattr(consent, "_named", {})
    accept_hub_seals({VARIABLE: b"forged"})
    with pytest.raises(HostNotAllowedError):
        require_hub_consent([VARIABLE])
    accept_hub_seals(proofs)
    require_hub_consent([VARIABLE])
