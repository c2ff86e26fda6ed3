import pytest

from qwen3_embed_integrations import ConfigError, EncoderConfig
from qwen3_embed_integrations.core.execution_plan import Plan, parse_pins


def test_a_printed_plan_pins_itself():
    plan = Plan("prepacked", "compiled", 3, 512)
    assert Plan(**parse_pins(str(plan))) == plan
    assert parse_pins("auto") == {}
    assert parse_pins("lanes=1 products=plain") == {"lanes": 1, "products": "plain"}


@pytest.mark.parametrize("text", ["fast", "lanes=0", "lanes=two", "products=quick", "steps="])
def test_a_pin_that_nobody_knows_is_refused_with_what_there_is(text):
    with pytest.raises(ConfigError, match="plan"):
        EncoderConfig(plan=text)
