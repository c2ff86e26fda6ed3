import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwen3_embed_integrations.hybrid.tokenizer import MAX_TERM_CHARACTERS, tokenize


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("getUserName", ["getusername", "get", "user", "name"]),
        ("HTTPServer2", ["httpserver2", "http", "server", "2"]),
        ("foo_bar", ["foo_bar", "foo", "bar"]),
        ("__init__", ["init"]),
        ("os.path.join(a)", ["os.path.join", "os", "path", "join", "a"]),
        ("utf-8", ["utf-8", "utf", "8"]),
        ("v1.2.3.", ["v1.2.3", "v", "1", "2", "3"]),
        ("C++, C#", ["c++", "c#"]),
        ("1,000,000 or 3.14", ["1000000", "or", "3.14", "3", "14"]),
        ("The end. Next", ["the", "end", "next"]),
        ("x of 7", ["x", "of", "7"]),
        ("i.e. the U.S.A.", ["i.e", "ie", "the", "u.s.a", "usa"]),
        ("x.y.size", ["x.y.size", "x", "y", "size"]),
        ("?! … 🎉", []),
    ],
)
def test_an_identifier_is_kept_whole_and_in_parts(text: str, terms: list[str]) -> None:
    assert tokenize(text) == terms


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("机器学习", ["机", "机器", "器", "器学", "学", "学习", "习"]),
        ("東京タワーは", ["東", "東京", "京", "タワ", "ワー", "は"]),
        ("한국어를 물", ["한국어를", "한국", "국어", "어를", "물"]),
        ("ไทย", ["ไท", "ทย"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("நன்றி తెలుగు বাংলা", ["நன்றி", "తెలుగు", "বাংলা"]),
        ("v2版本", ["v2", "v", "2", "版", "版本", "本"]),
    ],
)
def test_every_script_has_terms(text: str, terms: list[str]) -> None:
    assert tokenize(text) == terms


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("STRASSE", "straße"),
        ("café", "cafe\u0301"),
        ("Café", "CAFE"),
        ("ΆΓΙΟΣ", "άγιος"),
        ("KIRMIZI", "kırmızı"),
        ("ﬁle ４２", "file 42"),
        ("٤٢", "42"),
        ("العَرَبِيَّة", "العربية"),
        ("co\u00adoperate", "cooperate"),
        ("می\u200cخواهم", "میخواهم"),
    ],
)
def test_forms_of_one_word_are_one_term(one: str, other: str) -> None:
    assert tokenize(one) == tokenize(other) != []


def test_vowel_signs_of_indic_scripts_tell_words_apart() -> None:
    assert tokenize("की") != tokenize("का")


def test_a_query_of_one_chinese_character_meets_every_text_with_it() -> None:
    assert set(tokenize("茶")) <= set(tokenize("我喝茶很多"))


@given(st.text())
def test_any_text_has_terms_that_the_index_can_store(text: str) -> None:
    for term in tokenize(text):
        assert 0 < len(term) <= MAX_TERM_CHARACTERS
        assert term.split() == [term]
        assert term.encode()


@given(st.lists(st.text(alphabet="aB1_.-+#@学びไทय\u093fé", max_size=6), max_size=5))
def test_a_word_has_the_same_terms_alone_and_in_a_text(words: list[str]) -> None:
    assert tokenize(" ".join(words)) == [term for word in words for term in tokenize(word)]
