import pytest

from qwen3_embed_integrations import ConfigError, EncoderConfig
from qwen3_embed_integrations.core.execution_plan import ExecutionPlan, parse_pins


def test_a_printed_plan_pins_itself():
    plan = ExecutionPlan("prepacked", "numba", 3, 512)
    assert ExecutionPlan(**parse_pins(str(plan))) == plan
    assert parse_pins("auto") == {}
    assert parse_pins("streams=1 matmul=plain") == {"streams": 1, "matmul": "plain"}


@pytest.mark.parametrize("text", ["fast", "streams=0", "streams=two", "products=quick", "steps="])
def test_a_pin_that_nobody_knows_is_refused_with_what_there_is(text):
    with pytest.raises(ConfigError, match="plan"):
        EncoderConfig(plan=text)
