import pytest

from qwen3_embed_integrations import BM25Index
from qwen3_embed_integrations.rag.corpora.blocks import Block
from qwen3_embed_integrations.rag.corpora.chunking import Chunk
from qwen3_embed_integrations.rag.index import open_index
from qwen3_embed_integrations.rag.words import known_share, question_terms, shared_weight, sync_words, telling_terms


def chunk(text, header=""):
    return Chunk(text, header, "a.md", "A", (), Block(""), "p", 0, 0, len(text))


@pytest.fixture
def index():
    """Twenty documents with "the", one of them with "tower"."""
    index = BM25Index()
    index.add([str(n) for n in range(20)], ["the tower", *(f"the note {n}" for n in range(19))])
    return index


def test_unknown_words_weigh_most_and_common_ones_least(index):
    terms = {term.text: term for term in question_terms(index, "Where is the tower? the zebra")}
    assert terms["zebra"].weight > terms["tower"].weight > terms["the"].weight
    assert [text for text, term in terms.items() if term.is_known] == ["the", "tower"]


def test_the_known_share_goes_from_0_to_1(index):
    share = [known_share(question_terms(index, text)) for text in ("zebra", "tower zebra", "the tower", "", "?!")]
    assert share == [0.0, pytest.approx(0.45, abs=0.1), 1.0, 0.0, 0.0]


@pytest.mark.parametrize("n_documents", [1, 2, 20])
def test_words_of_every_document_are_known_also_in_a_small_folder(n_documents):
    index = BM25Index()
    index.add([str(n) for n in range(n_documents)], ["the boat leaves at nine"] * n_documents)
    shares = [known_share(question_terms(index, text)) for text in ("boat leaves", "the boat whistles")]
    assert shares[0] == 1.0
    assert 0.1 < shares[1] < 0.9


def test_frequent_words_tell_nothing(index):
    assert telling_terms(question_terms(index, "Is the tower a zebra?")) == {"tower"}
    assert telling_terms([]) == frozenset()


def test_the_shared_weight_is_that_of_the_known_terms_in_a_text(index):
    terms = question_terms(index, "Where is the tower? the zebra")
    shares = [shared_weight(terms, text) for text in ("The tower.", "A zebra at the gate.", "Nothing.")]
    assert (shares[0], shares[2]) == (1.0, 0.0)
    assert 0.0 < shares[1] < 0.5
    assert shared_weight([], "The tower.") == 0.0


def test_the_heading_path_is_searched_too():
    index = BM25Index()
    sync_words(index, {"a": chunk("It opens at nine.", "Guide > Harbour")})
    assert [hit.id for hit in index.search("harbour")] == ["a"]
    sync_words(index, {})
    assert len(index) == 0


def test_the_words_follow_the_collection(tmp_path, embeddings, chunks):
    few = dict(list(chunks.items())[:5])
    with open_index(tmp_path / "ix", embeddings, corpus="notes") as index:
        index.sync(few)
        assert set(index.words.ids()) == set(index.collection.get()["ids"]) == set(few)
        del few[next(iter(few))]
        index.sync(few)
        assert set(index.words.ids()) == set(few)


def test_a_killed_run_or_a_damaged_file_is_repaired_by_the_next_sync(tmp_path, embeddings, chunks):
    few = dict(list(chunks.items())[:5])
    with open_index(tmp_path / "ix", embeddings, corpus="notes") as index:
        index.sync(few)
        index.words.delete(list(few)[:2])  # as if it had been killed between the two stores
        index.words.add(["gone"], ["a document that the collection has lost"])
    (file,) = (tmp_path / "ix").glob("bm25-*.sqlite3")
    with open_index(tmp_path / "ix", embeddings, corpus="notes") as index:
        index.sync(few)
        assert set(index.words.ids()) == set(few)
    file.write_bytes(b"no database")
    with open_index(tmp_path / "ix", embeddings, corpus="notes") as index:
        index.sync(few)
        assert set(index.words.ids()) == set(few)


def test_reindexing_leaves_one_file(tmp_path, embeddings, chunks):
    for reindex in (False, True):
        with open_index(tmp_path / "ix", embeddings, corpus="notes", reindex=reindex) as index:
            index.sync(dict(list(chunks.items())[:2]))
            assert [file.name for file in (tmp_path / "ix").glob("bm25-*.sqlite3")] == [
                f"bm25-{index.collection.id}.sqlite3"
            ]
