"""Write models/tiny/model.onnx, the graph of the bundled model, which points into model.safetensors; and its manifest.

Run `python tools/tiny_graph.py` after the bundled weights have changed. A test holds the files equal to what it writes.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from qwen3_embed_integrations import EncoderConfig
from qwen3_embed_integrations.checkpoints.checkpoint import open_checkpoint
from qwen3_embed_integrations.checkpoints.export_manifest import GRAPH_FILE, MANIFEST_FILE
from qwen3_embed_integrations.export.run import export_beside_weights

NAMES = (GRAPH_FILE, MANIFEST_FILE)


def write(folder: Path) -> None:
    """Write both files into `folder`."""
    export_beside_weights(open_checkpoint(EncoderConfig(model="tiny")), folder)


def main() -> int:
    """Write the files, or with --check return 1 if they are out of date."""
    tiny = open_checkpoint(EncoderConfig(model="tiny")).folder
    if "--check" not in sys.argv[1:]:
        write(tiny)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder))
        stale = [name for name in NAMES if (Path(folder) / name).read_bytes() != (tiny / name).read_bytes()]
    if stale:
        print(f"{', '.join(stale)} of tiny are out of date: run python tools/tiny_graph.py")
    return int(bool(stale))


if __name__ == "__main__":
    raise SystemExit(main())
