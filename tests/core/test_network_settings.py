import pytest

from qwen3_embed_integrations.core.network_settings import network_advice, network_settings


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch):
    for name in network_settings():
        monkeypatch.delenv(name)


def test_without_settings_there_is_nothing_to_advise():
    assert network_settings() == []
    assert network_advice() == ""


def test_set_variables_are_named_as_they_are_spelt_and_show_no_value(monkeypatch):
    monkeypatch.setenv("https_proxy", "http://user:secret@proxy")
    monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent")
    monkeypatch.setenv("ALL_PROXY", "")
    assert sorted(network_settings()) == ["SSL_CERT_FILE", "https_proxy"]
    assert "https_proxy" in network_advice()
    assert "secret" not in network_advice()
