"""TrainingOptions: the one place where an option of a fine-tuning is declared. It loads no torch."""

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
    """What a fine-tuning is told, besides which model it starts from.

    Example:
        >>> TrainingOptions(data=["pairs.jsonl"], output="my-model", lora_rank=8).lora_rank
        8

    Raises:
        ConfigError: An unknown option, a wrong type, a value out of range, options that don't fit together.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    data: tuple[Path, ...] = Field(
        (), description="Training records: a .jsonl, .csv, .tsv or .parquet file; give it several times for several."
    )
    output: Path = Field(Path("fine-tuned"), description="Folder of the finished model; it must not exist yet.")
    dev: Path | None = Field(None, description="Dev records, a file of the same kind. None: a share of the groups.")
    dev_share: float = Field(0.1, description="Share of the groups kept for the dev set; 0: none.", ge=0, le=0.5)
    loss: Loss = Field(
        "cached-ranking",
        description="ranking: every other record's positive is a negative (cached: in batches of any size); triplet; "
        "mse, cosine: learn a teacher's vectors.",
    )
    teacher: str | None = Field(None, description="Model whose vectors are learned. None: those in the records.")
    dimensions: tuple[int, ...] = Field(
        (), description="Matryoshka: record lengths that the loss is taken at, besides the full one."
    )
    epochs: float = Field(1.0, description="Passes over the records.", gt=0)
    batch_size: int = Field(64, description="Records of a step.", ge=2)
    mini_batch_tokens: int = Field(
        8192, description="Tokens held in memory at once by cached-ranking; lower it where memory runs out.", ge=16
    )
    max_tokens: int = Field(512, description="Longest text in tokens while training; longer ones are cut.", ge=8)
    learning_rate: float = Field(5e-5, description="Its peak; LoRA likes about ten times more.", gt=0)
    embedding_learning_rate: float | None = Field(
        None,
        description="Peak for the token vectors alone, which take far more in a small model. None: the same.",
        gt=0,
    )
    warmup: float = Field(0.1, description="Share of the steps in which the learning rate rises.", ge=0, lt=1)
    temperature: float = Field(0.05, description="Of the ranking losses' softmax.", gt=0)
    margin: float = Field(0.2, description="Of the triplet loss, in cosine distance.", gt=0)
    lora_rank: int | None = Field(None, description="Train a LoRA of this rank. None: all parameters.", ge=1)
    lora_alpha: float | None = Field(None, description="LoRA's scale. None: twice the rank.", gt=0)
    lora_dropout: float = Field(0.0, description="LoRA's dropout.", ge=0, lt=1)
    lora_targets: tuple[str, ...] = Field(_EVERY_LINEAR, description="Modules that get a LoRA.", min_length=1)
    keep_adapter: bool = Field(_OFF, description="Save the LoRA as an adapter folder instead of merging it.")
    gradient_checkpointing: bool = Field(_OFF, description="Less memory, about a third more time.")
    bf16: bool = Field(_OFF, description="Compute in bfloat16; the weights stay float32.")
    mine_negatives: int = Field(0, description="Hard negatives to find for each record; 0: none.", ge=0, le=10)
    mine_margin: float = Field(
        0.05,
        description="A mined negative scores at least this share below the positive: what is nearer may answer too.",
        ge=0,
        lt=1,
    )
    evaluations: int = Field(5, description="How often the dev set is measured and a checkpoint written.", ge=1)
    patience: int | None = Field(
        None, description="Stop after so many evaluations without a better nDCG@10. None: never.", ge=1
    )
    seed: int = Field(0, description="Of every random choice.", ge=0)
    fresh: bool = Field(_OFF, description="Throw an interrupted run of the same output away instead of going on.")

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
        """Whether there is anything to measure with."""
        return self.dev is not None or self.dev_share > 0

    def decisive(self) -> dict[str, Any]:
        """Gives the options that decide what is learned, as JSON types: a run goes on only under the same ones."""
        return self.model_dump(mode="json", exclude={"data", "dev", "output", "fresh"})
