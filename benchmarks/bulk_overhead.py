"""What the command `embed` costs beside the bare encoder, and its memory over many texts.

python benchmarks/bulk_overhead.py                       20,000 texts of the bundled model
python benchmarks/bulk_overhead.py --texts 1000000 --words 3 12
python benchmarks/bulk_overhead.py --executor ray

Print one line a figure: texts a second of `encode_document` over the same shards, of the run after its scan, and the
largest memory of this process.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path

from concurrency import texts_of

from qwen3_embed_integrations import EncoderConfig, Qwen3Encoder
from qwen3_embed_integrations.bulk import BulkOptions, run_bulk


def main() -> None:
    """Parse the arguments and take the measurements."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="tiny")
    parser.add_argument("--backend", default="torch", help='"fake" measures all but the model')
    parser.add_argument("--texts", type=int, default=20_000)
    parser.add_argument("--words", type=int, nargs=2, default=(40, 160))
    parser.add_argument("--executor", default="process")
    parser.add_argument("--skip-bare", action="store_true")
    arguments = parser.parse_args()
    config = EncoderConfig(model=arguments.model, backend=arguments.backend)
    texts = texts_of(arguments.texts, tuple(arguments.words), seed=1)
    encoder = Qwen3Encoder(config).load()
    encoder.encode_document(texts[:256])
    bare = 0.0
    if not arguments.skip_bare:
        start = time.perf_counter()
        for first in range(0, len(texts), 4096):
            encoder.encode_document(texts[first : first + 4096])
        bare = len(texts) / (time.perf_counter() - start)
        print(f"bare encoder: {bare:.1f} texts/s", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "in.jsonl"
        with path.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps({"text": text}) + "\n" for text in texts)
        del texts
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        options = BulkOptions(output=Path(folder) / "out", executor=arguments.executor, quiet=True)
        summary = run_bulk([str(path)], config, options)
        rate = summary.n_embedded / summary.seconds
        share = f", {rate / bare:.3f} of the bare encoder's" if bare else ""
        print(f"run: {rate:.1f} texts/s{share}, {summary.seconds:.1f} s in all")
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"largest memory: {before:.0f} MB before the run, {after:.0f} MB after")


if __name__ == "__main__":
    main()
