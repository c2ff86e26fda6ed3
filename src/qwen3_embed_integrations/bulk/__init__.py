"""Files in, embeddings out: one machine, several processes, or Ray Data.

`qwen3-embed embed` is the command, docs/bulk.md the page. Importing this package loads neither torch nor pyarrow.

options         BulkOptions: every option of the command, declared once
run             the whole run: scan, plan, embed, summarise
inputs          files, folders and standard input → tables of texts and ids
scan            reads all inputs once before any embedding: counts, columns, repeated ids
table           embed_table: a table of texts in, a table of embeddings out; the one core
shards          the output folder: shards named by their content, space.json
executors       who runs the shards: this process, or one process per device
ray_executor    or Ray Data's actors
store_writer    finished shards → a collection of a vector database
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from qwen3_embed_integrations import EncoderConfig
from qwen3_embed_integrations.core.errors import missing_extra

from .options import BulkOptions

if TYPE_CHECKING:
    import pyarrow as pa

    from .run import BulkSummary

__all__ = ["BulkOptions", "embed_table", "run_bulk"]


def run_bulk(inputs: Sequence[str], config: EncoderConfig, options: BulkOptions) -> BulkSummary:
    """Embed the texts of files into a folder of shards; run it again to continue.

    Args:
        inputs: Files and folders; "-" is standard input, as JSON lines.
        config: The encoder's options.
        options: All other options.

    Raises:
        DataFileError: An input can't be read, lacks a column, or repeats an id. Nothing was computed.
        SpaceMismatchError: The output holds embeddings of another space.
        MissingExtraError: A package of the extra "bulk" or "ray" is not installed.
    """
    _require("pyarrow", "bulk")
    if options.executor == "ray":
        _require("ray", "ray")
    from .run import run

    return run(tuple(inputs), config, options)


def embed_table(table: pa.Table, config: EncoderConfig | None = None, **options: Any) -> pa.Table:
    """Return a table with the embeddings of its texts as further columns, in the order of the table.

    Made for `mapInArrow` of Spark, `map_batches` of Ray Data, batch UDFs of Daft and `map` of `datasets`: it is a plain
    function of tables, and the model is loaded once a process. Equal tables give equal bytes.

    Args:
        table: Texts, in the column `text`.
        config: The encoder's options.
        **options: `text_column`, `role`, `task` and `precision` of `TableOptions`; all others are the encoder's.

    Returns:
        The table with `embedding` (fixed-size list of float32 or float16, null where there is none), `n_tokens`,
        `truncated` and `error` (null, or why a text has no embedding).

    Raises:
        DataFileError: The table lacks the column, or the column holds no texts.
        ConfigError: An unfit option.
    """
    _require("pyarrow", "bulk")
    from .options import TableOptions
    from .table import TableEmbedder

    own = {name: options.pop(name) for name in tuple(options) if name in TableOptions.model_fields}
    chosen = (config or EncoderConfig()).replace(**options) if options else config or EncoderConfig()
    return TableEmbedder(chosen, TableOptions(**own)).embed(table)


def _require(module: str, extra: str) -> None:
    if find_spec(module) is None:
        raise missing_extra(module, extra)
