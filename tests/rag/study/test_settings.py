from qwen3_embed_integrations.rag.corpora.chunking import ChunkOptions
from qwen3_embed_integrations.rag.study.settings import PRESENT, Setting, all_settings


def test_the_present_setting_is_that_of_the_command():
    assert PRESENT.chunk_options == ChunkOptions()
    assert PRESENT.flags == "--chunk-tokens 400 --chunk-overlap 60 --chunk-by section"


def test_every_combination_is_compared_once_after_the_present_one():
    found = all_settings([128, 512], [0, 15], [True], ["section", "tokens"])
    assert found[0] == PRESENT
    assert len(found) == len(set(found)) == 8
    assert Setting(128, 0, headers=True, by="tokens") in found


def test_a_setting_is_named_by_what_it_does():
    assert Setting(128, 0, headers=False, by="page").name == "128 page"
    assert PRESENT.name == "512 section, 15 %, headers"
