import numpy as np

from qwen3_embed_integrations.rag.corpora.blocks import Block, ParsedDocument
from qwen3_embed_integrations.rag.study.cutting import cut, index_bytes
from qwen3_embed_integrations.rag.study.questions import AnsweredQuestion, Quote
from qwen3_embed_integrations.rag.study.settings import Setting
from rag_documents import count_words

SENTENCES = [f"Sentence {n} of the long section says a thing of its own." for n in range(60)]
TEXT = " ".join(SENTENCES)
DOCUMENT = ParsedDocument("a.txt", "A", (Block(TEXT),))


def question(first, last, source="a.txt"):
    start, end = TEXT.index(SENTENCES[first]), TEXT.index(SENTENCES[last]) + len(SENTENCES[last])
    return AnsweredQuestion("?", ((Quote(source, start, end),),))


def test_each_chunk_tells_which_part_of_a_quote_it_holds():
    made = cut([DOCUMENT], [question(10, 10)], Setting(64, 0), count_words)
    ((parts,),) = made.coverage
    assert sum(part.share for part in parts) == 1
    (whole,) = parts
    assert SENTENCES[10] in made.texts[whole.chunk]
    assert 0 <= whole.begin < whole.until <= 1


def test_quotes_that_no_chunk_holds_whole_are_counted():
    questions = [question(10, 10), question(3, 30)]
    assert cut([DOCUMENT], questions, Setting(64, 0), count_words).share_cut_in_two == 0.5
    assert cut([DOCUMENT], questions, Setting(8192, 0), count_words).share_cut_in_two == 0


def test_a_text_that_stands_in_two_files_is_one_chunk_and_answers_for_both():
    twin = ParsedDocument("b.txt", "B", (Block(TEXT),))
    made = cut([DOCUMENT, twin], [question(5, 5), question(5, 5, "b.txt")], Setting(8192, 0), count_words)
    assert len(made.texts) == 1
    assert [parts[0].chunk for (parts,) in made.coverage] == [0, 0]


def test_the_bytes_are_those_of_vectors_and_texts():
    made = cut([DOCUMENT], [question(5, 5)], Setting(8192, 0, headers=False), count_words)
    assert index_bytes(made, np.zeros((1, 4), dtype=np.float32)) == 16 + len(TEXT)


def test_headers_can_be_left_out_of_what_is_embedded():
    document = ParsedDocument("a.md", "Guide", (Block("Install", "heading", level=1), Block("Run it.")))
    assert cut([document], [], Setting(headers=True), count_words).texts == ("Guide > Install\n\nRun it.",)
    assert cut([document], [], Setting(headers=False), count_words).texts == ("Run it.",)
