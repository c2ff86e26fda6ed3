"""`qwen3-embed calibrate`: the evidence below which a question has no answer in the documents."""

from __future__ import annotations

from dataclasses import asdict

from qwen3_embed_integrations import EncoderConfig
from qwen3_embed_integrations.rag import CalibrateOptions, RagOptions, run_calibrate
from qwen3_embed_integrations.rag.interval import clopper_pearson

from .tables import show_json, show_table

_BINS = 12
_BAR = 24  # characters of the longest bar
_REMEDIES = {
    "cosine": "use a reranker (--rerank MODEL)",
    "logit": "try a larger reranker, or another instruction of its own",
}


def run(config: EncoderConfig, rag: RagOptions, options: CalibrateOptions) -> None:
    """Measure the floor, store it, and print how well it separates.

    Raises:
        Qwen3EmbedError: The questions, the documents, the models or the index can't be used.
    """
    measured = run_calibrate(config, rag, options)
    found = measured.calibration
    if options.as_json:
        evidence = {"answerable": measured.answerable, "unanswerable": measured.unanswerable}
        show_json({**asdict(found), "separable": found.is_separable, "evidence": evidence})
        return
    show_table(
        {"evidence": True, "answerable": True, " ": False, "unanswerable": True, "  ": False},
        histogram(measured.answerable, measured.unanswerable, found.floor),
    )
    refused = sum(one < found.floor for one in measured.answerable)
    print(_share("Answerable questions refused", refused, found.n_answerable))  # noqa: T201 - the command's output
    if found.n_unanswerable:
        answered = sum(one >= found.floor for one in measured.unanswerable)
        print(_share("Unanswerable questions answered", answered, found.n_unanswerable))  # noqa: T201 - the same
        print(f"AUROC: {found.auroc:.3f}")  # noqa: T201 - the same
    if not found.is_separable:
        print(f"This evidence can't separate the two: {_REMEDIES[found.kind]}.")  # noqa: T201 - the same
    print(f"Floor {found.floor:.3f} for {found.corpus}, stored in {measured.stored}")  # noqa: T201 - the same


def histogram(answerable: list[float], unanswerable: list[float], floor: float) -> list[list[str]]:
    """Return a row for each range of evidence: its lower end, and number and bar of both kinds of questions."""
    low = min([*answerable, *unanswerable, floor])
    width = (max([*answerable, *unanswerable, floor]) - low) / _BINS or 1.0
    counts = [[0] * _BINS, [0] * _BINS]
    for side, scores in zip(counts, (answerable, unanswerable), strict=True):
        for score in scores:
            side[min(int((score - low) / width), _BINS - 1)] += 1
    most = max(max(side) for side in counts) or 1
    at = min(int((floor - low) / width), _BINS - 1)
    return [
        [
            f"{low + number * width:.2f}{' floor' if number == at else ''}",
            *(cell for side in counts for cell in (str(side[number]), "#" * round(_BAR * side[number] / most))),
        ]
        for number in range(_BINS)
    ]


def _share(what: str, hits: int, n: int) -> str:
    low, high = clopper_pearson(hits, n)
    return f"{what}: {hits} of {n} ({hits / n:.1%}; 95 % interval {low:.1%} to {high:.1%})"
