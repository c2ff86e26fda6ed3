"""Measure retrieval quality on a user's own queries and relevance judgements, at every dimension.

dataset    RetrievalDataset: queries, documents, relevance judgements; read from files
metrics    nDCG, recall and reciprocal rank of one ranked list
evaluator  encoder and dataset → RetrievalMetrics, one for each dimension
records    the records of JSON Lines, CSV, TSV and Parquet files, each with its line number
report     metrics as a Markdown table
plots      metrics and similarities as a picture

Example:
    >>> from qwen3_embed_integrations import Qwen3Encoder
    >>> dataset = RetrievalDataset.of_pairs([("capital of France", "Paris is the capital of France.")], ["Cats sleep."])
    >>> evaluate(Qwen3Encoder(model="tiny"), dataset, [128])[0].recall_at_10
    1.0
"""

from .dataset import RetrievalDataset, read_dataset, read_pairs
from .evaluator import RetrievalMetrics, evaluate, evaluate_embeddings, matryoshka_dims
from .metrics import top
from .plots import check_picture, plot_differences, plot_quality, plot_similarity
from .records import Record, raise_problems, read_records
from .report import markdown_table

__all__ = [
    "Record",
    "RetrievalDataset",
    "RetrievalMetrics",
    "check_picture",
    "evaluate",
    "evaluate_embeddings",
    "markdown_table",
    "matryoshka_dims",
    "plot_differences",
    "plot_quality",
    "plot_similarity",
    "raise_problems",
    "read_dataset",
    "read_pairs",
    "read_records",
    "top",
]
