"""BulkOptions: every option of the command `embed` beside the encoder's."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Precision = Literal["float32", "float16"]
Executor = Literal["process", "processes", "ray"]


class TableOptions(BaseModel):
    """How the texts of a table are embedded."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text_column: str = Field("text", description="Column that holds the texts.", min_length=1)
    role: Literal["document", "query"] = Field("document", description="What the texts are.")
    precision: Precision = Field("float32", description="Numbers of the embeddings in the output.")


class BulkOptions(TableOptions):
    """The options of the command `embed` beside the inputs and the encoder's options."""

    output: Path = Field(Path("embeddings"), description="Folder for the embeddings; run again to continue.")
    id_column: str | None = Field(
        None, description="Column that names each record. None: the file and the number of the record in it."
    )
    keep_text: bool = Field(default=False, description="Write the texts beside their embeddings.")
    output_format: Literal["parquet", "npy"] = Field(
        "parquet", description="Shards as Parquet files, or as .npy files with a .jsonl beside each."
    )
    to: str | None = Field(
        None, description='Collection to add the finished shards to, as in "qdrant:http://localhost:6333#docs".'
    )
    shard_records: int = Field(4096, description="Records of one shard.", ge=1)
    executor: Executor = Field("process", description='Who computes: "process", "processes" or "ray".')
    workers: int | None = Field(None, description="Processes or actors. None: one per device.", ge=1)
    devices: tuple[str, ...] = Field((), description="Device of a worker, as in cuda:0. Repeat it for each worker.")
    ray_address: str | None = Field(None, description="Address of a Ray cluster; the output must be on a shared disk.")
    as_json: bool = Field(default=False, description="Print the summary as JSON.")
    quiet: bool = Field(default=False, description="Draw no progress bar.")
