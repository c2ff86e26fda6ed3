import pytest

from qwen3_embed_integrations.rag.corpora.blocks import UnreadableFileError
from qwen3_embed_integrations.rag.corpora.loaders.xml import attribute, local_name, parse_xml


def test_names_are_without_namespace():
    root = parse_xml(b'<a:b xmlns:a="urn:a" a:c="1" d="2"/>', "x.xml")
    assert (local_name(root), attribute(root, "c"), attribute(root, "d"), attribute(root, "e")) == ("b", "1", "2", "")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<a", "x.xml is no XML"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "defines XML entities"),
        (b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', "defines XML entities"),
    ],
)
def test_entities_and_damage_are_refused(data, reason):
    with pytest.raises(UnreadableFileError, match=reason):
        parse_xml(data, "x.xml")
