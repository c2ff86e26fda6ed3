"""Write the model card of a finished folder."""

from __future__ import annotations

import json
from importlib.metadata import version

from qwen3_embed_integrations import MODELS
from qwen3_embed_integrations.core.catalog import TINY
from qwen3_embed_integrations.evaluation import markdown_table

from .options import DISTILLING
from .plan import TrainingPlan
from .report import TrainingReport

_PACKAGES = ("qwen3-embed-integrations", "sentence-transformers", "transformers", "torch", "peft")


def model_card(report: TrainingReport, made: TrainingPlan, base_licence: str) -> str:
    """Return the text of README.md: what the model is, how it was trained, its metrics and its use."""
    options, name = made.options, report.output.name
    is_hub_name = "/" in report.base and not report.base.startswith(("/", "."))
    head = {
        "library_name": "peft" if options.keep_adapter else "sentence-transformers",
        "pipeline_tag": "sentence-similarity",
        "tags": ["sentence-transformers", "feature-extraction", "qwen3", *(["lora"] if options.lora_rank else [])],
        **({"license": base_licence.lower()} if base_licence else {}),
        **({"base_model": report.base} if is_hub_name else {}),
    }
    yaml = "".join(f"{key}: {json.dumps(value)}\n" for key, value in head.items())
    return f"""---
{yaml}---

# {name}

A text-embedding model, fine-tuned from `{report.base}` with qwen3-embed-integrations.

| | |
|---|---|
{_details(report, made)}
{_metrics(report)}
## Use

```python
from qwen3_embed_integrations import Qwen3Encoder

encoder = Qwen3Encoder(model="{name}")  # this folder
queries = encoder.encode_query(["…"])
documents = encoder.encode_document(["…"])
```

sentence-transformers computes the same embeddings: `SentenceTransformer("{name}").encode_query(…)` and
`encode_document(…)`.

These embeddings are of another vector space than those of `{report.base}`: index your documents again.

## Made with

{", ".join(f"{package} {version(package)}" for package in _PACKAGES)}.
"""


def licence_of(base: str) -> str:
    """Return the licence of a published base model, or "" if it is not known."""
    if base == TINY:
        return "Apache-2.0"
    return next((published.licence for published in MODELS.values() if published.repo_id == base), "")


def _details(report: TrainingReport, made: TrainingPlan) -> str:
    options, prompting, schedule = made.options, made.prompting, made.schedule
    lora = f"LoRA of rank {options.lora_rank} on {', '.join(options.lora_targets)}"
    trained = lora if options.lora_rank else "all parameters"
    if options.lora_rank:
        trained += ", kept as an adapter" if options.keep_adapter else ", merged"
    loss = f"{options.loss} of a teacher ({options.teacher or 'vectors in the records'})"
    details = {
        "trained": trained,
        "records": f"{report.n_train:,} for training, {report.n_dev:,} for evaluation, no document in both",
        "loss": loss if options.loss in DISTILLING else options.loss,
        "Matryoshka dimensions": ", ".join(map(str, options.dimensions)) or "only the full one",
        "steps": f"{report.n_steps:,} of {schedule.batch_size} records, peak learning rate {schedule.learning_rate:g}",
        "longest text in training": f"{options.max_tokens} tokens",
        "query prompt": f"`{json.dumps(prompting.query, ensure_ascii=False)}`",
        "document prompt": f"`{json.dumps(prompting.document)}`" if prompting.document else "none",
        "seed": str(options.seed),
    }
    return "\n".join(f"| {name} | {value} |" for name, value in details.items())


def _metrics(report: TrainingReport) -> str:
    if not report.after:
        return "\nIt was not evaluated: the run had no dev set.\n"
    table = markdown_table(report.series())
    return f"\n## Metrics\n\nOn the dev set, in percent:\n\n{table}\n![nDCG@10 by dimension](quality.svg)\n"
