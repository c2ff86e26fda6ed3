"""The bundled model's training: its texts, its losses, its optimizer, and that it goes on where it stopped."""

import random
import subprocess
import sys
from functools import partial
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import BertPreTokenizer
from tools.train_tiny import architecture, bundle, bundle_files, teacher_vectors
from tools.train_tiny.bundle import write_bundle
from tools.train_tiny.bundle_files import Bundle
from tools.train_tiny.export import trained_model
from tools.train_tiny.losses import pair_loss, similarity_loss, triple_loss
from tools.train_tiny.measured import Measured, interval, load_scores, save_scores
from tools.train_tiny.metrics import spearman
from tools.train_tiny.muon import Muon
from tools.train_tiny.pairs import as_pair, sentence_of
from tools.train_tiny.prepare import prepared
from tools.train_tiny.prompts import InstructionTable
from tools.train_tiny.sources.code_functions import python_functions
from tools.train_tiny.sources.translated_docs import aligned_texts, parse_markdown, parse_xml
from tools.train_tiny.steps import Sizes, StepSampler
from tools.train_tiny.template_words import TRAINING_WORDS
from tools.train_tiny.templates import UNSEEN_KINDS, development_triples, training_triples
from tools.train_tiny.token_store import Model, TokenArrays, TokenStore
from tools.train_tiny.train import Options, train
from tools.train_tiny.training_text import TrainingText
from transformers import BertConfig, BertModel, Qwen3Model

from qwen3_embed_integrations import Qwen3Encoder

ROOT = Path(__file__).parents[2]
PACKAGED = files("qwen3_embed_integrations") / "models" / "tiny"
WORDS = [
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


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.from_file(str(PACKAGED / "tokenizer.json"))


@pytest.fixture(scope="module")
def weights(tokenizer):
    torch.manual_seed(0)
    found = Qwen3Model(_config(tokenizer)).state_dict()
    return {name: tensor.normal_(0.0, tensor.shape[-1] ** -0.5) for name, tensor in found.items()}


def _config(tokenizer):
    ends = (tokenizer.token_to_id(token) for token in (architecture.END_TOKEN, architecture.CHAT_END_TOKEN))
    return architecture.config(tokenizer.get_vocab_size(), *ends)


def test_the_forward_pass_is_that_of_the_published_architecture(weights, tokenizer):
    model = Qwen3Model(_config(tokenizer)).eval()
    model.load_state_dict(weights)
    ids, lengths = torch.randint(0, 30_000, (5, 40)), torch.tensor([40, 3, 17, 1, 25])
    with torch.no_grad():
        found = architecture.last_token(weights, weights["embed_tokens.weight"][ids], lengths)
        for place, n in enumerate(lengths):
            wanted = model(ids[place : place + 1, :n]).last_hidden_state[0, -1]
            assert torch.allclose(found[place], wanted, atol=2e-5)


def test_ids_behind_an_instruction_are_those_of_the_whole_prompt(tokenizer):
    texts = [
        "How do I read a file?",
        "",
        " a space first",
        "日本語の文章です。",
        "3.5 is a number",
        '"quoted" words',
        "مرحبا",
    ]
    before = InstructionTable().before_colon()
    ids = [tokenizer.encode(text, add_special_tokens=False).ids for text in before]
    store = TokenStore(TokenArrays.of(tokenizer, texts), ids, tokenizer.encode("").ids[-1], "cpu")
    for instruction in (0, 1, 7, len(before) - 1):
        seen = []

        def keep(hidden, lengths, seen=seen):
            token_ids = hidden[..., 0].int()  # each id's vector is its number
            first = len(seen)
            seen += [ids[:n].tolist() for ids, n in zip(token_ids, lengths, strict=True)]
            return torch.arange(first, len(seen))[:, None].float()

        model = Model(torch.arange(tokenizer.get_vocab_size())[:, None].float(), torch.float32, keep)
        order, n_tokens = store.embed(model, np.arange(len(texts)), np.full(len(texts), instruction), 64)
        prompt = before[instruction] + ":" if instruction else ""
        expected = [tokenizer.encode(prompt + text).ids for text in texts]
        assert [seen[int(place)] for place in order[:, 0]] == expected
        assert n_tokens == sum(map(len, expected))


def _texts():
    rng = random.Random(0)
    for number in range(120):
        text = " ".join(rng.choices(WORDS, k=12)) + f" {number}."
        yield TrainingText("words", "en", f"{text[:20]} {number}", role="query", answer=text)
        yield TrainingText("words", "de", f"auf Deutsch: {text}", english=text)
        yield TrainingText("words", "ja", f"\u65e5\u672c {text[:20]} {number}", role="query", answer=f"\u672c {text}")
        yield TrainingText(
            "code:words", "en", f"return {number} of {text[:9]}", "query", answer=f"def f{number}(): {text}"
        )
        yield TrainingText("words", "en", " ".join(rng.choices(WORDS, k=7)) + f" {number}")
        yield TrainingText("words", "en", " ".join(f"{text} {word}." for word in WORDS))


@pytest.fixture(scope="module")
def teacher(tmp_path_factory):
    """Return a folder of a small BERT with random weights, as the real teacher's is."""
    folder = tmp_path_factory.mktemp("teacher")
    words = Tokenizer(WordLevel({"[PAD]": 0, "[UNK]": 1} | {w: i + 2 for i, w in enumerate(WORDS)}, unk_token="[UNK]"))
    words.pre_tokenizer = BertPreTokenizer()
    words.save(str(folder / "tokenizer.json"))
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=32, hidden_size=256, num_hidden_layers=1, num_attention_heads=4, intermediate_size=64
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def bundled(teacher, tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setattr(bundle, "_SCENES", 40)
    folder = tmp_path_factory.mktemp("bundle")
    write_bundle(_texts(), folder, PACKAGED, teacher, n_triples=60, cap=200)
    patch.undo()
    return Bundle(folder)


def test_a_bundle_holds_pairs_of_each_kind_and_the_teacher_within_8_bits(bundled, teacher):
    kinds = {(bundle_files.PAIR_KINDS[group.kind], group.language) for group in bundled.groups}
    assert kinds == {("qa", "en"), ("qa", "ja"), ("bitext", "de"), ("code", "en"), ("passage", "en")}
    assert len(bundled.numbers["ends"]) == sum(group.n_pairs for group in bundled.groups)
    n_texts = len(bundled.numbers["is_english"])
    assert len(bundled.tokens.lengths) == n_texts + 3 * int(bundled.numbers["n_triples"])
    ids, lengths = bundled.teacher_texts()
    assert len(lengths) == bundled.numbers["is_english"].sum()
    found = teacher_vectors.teacher_embeddings(bundled.teacher(), ids, lengths, "cpu", torch.float32)
    original = BertModel.from_pretrained(teacher, add_pooling_layer=False)
    exact = teacher_vectors.teacher_embeddings(original, ids, lengths, "cpu", torch.float32)
    assert float((found * exact).float().sum(1).min()) > 0.999


def test_a_step_holds_blocks_of_each_kind_behind_instructions(bundled):
    negatives = {
        kind: np.zeros((sum(g.n_pairs for g in bundled.groups if g.kind == number and g.language == "en"), 4), np.int64)
        for number, kind in enumerate(bundle_files.PAIR_KINDS)
        if kind in {"qa", "code"}
    }
    step = next(StepSampler(bundled, negatives, Sizes().scaled(0.03)).steps(seed=0))
    assert {block.kind for block in step.blocks} == {"qa", "passage", "code", "bitext", "similar", "triple"}
    numbers, prefixes = step.texts()
    assert len(numbers) == len(prefixes) == step.n_texts
    for block in step.blocks:
        assert len(numbers[block.left]) == block.n
        if block.kind in {"qa", "code", "passage"}:
            assert not prefixes[block.right].any()  # only what asks stands behind an instruction
        if block.kind == "qa":
            assert len(set(numbers[block.right][: block.n])) == block.n


def test_training_moves_every_layer_goes_on_from_its_checkpoint_and_can_be_exported(bundled, tmp_path):
    def options(max_steps):
        return Options(60, "cpu", tmp_path, share=0.01, group_tokens=2048, max_steps=max_steps)

    lines = []
    first = train(bundled, options(2), lines.append)
    assert not [name for name, tensor in first.items() if torch.equal(tensor, bundled.start[name].float())]
    progress = torch.load(tmp_path / "checkpoint.pt", weights_only=True)["progress"]
    assert progress["step"] == 2
    again = train(bundled, options(3), lines.append)
    assert torch.load(tmp_path / "checkpoint.pt", weights_only=True)["progress"]["step"] == 3
    assert not torch.equal(again["norm.weight"], first["norm.weight"])
    assert lines[-1].startswith("step 3,")
    exported = trained_model(tmp_path, PACKAGED)
    wanted = again["layers.1.mlp.down_proj.weight"].detach().half().float()
    assert torch.equal(exported.layers[1].mlp.down_proj.weight, wanted)
    began = bundled.start["layers.1.mlp.down_proj.weight"].float()
    halfway = trained_model(tmp_path, PACKAGED, share=0.5).layers[1].mlp.down_proj.weight
    torch.testing.assert_close(halfway, (began + wanted) / 2)


def test_two_processes_take_the_same_steps_on_different_texts(bundled, tmp_path):
    """Average the gradients of two processes, of which the first writes."""
    chosen = ["--minutes", "60", "--max-steps", "2", "--share", "0.01", "--group-tokens", "2048"]
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command += ["-m", "tools.train_tiny.train", str(bundled.folder), "--out", str(tmp_path / "two"), *chosen]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True, timeout=300)  # noqa: S603 - our own module
    alone = train(bundled, Options(60, "cpu", tmp_path / "one", share=0.01, group_tokens=2048, max_steps=2), print)
    progress = {
        name: torch.load(tmp_path / name / "checkpoint.pt", weights_only=True)["progress"] for name in ("one", "two")
    }
    assert [progress[name]["step"] for name in ("one", "two")] == [2, 2]
    assert 1.7 < progress["two"]["n_tokens"] / progress["one"]["n_tokens"] < 2.3
    together = load_file(tmp_path / "two" / "layers.safetensors")["layers.1.mlp.down_proj.weight"]
    assert not torch.equal(together, alone["layers.1.mlp.down_proj.weight"].half())


def _store(bundled):
    known = bundled.instructions
    return TokenStore(bundled.tokens, known.ids, known.end_token, "cpu")


def test_training_starts_as_the_model_that_is_there(bundled, tokenizer):
    texts = ["How do I read a file?", "sorted() returns a new list. " * 8, "\u65e5\u672c\u8a9e\u306e\u6587\u7ae0"]
    known = bundled.instructions
    start = {name: tensor.float() for name, tensor in bundled.start.items()}
    store = TokenStore(TokenArrays.of(tokenizer, texts), known.ids, known.end_token, "cpu")
    model = Model(start["embed_tokens.weight"], torch.float32, partial(architecture.last_token, start))
    found, _ = store.embed(model, np.arange(3), np.zeros(3, np.int64), 1 << 12)
    found = torch.nn.functional.normalize(found, dim=-1).numpy()
    np.testing.assert_allclose(found, Qwen3Encoder(model="tiny").encode_document(texts), atol=1e-5)


def test_what_another_bundle_prepared_is_refused(bundled, tmp_path):
    kept = tmp_path / "prepared.pt"
    torch.save({"rows": torch.zeros(3, 256), "wanted": torch.zeros(3, 256), "negatives": {}}, kept)
    with pytest.raises(ValueError, match=r"of 3 texts, the bundle .* made of another bundle"):
        prepared(bundled, _store(bundled), torch.float32, kept)


def test_a_right_pair_costs_less_than_a_wrong_one_and_a_masked_one_nothing():
    torch.manual_seed(0)
    left = torch.randn(6, 256)
    none = torch.zeros(6, 6, dtype=torch.bool)
    right = pair_loss(left, left, none, symmetric=True)
    assert right < pair_loss(left, left.roll(1, 0), none, symmetric=True)
    copies = torch.cat([left, left.roll(1, 0)])
    masked = torch.zeros(6, 12, dtype=torch.bool)
    masked[:, 6:] = True
    assert pair_loss(left, copies, masked, symmetric=False).item() == pytest.approx(
        pair_loss(left, left, none, symmetric=False).item(), abs=1e-5
    )


def test_the_teachers_similarities_cost_nothing_and_others_something():
    torch.manual_seed(0)
    embeddings = torch.nn.functional.normalize(torch.randn(8, 64), dim=-1)
    narrow = torch.nn.functional.pad(embeddings, (0, 192))  # the first 64 numbers say all
    assert similarity_loss(narrow, embeddings).item() == pytest.approx(0.0, abs=1e-4)
    assert similarity_loss(torch.randn(8, 256), embeddings).item() > 0.1


def test_a_sentence_of_another_meaning_nearby_costs_more():
    torch.manual_seed(0)
    one, other = torch.randn(6, 256), torch.randn(6, 256)
    assert triple_loss(one, one, other) < triple_loss(one, one + other, one)


def test_muon_moves_along_singular_vectors_as_far_as_adam_would():
    torch.manual_seed(0)
    matrices = [torch.randn(24, 8, requires_grad=True) for _ in range(2)]
    before = [matrix.detach().clone() for matrix in matrices]
    for matrix in matrices:
        matrix.grad = torch.randn(24, 3) @ torch.randn(3, 8) + 0.1 * torch.randn(24, 8)
    Muon(matrices, 0.01).step()
    for matrix, start in zip(matrices, before, strict=True):
        moved = start * (1 - 0.01 * 0.01) - matrix.detach()
        sizes = torch.linalg.svdvals(moved) / (0.01 * 0.2 * 24**0.5)
        assert 0.5 < sizes.min() < sizes.max() < 1.4
        assert float((moved * matrix.grad).sum()) > 0


def test_what_a_text_gives_as_a_pair():
    assert as_pair(TrainingText("a", "de", "Hund", english="dog")) == ("bitext", "Hund", "dog")
    assert as_pair(TrainingText("code:a", "en", "add", answer="def add"))[0] == "code"
    assert as_pair(TrainingText("a", "en", "What?", answer="That."))[0] == "qa"
    assert as_pair(TrainingText("a", "en", "alone")) is None


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
    sentences = ["Bees make honey of what they find.", "Wasps do not, but eat fruit.", "Ants live below the ground."]
    passage = " ".join(f"{sentence} {number}." for number in range(6) for sentence in sentences)
    for seed in range(20):
        asked, rest = sentence_of(TrainingText("insects", "en", passage), random.Random(seed))
        assert asked in passage
        assert rest
    assert sentence_of(TrainingText("insects", "en", sentences[0]), random.Random(0)) is None


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
