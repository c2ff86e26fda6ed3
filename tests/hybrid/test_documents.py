import sqlite3

import pytest

from qwen3_embed_integrations.hybrid.documents import (
    add_documents,
    batches,
    delete_documents,
    ids_of,
    numbers_of,
    stored_documents,
)
from qwen3_embed_integrations.hybrid.index_file import IndexFile


@pytest.fixture
def file() -> IndexFile:
    return IndexFile(None)


def terms_in(file: IndexFile) -> list[str]:
    def read(connection: sqlite3.Connection) -> list[str]:
        return [term for (term,) in connection.execute("SELECT term FROM vocabulary ORDER BY term")]

    return file.run(read)


def test_only_new_and_changed_texts_are_written(file: IndexFile) -> None:
    assert file.run(lambda c: add_documents(c, {"a": "one", "b": "two"}), write=True) == 2
    assert file.run(lambda c: add_documents(c, {"a": "one", "b": "three"}), write=True) == 1
    assert terms_in(file) == ["one", "three"]


def test_a_changed_document_keeps_its_number(file: IndexFile) -> None:
    file.run(lambda c: add_documents(c, {"a": "one", "b": "two"}), write=True)
    before = file.run(lambda c: numbers_of(c, ["a"]))
    file.run(lambda c: add_documents(c, {"a": "three"}), write=True)
    assert file.run(lambda c: numbers_of(c, ["a"])) == before
    assert file.run(lambda c: ids_of(c, before)) == {before[0]: "a"}


def test_deleting_removes_the_terms(file: IndexFile) -> None:
    file.run(lambda c: add_documents(c, {"a": "one 学习", "b": "one"}), write=True)
    assert file.run(lambda c: delete_documents(c, ["a", "unknown"]), write=True) == 1
    assert terms_in(file) == ["one"]
    assert set(file.run(lambda c: stored_documents(c, ["a", "b"]))) == {"b"}


def test_batches_have_at_most_500_items() -> None:
    assert [len(batch) for batch in batches(range(1001))] == [500, 500, 1]
