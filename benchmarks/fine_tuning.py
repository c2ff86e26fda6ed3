"""Measure docs/fine-tuning.md's table: the bundled model fine-tuned on PostgreSQL's manual, all parameters and LoRA.

python benchmarks/fine_tuning.py                              print them
python benchmarks/fine_tuning.py --write docs/fine-tuning.md  put them and their picture into the page
"""

from __future__ import annotations

import argparse
import re
import shutil
import time
from pathlib import Path
from typing import Any

from pages import replace_block, require_block
from postgresql_manual import download, write_pairs

from qwen3_embed_integrations import EncoderConfig
from qwen3_embed_integrations.evaluation import markdown_table, plot_quality
from qwen3_embed_integrations.training import TrainingReport, train

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build" / "fine_tuning"
BLOCK = "figures"
COMMON: dict[str, Any] = {
    "dev_share": 0.2,
    "dimensions": [128, 64],
    "loss": "ranking",
    "epochs": 2,
    "batch_size": 64,
    "evaluations": 2,
    "max_tokens": 64,
    "fresh": True,
}
RUNS: dict[str, dict[str, Any]] = {
    "all parameters": {"learning_rate": 2e-4},
    "LoRA, rank 16": {"learning_rate": 1e-3, "lora_rank": 16},
}


def main() -> None:
    """Train, measure, then print or write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", type=Path, help="page whose block of figures is replaced")
    page = parser.parse_args().write
    if page:
        require_block(page, BLOCK)
    pairs = WORK / "pairs.jsonl"
    n_pairs = write_pairs(download(WORK), pairs)
    reports, seconds = {}, {}
    for name, options in RUNS.items():
        started = time.monotonic()
        reports[name] = _train(pairs, WORK / re.sub(r"\W+", "-", name.lower()), options)
        seconds[name] = time.monotonic() - started
    block = _block(reports, seconds, n_pairs)
    print(block)
    if page:
        replace_block(page, BLOCK, block)
        plot_quality(_series(reports), page.with_name("fine-tuning.svg"), "PostgreSQL's manual, dev set")


def _train(pairs: Path, output: Path, options: dict[str, Any]) -> TrainingReport:
    shutil.rmtree(output, ignore_errors=True)
    return train(EncoderConfig(model="tiny"), data=[pairs], output=output, **COMMON, **options)


def _series(reports: dict[str, TrainingReport]) -> dict[str, Any]:
    before = next(iter(reports.values())).before
    return {"tiny, not fine-tuned": before, **{name: report.after for name, report in reports.items()}}


def _block(reports: dict[str, TrainingReport], seconds: dict[str, float], n_pairs: int) -> str:
    one = next(iter(reports.values()))
    times = ", ".join(f"{name} {seconds[name]:,.0f} s" for name in reports)
    return (
        f"{n_pairs:,} pairs, {one.n_train:,} of them for training, {one.n_dev:,} on other pages for evaluation. "
        f"{one.n_steps} steps on this machine's CPU, evaluation included: {times}.\n\n"
        f"{markdown_table(_series(reports))}\n![nDCG@10 by dimension](fine-tuning.svg)\n"
    )


if __name__ == "__main__":
    main()
