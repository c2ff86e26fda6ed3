"""Each task's instruction, for queries and for documents."""

import mteb
import pytest
from mteb.get_tasks import get_tasks

from qwen3_embed_integrations.core.prompts import TASKS
from qwen3_embed_integrations.mteb.instructions import instruction_of, published_instructions


def test_a_published_instruction_is_that_of_the_query_and_not_of_the_document():
    assert instruction_of("SciFact", "Retrieval", "query") == TASKS["scientific"].instruction
    assert instruction_of("SciFact", "Retrieval", "document") is None


@pytest.mark.parametrize("name", ["ArguAna", "CQADupstackGamingRetrieval", "CQADupstackUnixRetrieval"])
def test_tasks_of_like_texts_have_it_on_both_sides(name):
    assert instruction_of(name, "Retrieval", "document") == instruction_of(name, "Retrieval", "query")


@pytest.mark.parametrize(
    ("task_type", "preset"), [("STS", "sts"), ("PairClassification", "sts"), ("BitextMining", "bitext")]
)
def test_a_type_with_a_rule_has_one_instruction(task_type, preset):
    assert instruction_of("anything", task_type, None, "a prompt of its own") == TASKS[preset].instruction


def test_an_unknown_task_has_the_prompt_of_its_metadata_else_the_default():
    assert instruction_of("New", "Retrieval", "query", {"query": "Find a recipe"}) == "Find a recipe"
    assert instruction_of("New", "Classification", None, "Name the mood") == "Name the mood"
    assert instruction_of("New", "Retrieval", "query") == TASKS["web"].instruction


def test_the_table_names_tasks_that_mteb_has():
    known = {task.metadata.name for task in get_tasks(exclude_superseded=False)}
    by_task, both_sides = published_instructions()
    unknown = sorted(by_task.keys() - known)
    assert len(by_task) == 205, "docs/mteb.md says how many"
    assert len(unknown) <= len(by_task) // 10, f"{mteb.__version__} has not: {unknown}"
    assert both_sides <= by_task.keys()
