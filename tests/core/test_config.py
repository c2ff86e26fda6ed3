import pickle

import pytest

from qwen3_embed_integrations import ConfigError, EncoderConfig
from qwen3_embed_integrations.core.config import options_of_scope
from qwen3_embed_integrations.core.option_errors import PEER_NAMES


def test_every_option_has_a_help_line_and_a_scope():
    for name, field in EncoderConfig.model_fields.items():
        assert field.description, name
    scopes = [options_of_scope(scope) for scope in ("model", "space", "call")]
    assert sorted(sum(scopes, ())) == sorted(EncoderConfig.model_fields)


@pytest.mark.parametrize(
    ("name", "repo"),
    [
        ("0.6B", "Qwen/Qwen3-Embedding-0.6B"),
        ("4b", "Qwen/Qwen3-Embedding-4B"),
        ("tiny", "tiny"),
        ("me/x", "me/x"),
    ],
)
def test_short_names_stand_for_hub_names(name, repo):
    assert EncoderConfig(model=name).model == repo


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dimenson": 64}, "Did you mean 'dimension'"),
        ({"timeout": 64}, "It is called 'timeout_s' here"),
        ({"dimension": 31}, "dimension=31"),
        ({"dimension": -3}, "dimension=-3"),
        ({"dimension": "wide"}, "dimension='wide'"),
        ({"dtype": "int4"}, "dtype='int4'"),
        ({"pooling": "sum"}, "pooling='sum'"),
        ({"task": "cod"}, "Did you mean 'code'"),
        ({"document_task": "stss"}, "Did you mean 'sts'"),
        ({"on_overflow": "ignore"}, "on_overflow='ignore'"),
        ({"max_length": 1}, "max_length=1"),
        ({"model": ""}, "model=''"),
        ({"model": None}, "model=None"),
        ({"zzzzqqq": 1}, "Known options: model"),
    ],
)
def test_an_unfit_option_is_refused_by_name(options, message):
    with pytest.raises(ConfigError, match=message.replace("(", r"\(")):
        EncoderConfig(**options)


def test_a_config_error_is_a_value_error_and_names_every_problem():
    with pytest.raises(ValueError, match=r"pooling='x'.*; dimension=3"):
        EncoderConfig(dimension=3, pooling="x")


def test_peer_names_point_at_real_options():
    assert set(PEER_NAMES.values()) <= set(EncoderConfig.model_fields)
    assert not set(PEER_NAMES) & set(EncoderConfig.model_fields)


def test_the_token_is_in_no_repr_dict_pickle_or_error():
    config = EncoderConfig(model="tiny", token="hf_secret")
    assert config.token is not None
    assert "hf_secret" not in repr(config) + str(config) + str(config.to_options())
    assert b"hf_secret" not in pickle.dumps(config)
    with pytest.raises(ConfigError) as caught:
        EncoderConfig(token=["hf_secret"])
    assert "hf_secret" not in str(caught.value)


def test_a_config_round_trips_through_its_dict_and_pickle():
    config = EncoderConfig(model="tiny", dimension=64, task="code", max_length=100)
    assert EncoderConfig.from_options(config.to_options()) == config
    assert pickle.loads(pickle.dumps(config)) == config  # noqa: S301 - our own bytes


def test_the_dict_holds_only_what_was_changed():
    assert EncoderConfig().to_options() == {}
    assert EncoderConfig(model="4B").to_options() == {"model": "Qwen/Qwen3-Embedding-4B"}


def test_equal_configs_have_equal_hashes():
    assert hash(EncoderConfig(model="0.6B")) == hash(EncoderConfig())


def test_replace_checks_like_a_new_config():
    assert EncoderConfig(dimension=64).replace(task="sts").dimension == 64
    with pytest.raises(ConfigError):
        EncoderConfig().replace(dimension=1)


def test_configs_that_differ_beyond_the_model_share_it():
    one = EncoderConfig(model="tiny", dimension=64, task="code", show_progress=True, max_length=99)
    assert one.model_key == EncoderConfig(model="tiny").model_key
    assert one.replace(pooling="mean").model_key != one.model_key
