"""The bundled model's training: its start, its texts, its losses, and that it goes on where it stopped."""

import copy
import random
from importlib.resources import files

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from tools.train_tiny.losses import contrastive_loss, distillation_loss, pair_distillation_loss
from tools.train_tiny.measured import Measured, interval, load_scores, save_scores
from tools.train_tiny.metrics import spearman
from tools.train_tiny.model import CARRIER, HIDDEN_SIZE, build_model
from tools.train_tiny.order import OrderOptions, train_order
from tools.train_tiny.pair_sampler import PairSampler, sentence_of
from tools.train_tiny.position_weights import token_weights
from tools.train_tiny.sources.code_functions import python_functions
from tools.train_tiny.sources.translated_docs import aligned_texts, parse_markdown, parse_xml
from tools.train_tiny.template_words import TRAINING_WORDS
from tools.train_tiny.templates import UNSEEN_KINDS, development_triples, training_triples
from tools.train_tiny.token_vectors import BagOfTokens
from tools.train_tiny.train import Start, TrainingOptions, train
from tools.train_tiny.training_text import TrainingText
from transformers import AutoTokenizer

PACKAGED = files("qwen3_embed_integrations") / "models" / "tiny"


@pytest.fixture(scope="module")
def vectors():
    torch.manual_seed(0)
    n_tokens = len(AutoTokenizer.from_pretrained(str(PACKAGED)))
    return torch.randn(n_tokens, HIDDEN_SIZE) * torch.rand(n_tokens, 1)


@pytest.fixture
def model(vectors):
    torch.manual_seed(0)
    return build_model(AutoTokenizer.from_pretrained(str(PACKAGED)), vectors).eval()


@pytest.fixture
def tokenizer():
    return Tokenizer.from_file(str(PACKAGED / "tokenizer.json"))


@pytest.mark.parametrize("n_tokens", [2, 9, 40, 150, 447])
def test_the_model_starts_as_the_weighed_mean_of_its_token_vectors(model, vectors, n_tokens):
    token_ids = torch.randint(0, 30_000, (n_tokens,))
    with torch.no_grad():
        found = model(torch.tensor([[*token_ids.tolist(), model.config.pad_token_id]])).last_hidden_state[0, -1]
    wanted = torch.from_numpy(token_weights(n_tokens)) @ vectors[token_ids]
    cosine = torch.cosine_similarity(found[:CARRIER], wanted[:CARRIER], dim=0)
    assert cosine > 0.995  # attention in the second layer is nearly uniform, not quite: it is to be trained


def test_a_short_text_is_weighed_evenly_and_a_long_one_by_its_beginning():
    short, long = token_weights(30), token_weights(400)
    assert short.max() < 1.5 * short.min()
    assert long[:20].mean() > 2 * long[200:].mean()


def _pairs():
    words = [
        "apple",
        "river",
        "stone",
        "window",
        "paper",
        "garden",
        "engine",
        "bridge",
        "candle",
        "mirror",
        "basket",
        "ladder",
    ]
    rng = random.Random(0)
    for number in range(120):
        text = " ".join(rng.choices(words, k=12)) + f" {number}."
        yield TrainingText("words", "en", f"{text[:20]} {number}", role="query", answer=text)
        yield TrainingText("words", "de", f"auf Deutsch: {text}", english=text)


def _train(model, tokenizer, vectors, checkpoint, steps):
    sampler = PairSampler(_pairs(), {"qa": 0.4, "bitext": 0.4, "triple": 0.2})
    options = TrainingOptions(60, batch_size=8, n_triples=4, warmup_steps=2, max_steps=steps)
    train(Start(model, tokenizer, vectors), sampler, checkpoint, options)
    return torch.load(checkpoint, weights_only=True)["progress"]


def test_training_moves_every_layer_and_goes_on_from_its_checkpoint(model, tokenizer, vectors, tmp_path):
    before = {name: weight.clone() for name, weight in model.named_parameters()}
    first = _train(model, tokenizer, vectors, tmp_path / "checkpoint.pt", steps=3)
    assert first["step"] == 3
    moved = {name for name, weight in model.named_parameters() if not torch.equal(weight, before[name])}
    for layer in range(2):
        for part in ("self_attn.q_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.down_proj"):
            assert f"layers.{layer}.{part}.weight" in moved
    second = _train(model, tokenizer, vectors, tmp_path / "checkpoint.pt", steps=5)
    assert second["step"] == 5
    assert second["n_tokens"] > first["n_tokens"]


def _moved_by_order(model, tokenizer, folder, anchor_weight):
    """Train the stage of order on a copy; return the copy and the cosine of a real text to where it was."""
    trained = copy.deepcopy(model)
    sampler = PairSampler(_pairs(), {"qa": 0.5, "bitext": 0.5})
    options = OrderOptions(60, n_triples=4, anchor_weight=anchor_weight, warmup_steps=1, max_steps=12)
    steps = train_order(trained, tokenizer, sampler, folder / "none.pt", folder / f"{anchor_weight}.pt", options)
    assert steps == 12
    token_ids = torch.tensor([[*tokenizer.encode("river stone paper window").ids, model.config.pad_token_id]])
    with torch.no_grad():
        before, after = (one(token_ids).last_hidden_state[0, -1] for one in (model, trained))
    return trained, float(torch.cosine_similarity(before, after, dim=0))


def test_the_stage_of_order_trains_the_layers_alone_and_holds_real_texts(model, tokenizer, tmp_path):
    _, free = _moved_by_order(model, tokenizer, tmp_path, 0.0)
    trained, held = _moved_by_order(model, tokenizer, tmp_path, 1000.0)
    assert held > free
    before = dict(model.named_parameters())
    moved = {name for name, weight in trained.named_parameters() if not torch.equal(weight, before[name])}
    assert {name.split(".")[0] for name in moved} == {"layers"}
    stored = torch.load(tmp_path / "1000.0.pt", weights_only=True)["model"]
    assert torch.equal(stored["layers.0.mlp.down_proj.weight"], trained.layers[0].mlp.down_proj.weight)


def test_a_right_pair_costs_less_than_a_wrong_one_and_a_negative_costs_more():
    torch.manual_seed(0)
    left, wrong = torch.randn(6, 256), torch.randn(6, 256)
    none = torch.zeros(6, 256)
    right = contrastive_loss(left, left, none, symmetric=True)
    assert right < contrastive_loss(left, left.roll(1, 0), none, symmetric=True)
    assert right < contrastive_loss(left, left, none, left + 0.1 * wrong, symmetric=True)


def test_distillation_costs_nothing_where_the_similarities_are_the_teachers_and_something_elsewhere():
    torch.manual_seed(0)
    embeddings = torch.nn.functional.normalize(torch.randn(8, 64), dim=-1)
    narrow = torch.nn.functional.pad(embeddings, (0, 192))  # the first 64 dimensions say all
    assert distillation_loss(narrow, embeddings).item() == pytest.approx(0.0, abs=1e-5)
    assert pair_distillation_loss((narrow, narrow), (embeddings, embeddings)).item() == pytest.approx(0.0, abs=1e-5)
    other = narrow.roll(1, 1)
    other[:, 1:5] = 0.0
    assert distillation_loss(other, embeddings).item() > 0.01
    assert pair_distillation_loss((other, narrow), (embeddings, embeddings)).item() > 0.01


def test_the_bag_ignores_order_so_that_order_is_the_layers_to_learn(tokenizer, vectors):
    one, other = BagOfTokens(tokenizer).encode(vectors, [" A owes B", " B owes A"])
    assert torch.cosine_similarity(one, other, dim=0) > 0.99


def test_development_triples_share_no_names_and_two_kinds_are_never_trained_on():
    trained, held_out = training_triples(400, seed=1), development_triples(400)
    assert not {triple.kind for triple in trained} & set(UNSEEN_KINDS)
    names = [name for name in TRAINING_WORDS.people if name.istitle()]
    assert not [triple for triple in held_out if any(name in triple.anchor.split() for name in names)]


def test_the_sentences_of_a_triple_differ():
    for triple in [*training_triples(300, seed=2), *development_triples(300)]:
        assert len({triple.anchor, triple.same, triple.different}) == 3


def test_pages_align_section_by_section_and_not_where_their_headings_differ():
    english = parse_markdown("# Cats\n\nCats sleep for most of the day.\n\n## Food\n\nThey eat fish and birds.\n")
    german = parse_markdown(
        "# Katzen\n\nKatzen schlafen den halben Tag.\n\n## Futter\n\nKatzen fressen Fische und Vögel.\n"
    )
    pairs = {text.text: text.english for text in aligned_texts("pets", "de", english, german) if text.english}
    assert pairs["Katzen fressen Fische und Vögel."] == "They eat fish and birds."
    other = parse_markdown("# Katzen\n\nKatzen schlafen den halben Tag.\n")
    assert not list(aligned_texts("pets", "de", english, other))


def test_xml_sections_leave_code_out_and_keep_paragraphs():
    page = "<refentry><refname>f</refname><para>Return the first item.</para><screen>f(1) and more</screen></refentry>"
    assert [section.blocks for section in parse_xml(page)][-1] == ("Return the first item.",)


def test_a_function_is_read_without_its_docstring():
    ((name, docstring, code),) = python_functions('def add(a, b):\n    """Add two numbers."""\n    return a + b\n')
    assert (name, docstring) == ("add", "Add two numbers.")
    assert "Add two" not in code
    assert "return a + b" in code


def test_a_sentence_asks_for_the_rest_of_its_passage():
    text = "Bees make honey. Wasps do not. Ants live below the ground."
    for seed in range(20):
        asked, rest = sentence_of(text, random.Random(seed))
        assert asked in text
        assert rest
    assert sentence_of("One sentence alone.", random.Random(0)) is None


def test_spearman_gives_equal_values_their_mean_rank():
    assert spearman(np.array([1.0, 2.0, 2.0, 3.0]), np.array([1.0, 2.0, 2.0, 9.0])) == pytest.approx(1.0)
    assert spearman(np.array([1.0, 2.0, 3.0]), np.array([3.0, 2.0, 1.0])) == pytest.approx(-1.0)


def test_the_interval_of_a_figure_holds_it_and_that_of_no_difference_is_nothing():
    measured = Measured(np.random.default_rng(0).uniform(0, 100, 200))
    low, high = interval(measured)
    assert low < measured.value() < high
    assert interval(measured, measured) == (0.0, 0.0)


def test_kept_scores_come_back(tmp_path):
    made = {"a/b | 256 | none": Measured(np.array([0.0, 100.0])), "c | 256 | sts": Measured(np.ones(3), np.arange(3.0))}
    save_scores(made, tmp_path / "scores.npz")
    found = load_scores(tmp_path / "scores.npz")
    assert found["a/b | 256 | none"].value() == 50.0
    assert found["c | 256 | sts"].gold.tolist() == [0.0, 1.0, 2.0]
