"""The execution plan of a local model: what computes its forward pass. It changes the speed, never the space."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args, get_type_hints

Matmul = Literal["plain", "prepacked", "upcast"]
Ops = Literal["torch", "numba"]


@dataclass(frozen=True)
class ExecutionPlan:
    """The choices, printed as in "matmul=prepacked ops=numba streams=2 block_tokens=512".

    Attributes:
        matmul: Matrix products by torch's own linear; by oneDNN on weights packed once; or, "upcast", in float32 on
            weights that are stored in bfloat16 or int8 and converted block by block.
        ops: The operations between products, in torch or compiled by numba.
        streams: Batches that are computed in parallel, each on its share of the threads.
        block_tokens: Most tokens that pass through a layer at a time.
    """

    matmul: Matmul = "plain"
    ops: Ops = "torch"
    streams: int = 1
    block_tokens: int = 2048

    def __str__(self) -> str:
        return " ".join(f"{name}={value}" for name, value in asdict(self).items())


def parse_pins(text: str) -> Mapping[str, Any]:
    """Parse the fields that a plan's text pins, as in "matmul=plain streams=1"; "auto" pins none.

    Raises:
        ValueError: The text has an unknown field or value.
    """
    if text == "auto":
        return {}
    kinds = get_type_hints(ExecutionPlan)
    pins: dict[str, Any] = {}
    for part in text.split():
        name, _, value = part.partition("=")
        if name not in kinds:
            known = ", ".join(field.name for field in fields(ExecutionPlan))
            raise ValueError(f'plan has no field {name!r}. Use "auto", or some of {known}, as in "{ExecutionPlan()}".')
        pins[name] = _number(name, value) if kinds[name] is int else _choice(name, value, get_args(kinds[name]))
    return pins


def _number(name: str, value: str) -> int:
    if not value.isdecimal() or not int(value):
        raise ValueError(f"plan: {name}={value!r} must be a whole number of at least 1.")
    return int(value)


def _choice(name: str, value: str, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise ValueError(f"plan: {name}={value!r} is unknown. Use {' or '.join(choices)}.")
    return value
