import pytest
from haystack import Document

from qwen3_embed_integrations import ConfigError, InputTypeError
from qwen3_embed_integrations.core.document_texts import checked_documents, checked_field_names, text_of


def test_a_text_is_the_meta_values_that_exist_and_the_content():
    document = Document(content="Sort a list.", meta={"title": "Sorting", "page": 3, "note": None})
    assert text_of(document, ["title", "note", "page", "missing"], " / ") == "Sorting / 3 / Sort a list."
    assert text_of(Document(meta={"title": "Sorting"}), ["title"], "\n") == "Sorting"
    assert text_of(Document(), [], "\n") == ""


def test_what_is_no_list_of_documents_is_refused_by_index():
    documents = [Document(content="a")]
    assert checked_documents(documents, Document) is documents
    with pytest.raises(InputTypeError, match=r"^Expected a list of Document, found str\. Split it\.$"):
        checked_documents("a", Document, " Split it.")
    with pytest.raises(InputTypeError, match=r"^Document 1 is str, expected Document\.$"):
        checked_documents([*documents, "b"], Document)


@pytest.mark.parametrize("names", ["title", [1], {"title": 1}.items()])
def test_what_is_no_list_of_names_is_refused(names):
    with pytest.raises(ConfigError, match="expected a list of field names"):
        checked_field_names(names)


def test_no_names_are_an_empty_list():
    assert checked_field_names(None) == checked_field_names([]) == []
    assert checked_field_names(("a", "b")) == ["a", "b"]
