"""TrainingOptions: the one place where an option of a fine-tuning is declared. Importing it loads no torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from qwen3_embed_integrations import ConfigError
from qwen3_embed_integrations.core.option_errors import describe_refused_options

Loss = Literal["ranking", "cached-ranking", "triplet", "mse", "cosine"]
DISTILLING: tuple[Loss, ...] = ("mse", "cosine")
CONTRASTIVE: tuple[Loss, ...] = ("ranking", "cached-ranking")

_EVERY_LINEAR = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
_OFF = False


class TrainingOptions(BaseModel):
    """Every option of a fine-tuning except the model that it starts from.

    Example:
        >>> TrainingOptions(data=["pairs.jsonl"], output="my-model", lora_rank=8).lora_rank
        8

    Raises:
        ConfigError: If an option is unknown, of a wrong type or out of range, or options contradict each other.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    data: tuple[Path, ...] = Field(
        (), description="Training records: a .jsonl, .csv, .tsv or .parquet file. Repeat it for more files."
    )
    output: Path = Field(Path("fine-tuned"), description="Folder of the finished model; it must not exist yet.")
    dev: Path | None = Field(
        None, description="Dev records, in a file of the same format. None: a share of the training records."
    )
    dev_share: float = Field(0.1, description="Share of the records kept for the dev set; 0: none.", ge=0, le=0.5)
    loss: Loss = Field(
        "cached-ranking",
        description="ranking: the other records' positives are negatives; cached-ranking: the same in batches of any "
        "size; triplet: own negatives; mse, cosine: a teacher's vectors.",
    )
    teacher: str | None = Field(None, description="Model whose vectors are learned. None: those in the records.")
    dimensions: tuple[int, ...] = Field(
        (), description="Matryoshka dimension to train besides the full one. Repeat it for more dimensions."
    )
    epochs: float | None = Field(
        None, description="Passes over the records. None: as many as make 100 steps, from 1 to 10.", gt=0
    )
    batch_size: int | None = Field(
        None, description="Records of a step. None: an eighth of the records, from 16 to 64.", ge=2
    )
    mini_batch_tokens: int = Field(
        8192, description="Tokens in memory at once with cached-ranking; lower it if memory runs out.", ge=16
    )
    max_tokens: int = Field(512, description="Longest text in tokens while training; longer ones are cut.", ge=8)
    learning_rate: float | None = Field(
        None, description="Peak learning rate. None: by the model's size; for a LoRA five times that.", gt=0
    )
    embedding_learning_rate: float | None = Field(
        None,
        description="Peak learning rate of the token vectors. None: the same.",
        gt=0,
    )
    warmup: float = Field(0.1, description="Share of the steps in which the learning rate rises.", ge=0, lt=1)
    temperature: float = Field(0.05, description="Softmax temperature of the ranking losses.", gt=0)
    margin: float = Field(0.2, description="Margin of the triplet loss, in cosine distance.", gt=0)
    lora_rank: int | None = Field(None, description="Train a LoRA of this rank. None: all parameters.", ge=1)
    lora_alpha: float | None = Field(None, description="Scale of the LoRA. None: twice the rank.", gt=0)
    lora_dropout: float = Field(0.0, description="Dropout of the LoRA.", ge=0, lt=1)
    lora_targets: tuple[str, ...] = Field(
        _EVERY_LINEAR, description="Module that gets a LoRA. Repeat it for more modules.", min_length=1
    )
    keep_adapter: bool = Field(_OFF, description="Save the LoRA as an adapter folder instead of merging it.")
    gradient_checkpointing: bool = Field(_OFF, description="Use less memory and about a third more time.")
    bf16: bool = Field(_OFF, description="Compute in bfloat16; the weights stay float32.")
    mine_negatives: int = Field(0, description="Hard negatives to mine for each record; 0: none.", ge=0, le=10)
    mine_margin: float = Field(
        0.05,
        description="A mined negative scores at least this share below the positive; a nearer one may be an answer.",
        ge=0,
        lt=1,
    )
    evaluations: int = Field(5, description="How often the dev set is evaluated and a checkpoint saved.", ge=1)
    patience: int | None = Field(
        None, description="Stop after so many evaluations without a better nDCG@10. None: never.", ge=1
    )
    seed: int = Field(0, description="Seed of every random choice.", ge=0)
    fresh: bool = Field(_OFF, description="Delete an interrupted run of the same output instead of resuming it.")

    def __init__(self, **options: Any) -> None:
        try:
            super().__init__(**options)
        except ValidationError as error:
            raise ConfigError(describe_refused_options(error, type(self))) from error

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        problems = {
            "teacher is for loss='mse' or 'cosine'.": self.teacher and self.loss not in DISTILLING,
            "mine_negatives is for the losses that take negatives: 'ranking', 'cached-ranking', 'triplet'.": (
                self.mine_negatives and self.loss in DISTILLING
            ),
            "keep_adapter is for a LoRA: set lora_rank.": self.keep_adapter and self.lora_rank is None,
            "dev and dev_share=0 contradict each other: leave dev_share out.": self.dev and not self.dev_share,
            "patience needs a dev set: set dev, or dev_share over 0.": self.patience and not self.has_dev,
        }
        for problem, is_one in problems.items():
            if is_one:
                raise ValueError(problem)
        return self

    @property
    def has_dev(self) -> bool:
        """Whether there is a dev set."""
        return self.dev is not None or self.dev_share > 0

    def decisive(self) -> dict[str, Any]:
        """Return the options that decide what is learned, as JSON types: a run resumes only under the same ones."""
        return self.model_dump(mode="json", exclude={"data", "dev", "output", "fresh"})
