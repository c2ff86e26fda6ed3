"""The face of the Haystack integration shows the components of Haystack's namespace."""

from haystack_integrations.components.embedders import qwen3 as embedders
from haystack_integrations.components.rankers import qwen3 as rankers
from haystack_integrations.components.retrievers import qwen3 as retrievers
from qwen3_embed_integrations import haystack


def test_every_component_is_the_one_of_the_namespace():
    components = {name: vars(package)[name] for package in (embedders, rankers, retrievers) for name in package.__all__}
    assert {name: getattr(haystack, name) for name in haystack.__all__} == components
