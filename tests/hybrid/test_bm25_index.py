import pytest

from qwen3_embed_integrations import ConfigError, InputTypeError
from qwen3_embed_integrations.hybrid import BM25Index, IndexChanges


@pytest.fixture
def index() -> BM25Index:
    index = BM25Index()
    index.add(["b", "a", "c"], ["the tower in Paris", "the cat sleeps", "我喜欢机器学习"])
    return index


def test_a_document_is_found_by_its_words_in_any_script(index: BM25Index) -> None:
    assert [hit.id for hit in index.search("Where is the TOWER?")] == ["b", "a"]
    assert [hit.id for hit in index.search("学习")] == ["c"]
    assert index.search("nothing here") == index.search("") == index.search("?!") == []


def test_equal_scores_keep_the_order_of_adding() -> None:
    index = BM25Index()
    index.add(["z", "m", "a"], ["same words"] * 3)
    assert [hit.id for hit in index.search("words")] == ["z", "m", "a"]
    assert index.ids() == ["z", "m", "a"]


def test_included_documents_come_beyond_the_k_best(index: BM25Index) -> None:
    assert [hit.id for hit in index.search("the tower", 1)] == ["b"]
    assert [hit.id for hit in index.search("the tower", 1, include=["a", "c", "unknown"])] == ["b", "a"]


def test_adding_again_replaces_what_changed(index: BM25Index) -> None:
    assert index.add(["b", "a"], ["the bridge in London", "the cat sleeps"]) == 1
    assert index.search("tower") == []
    assert [hit.id for hit in index.search("bridge")] == ["b"]
    assert len(index) == 3


def test_sync_reads_only_the_texts_that_are_missing(index: BM25Index) -> None:
    asked: list[list[str]] = []

    def texts_of(ids: list[str]) -> list[str]:
        asked.append(ids)
        return [f"text of {name}" for name in ids]

    assert index.sync(["a", "d", "c"], texts_of) == IndexChanges(n_added=1, n_deleted=1)
    assert asked == [["d"]]
    assert index.ids() == ["a", "c", "d"]
    assert index.missing(["x", "a", "b"]) == ["x", "b"]
    assert index.sync([], texts_of) == IndexChanges(n_added=0, n_deleted=3)


def test_more_documents_than_a_batch_are_added_and_deleted() -> None:
    index = BM25Index()
    ids = [str(number) for number in range(1203)]
    assert index.add(ids, ["common"] * 1203) == len(index) == 1203
    assert len(index.search("common", 2000)) == 1203
    assert index.delete(ids[1:]) == 1202
    assert index.ids() == ["0"]


def test_adding_and_deleting_nothing_does_nothing(index: BM25Index) -> None:
    assert index.add([], []) == index.delete([]) == index.delete(["unknown"]) == 0


def test_texts_of_any_characters_are_stored() -> None:
    index = BM25Index()
    texts = ["", "\ud800 lone", 'a "quoted" AND NOT b*', "nul\0byte", "x" * 100_000]
    assert index.add([f"id {number} \0'\"" for number in range(5)], texts) == 5
    assert [hit.id for hit in index.search('"quoted" AND NOT')] == ["id 2 \0'\""]
    assert len(index.search("lone nul x")) == 2


def test_an_index_that_is_closed_opens_again(tmp_path) -> None:
    index = BM25Index(tmp_path / "bm25")
    index.add(["a"], ["tower"])
    index.close()
    assert len(index) == 1


@pytest.mark.parametrize(
    ("ids", "texts", "message"),
    [
        (["a"], ["x", "y"], "1 ids and 2 texts"),
        (["a", "a"], ["x", "y"], "'a' stands for more than one"),
        (["\ud800"], ["x"], "lone surrogate"),
    ],
)
def test_unfit_documents_are_rejected_before_anything_is_stored(index: BM25Index, ids, texts, message) -> None:
    with pytest.raises(ConfigError, match=message):
        index.add(ids, texts)
    assert len(index) == 3


def test_what_is_no_text_is_rejected(index: BM25Index) -> None:
    with pytest.raises(InputTypeError):
        index.add("a", ["x"])
    with pytest.raises(InputTypeError, match="Document 0"):
        index.add(["x"], [1])
    with pytest.raises(InputTypeError):
        index.delete({1})
    with pytest.raises(InputTypeError):
        index.search(None)


@pytest.mark.parametrize("k", [0, -1, True, 1.5])
def test_an_unfit_k_is_rejected(index: BM25Index, k) -> None:
    with pytest.raises(ConfigError, match="positive integer"):
        index.search("x", k)


@pytest.mark.parametrize("options", [{"k1": -1}, {"k1": float("nan")}, {"b": 1.1}])
def test_unfit_constants_are_rejected(options) -> None:
    with pytest.raises(ConfigError, match="expected k1"):
        BM25Index(**options)


def test_the_documents_of_each_term_of_a_query_are_counted() -> None:
    index = BM25Index()
    index.add(["a", "b", "c"], ["the tower the", "the cat", "a dog"])
    assert index.document_frequencies("The tower, the zebra") == {"the": 2, "tower": 1, "zebra": 0}
    assert index.document_frequencies("?!") == {}


def test_no_term_adds_more_than_the_most_that_one_can() -> None:
    index = BM25Index()
    index.add([str(n) for n in range(50)], ["rare " * 40, *["other words"] * 49])
    assert 0.5 * index.max_term_score() < index.search("rare")[0].score <= index.max_term_score()
    assert BM25Index().max_term_score() > 0
