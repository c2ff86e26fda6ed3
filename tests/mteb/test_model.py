"""mteb runs its own evaluation with our model, on tasks made here."""

import mteb
import numpy as np
import pytest
from datasets import Dataset, DatasetDict
from mteb.abstasks import AbsTaskRetrieval, AbsTaskSTS
from mteb.abstasks.retrieval_dataset_loaders import RetrievalSplitData
from mteb.abstasks.task_metadata import TaskMetadata
from mteb.types import PromptType

from qwen3_embed_integrations import ConfigError, Qwen3Encoder
from qwen3_embed_integrations.core.prompts import TASKS
from qwen3_embed_integrations.mteb import Qwen3MTEBModel

QUERIES = {"q1": "Which city is the capital of France?", "q2": "What do cats do all day?"}
CORPUS = {
    "d1": "Paris is the capital of France and its largest city.",
    "d2": "Cats sleep for most of the day.",
    "d3": "A violin has four strings.",
}
SHARED = {
    "dataset": {"path": "made/here", "revision": "1"},
    "description": "Made in a test.",
    "category": "t2t",
    "eval_splits": ["test"],
    "eval_langs": ["eng-Latn"],
}


class RetrievalMadeHere(AbsTaskRetrieval):
    metadata = TaskMetadata(
        name="RetrievalMadeHere",
        type="Retrieval",
        main_score="ndcg_at_10",
        prompt={"query": "Given a question, retrieve the sentence that answers it"},
        **SHARED,
    )

    def load_data(self, num_proc=None, **_):
        del num_proc
        self.dataset = {
            "default": {
                "test": RetrievalSplitData(
                    queries=Dataset.from_list([{"id": key, "text": text} for key, text in QUERIES.items()]),
                    corpus=Dataset.from_list([{"id": key, "text": text, "title": ""} for key, text in CORPUS.items()]),
                    relevant_docs={"q1": {"d1": 1}, "q2": {"d2": 1}},
                    top_ranked=None,
                )
            }
        }
        self.data_loaded = True


class STSMadeHere(AbsTaskSTS):
    metadata = TaskMetadata(name="STSMadeHere", type="STS", main_score="cosine_spearman", **SHARED)
    min_score, max_score = 0, 5

    def load_data(self, num_proc=None, **_):
        del num_proc
        pairs = [
            ("Cats sleep all day.", "Cats sleep for most of the day.", 5.0),
            ("Cats sleep all day.", "Dogs sleep at night.", 2.0),
            ("Cats sleep all day.", "A violin has four strings.", 0.0),
        ]
        first, second, score = zip(*pairs, strict=True)
        self.dataset = DatasetDict(
            test=Dataset.from_dict({"sentence1": first, "sentence2": second, "score": score}),
        )
        self.data_loaded = True


@pytest.fixture(scope="module")
def model():
    return Qwen3MTEBModel("tiny")


def evaluated(model, task):
    result = mteb.evaluate(model, task, cache=None, co2_tracker=False, show_progress_bar=False)
    (scores,) = result.task_results
    return scores.get_score()


def test_mteb_evaluates_a_retrieval_task_with_prompts_for_queries_alone(model, calls):
    assert evaluated(model, RetrievalMadeHere()) == pytest.approx(1.0)
    seen = {role: sorted(texts) for role, texts in calls}
    assert seen["query"] == sorted(QUERIES.values())
    assert sorted(text.strip() for text in seen["document"]) == sorted(CORPUS.values())


def test_mteb_evaluates_sentence_similarity_with_the_instruction_on_both_sides(model, calls):
    assert evaluated(model, STSMadeHere()) == pytest.approx(1.0)
    assert {role for role, _ in calls} == {"query"}


def encoded(model, metadata, prompt_type, text="Paris is in France."):
    return model.encode(
        [{"text": [text]}], task_metadata=metadata, hf_split="test", hf_subset="default", prompt_type=prompt_type
    )


def test_embeddings_are_those_of_the_encoder_with_the_tasks_instruction(model):
    encoder = Qwen3Encoder(model="tiny")
    metadata, text = mteb.get_task("SciFact").metadata, "Paris is in France."
    query = encoder.encode_query([text], task=TASKS["scientific"].instruction)
    np.testing.assert_array_equal(encoded(model, metadata, PromptType.query), query)
    np.testing.assert_array_equal(encoded(model, metadata, PromptType.document), encoder.encode_document([text]))


def test_a_published_model_keeps_its_entry_and_other_options_are_other_results():
    full, short = Qwen3MTEBModel("0.6B").mteb_model_meta, Qwen3MTEBModel("0.6B", dimension=256).mteb_model_meta
    assert (full.name, short.name) == ("Qwen/Qwen3-Embedding-0.6B",) * 2
    assert full.experiment_kwargs is None
    assert short.experiment_kwargs == {"dimension": 256}


def test_a_folder_is_named_by_its_last_part(model, checkpoint):
    assert model.mteb_model_meta.name == "qwen3-embed-integrations/tiny"
    made = Qwen3MTEBModel(str(checkpoint), device="cpu").mteb_model_meta
    assert made.name == f"qwen3-embed-integrations/{checkpoint.name}"
    assert made.revision
    assert made.embed_dim == 64


def test_a_task_of_ones_own_and_another_precision_are_refused(model):
    with pytest.raises(ConfigError, match="each of mteb's tasks has its own instruction"):
        Qwen3MTEBModel("tiny", task="web")
    metadata = mteb.get_task("SciFact").metadata
    arguments = {"task_metadata": metadata, "hf_split": "test", "hf_subset": "default"}
    with pytest.raises(ConfigError, match="precision='int8'"):
        model.encode([{"text": ["a"]}], **arguments, precision="int8")
    with pytest.raises(ConfigError, match="Found normalize"):
        model.encode([{"text": ["a"]}], **arguments, normalize=False)
    model.encode([{"text": ["a"]}], **arguments, batch_size=8, show_progress_bar=False, precision="float32")
