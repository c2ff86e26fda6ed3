"""ExportOptions: what is written, and where."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

WeightsDtype = Literal["float32", "float16", "int8", "int8_blocks", "int4"]
BOUNDS: dict[WeightsDtype, float] = {
    "float32": 1e-6,
    "float16": 1e-4,
    "int8": 0.01,
    "int8_blocks": 0.01,
    "int4": 0.05,
}
"""How far a check may find exported embeddings from torch's.

The largest difference of a component in float32, otherwise 1 - the mean cosine; of a reranker the largest difference of
a probability.
"""


class ExportOptions(BaseModel):
    """The options of an export beside the model.

    Example:
        >>> ExportOptions(output="tiny-onnx", weights_dtype="int8").weights_dtype
        'int8'
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    output: Path = Field(Path("exported"), description="Folder of the exported model; it must not exist yet.")
    weights_dtype: WeightsDtype = Field(
        "float32",
        description="Numbers in the files: float32; float16, computed in float32; int8 with a scale for each output "
        "and token; int8_blocks (nearer to float32, slower) and int4 with a scale for each 32 numbers.",
    )
    check: bool = Field(
        default=False, description="Compare embeddings with torch's, and keep nothing if they are too far apart."
    )
    check_texts: Path | None = Field(
        None, description="Text file with a text on each line for the check. None: some of this package."
    )
