import pickle
import warnings

import numpy as np
import pytest

from qwen3_embed_integrations import (
    ConfigError,
    EncoderConfig,
    InputTypeError,
    NonFiniteError,
    Qwen3Encoder,
    TextTooLongError,
    TruncationWarning,
    load_encoder,
)
from qwen3_embed_integrations.core.prompts import TASKS


@pytest.fixture
def encoder(checkpoint):
    return Qwen3Encoder(model=str(checkpoint))


def test_no_texts_give_no_embeddings_of_the_right_width(encoder):
    assert encoder.encode_query([]).shape == encoder.encode_document([]).shape == (0, 64)
    assert encoder.encode_document([]).dtype == np.float32


def test_embeddings_are_float32_of_unit_length(encoder):
    embeddings = encoder.encode_document(["one", "two three", ""])
    assert embeddings.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-6)


def test_a_query_is_the_document_of_its_rendered_text(encoder):
    rendered = encoder.render_query("What is AI?", task="code")
    assert rendered.text == f"Instruct: {TASKS['code'].instruction}\nQuery:What is AI?"
    query = encoder.encode_query(["What is AI?"], task="code")
    np.testing.assert_allclose(query, encoder.encode_document([rendered.text]), atol=1e-6)
    assert len(rendered.token_ids) == len(rendered.tokens)
    assert rendered.tokens[-1] == "<|endoftext|>"


def test_a_query_and_a_document_of_the_same_text_differ(encoder):
    assert not np.allclose(encoder.encode_query(["same"]), encoder.encode_document(["same"]), atol=1e-3)


def test_a_symmetric_task_serves_both_sides(encoder):
    both = encoder.encode_query(["same"], task="sts")
    symmetric = Qwen3Encoder(encoder.config, task="sts")
    np.testing.assert_allclose(symmetric.encode_document(["same"]), both, atol=1e-6)
    np.testing.assert_allclose(symmetric.encode_query(["same"]), both, atol=1e-6)


def test_a_task_can_be_free_text_or_a_preset_and_nothing_else(encoder):
    assert encoder.render_query("x", task="Find rhymes for it").text == "Instruct: Find rhymes for it\nQuery:x"
    with pytest.raises(ConfigError, match="Unknown task 'cod'"):
        encoder.encode_query(["x"], task="cod")


@pytest.mark.parametrize("method", ["encode_query", "encode_document", "count_tokens"])
@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ("a bare string", "list of str, found str"),
        (b"bytes", "found bytes"),
        (None, "found NoneType"),
        (7, "found int"),
        ({"a": 1}, "found dict"),
        (["fine", None], "Text 1 is NoneType"),
        (["fine", b"x"], "Text 1 is bytes"),
        ([["nested"]], "Text 0 is list"),
    ],
)
def test_what_is_no_list_of_str_is_a_type_error_that_names_the_index(encoder, method, texts, message):
    with pytest.raises(InputTypeError, match=message):
        getattr(encoder, method)(texts)


@pytest.mark.parametrize("texts", [("a", "b"), np.array(["a", "b"])])
def test_any_sequence_of_str_will_do(encoder, texts):
    np.testing.assert_allclose(encoder.encode_document(texts), encoder.encode_document(["a", "b"]), atol=1e-6)


def test_equal_texts_are_computed_once_and_told_apart_from_nothing(checkpoint):
    done = []
    encoder = Qwen3Encoder(model=str(checkpoint))
    from qwen3_embed_integrations.backends.registry import load_backend
    from qwen3_embed_integrations.core.protocols import EmbedRequest

    texts = ["a", "b", "a", "a", "b"]
    raw = load_backend(encoder.config).submit(EmbedRequest(texts, 100, on_progress=done.append)).result()
    assert done[-1] == 2
    np.testing.assert_array_equal(raw.embeddings[0], raw.embeddings[3])
    np.testing.assert_allclose(raw.embeddings[[0, 1]], raw.embeddings[[2, 4]])
    np.testing.assert_array_equal(raw.n_tokens, encoder.count_tokens(texts))


def test_several_dimensions_come_from_one_forward_pass(encoder):
    encoded = encoder.encode(["one", "two"], "document")
    for dimension in (32, 50, 64):
        expected = Qwen3Encoder(encoder.config, dimension=dimension).encode_document(["one", "two"])
        np.testing.assert_allclose(encoded.at(dimension), expected, atol=1e-6)
    # 100,000 embeddings of 1,024 numbers are 400 MB: once is enough
    assert encoded.full_embeddings is encoded.embeddings


@pytest.mark.parametrize("dimension", [65, 4096])
def test_a_dimension_wider_than_the_model_is_refused_before_any_work(checkpoint, dimension):
    encoder = Qwen3Encoder(model=str(checkpoint), dimension=dimension)
    with pytest.raises(ConfigError, match=rf"dimension={dimension} is out of range.*32 to 64"):
        encoder.encode_document(["x"])
    with pytest.raises(ConfigError, match="32 to 64"):
        _ = encoder.space


def test_a_truncation_is_one_warning_a_call_and_a_record(checkpoint):
    encoder = Qwen3Encoder(model=str(checkpoint), max_length=5)
    texts = ["short", "one two three four five six", "seven eight nine ten eleven twelve thirteen"]
    with pytest.warns(TruncationWarning, match="2 texts were cut to max_length=5: text 1 lost") as caught:
        encoded = encoder.encode(texts, "document")
    assert len(caught) == 1
    assert [t.index for t in encoded.truncations] == [1, 2]
    assert [t.n_tokens for t in encoded.truncations] == encoder.count_tokens(texts)[1:].tolist()
    assert all(t.n_lost == t.n_tokens - 5 for t in encoded.truncations)


def test_the_truncation_warning_points_at_the_caller(checkpoint):
    encoder = Qwen3Encoder(model=str(checkpoint), max_length=5)
    with pytest.warns(TruncationWarning) as caught:
        encoder.encode_document(["one two three four five six"])
    assert caught[0].filename == __file__


def test_many_truncations_are_told_in_one_line(checkpoint):
    encoder = Qwen3Encoder(model=str(checkpoint), max_length=5)
    with pytest.warns(TruncationWarning, match="and 7 more"):
        encoder.encode_document([f"{i} one two three four five six" for i in range(10)])


def test_an_overflow_can_be_an_error_that_names_the_text(checkpoint):
    encoder = Qwen3Encoder(model=str(checkpoint), max_length=5, on_overflow="error")
    with pytest.raises(TextTooLongError, match=r"Text 2 has .* tokens, max_length is 5"):
        encoder.encode_document(["short", "short", "one two three four five six"])
    assert len(encoder.encode_document(["short"])) == 1


def test_similarity_is_cosine_or_dot(encoder):
    a, b = np.array([[2.0, 0.0]]), np.array([[1.0, 1.0], [0.0, 3.0]])
    np.testing.assert_allclose(encoder.similarity(a, b), [[np.sqrt(0.5), 0]], atol=1e-6)
    np.testing.assert_allclose(encoder.similarity(a, b, metric="dot"), [[2, 0]])
    with pytest.raises(ConfigError, match="shape"):
        encoder.similarity(a, np.ones((1, 3)))
    with pytest.raises(ConfigError, match="Unknown metric 'l2'"):
        encoder.similarity(a, b, metric="l2")


def test_an_unknown_role_is_refused(encoder):
    with pytest.raises(ConfigError, match="Unknown role 'passage'"):
        encoder.encode(["x"], "passage")


def test_making_an_encoder_loads_nothing_and_the_first_call_does(make_checkpoint):
    encoder = Qwen3Encoder(model=str(make_checkpoint(seed=11)))
    _ = encoder.dimension, encoder.space.fingerprint, encoder.config
    assert not encoder.is_loaded
    encoder.encode_document(["x"])
    assert encoder.is_loaded


def test_one_encoder_per_config_and_one_model_for_configs_that_share_it(checkpoint):
    one = load_encoder(model=str(checkpoint))
    assert load_encoder(EncoderConfig(model=str(checkpoint))) is one
    other = load_encoder(model=str(checkpoint), dimension=32)
    one.load()
    assert other is not one
    assert other.is_loaded


def test_after_unloading_the_next_call_loads_again(make_checkpoint):
    encoder = Qwen3Encoder(model=str(make_checkpoint(seed=12)))
    embeddings = encoder.encode_document(["x"])
    encoder.unload()
    assert not encoder.is_loaded
    np.testing.assert_array_equal(encoder.encode_document(["x"]), embeddings)


def test_an_encoder_pickles_as_its_config(encoder):
    encoder.load()
    data = pickle.dumps(encoder)
    assert len(data) < 500
    assert pickle.loads(data).config == encoder.config  # noqa: S301 - our own bytes


def test_the_repr_shows_the_options_and_no_secret(checkpoint):
    shown = repr(Qwen3Encoder(model=str(checkpoint), token="hf_secret", dimension=40))
    assert "dimension=40" in shown
    assert "hf_secret" not in shown


def test_an_embedding_that_stays_non_finite_is_an_error_for_its_caller_only(own_checkpoint):
    import torch
    from safetensors.torch import load_file, save_file

    encoder = Qwen3Encoder(model=str(own_checkpoint))
    poisoned_id = encoder.render_query("").token_ids[0]
    weights = load_file(own_checkpoint / "model.safetensors")
    weights["embed_tokens.weight"][poisoned_id] = torch.nan
    encoder.unload()
    save_file(weights, own_checkpoint / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(NonFiniteError, match=r"Embeddings \[0\]"):
        encoder.encode_query(["x"])
    assert np.isfinite(encoder.encode_document(["x"])).all()


@pytest.mark.parametrize("options", [{"dtype": "float16", "device": "cpu"}, {"device": "cuda:7"}, {"device": "abacus"}])
def test_a_device_or_dtype_that_can_not_serve_is_refused_with_the_reason(checkpoint, options):
    with pytest.raises(ConfigError, match=r"NaN|can't be used"):
        Qwen3Encoder(model=str(checkpoint), **options).load()


def test_max_length_beyond_the_context_is_refused(checkpoint):
    with pytest.raises(ConfigError, match="8192 tokens"):
        Qwen3Encoder(model=str(checkpoint), max_length=8193).encode_document(["x"])


def test_the_progress_bar_draws_to_the_end_on_standard_error_and_only_on_request(checkpoint, capfd):
    Qwen3Encoder(model=str(checkpoint)).encode_document(["a", "b", "a"])
    assert capfd.readouterr().err == ""
    Qwen3Encoder(model=str(checkpoint), show_progress=True).encode_document(["a", "b", "a"])
    out, err = capfd.readouterr()
    assert "3/3" in err
    assert out == ""


def test_loading_and_encoding_print_and_warn_nothing(make_checkpoint, capfd):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Qwen3Encoder(model=str(make_checkpoint(seed=13))).encode_query(["x"])
    assert capfd.readouterr() == ("", "")


def test_a_model_s_name_may_stand_in_place_of_the_config_and_nothing_else():
    assert Qwen3Encoder("tiny").config == EncoderConfig(model="tiny")
    assert load_encoder("tiny") is load_encoder(model="tiny")
    with pytest.raises(ConfigError, match="Found int, expected the name of a model or an EncoderConfig"):
        Qwen3Encoder(3)
