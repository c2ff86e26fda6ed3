"""How well a model finds: figures on a user's own queries and judgements, at every dimension, as table and picture.

Example:
    >>> from qwen3_embed_integrations import Qwen3Encoder
    >>> judged = JudgedSet.of_pairs([("capital of France", "Paris is the capital of France.")], ["Cats sleep."])
    >>> evaluate(Qwen3Encoder(model="tiny"), judged, [128])[0].recall_at_10
    1.0
"""

from .dataset import JudgedSet, read_judged, read_pairs
from .evaluator import Figures, evaluate, figures_of, ladder
from .plots import check_picture, plot_quality, plot_similarity
from .records import Row, read_rows, refuse
from .report import markdown_table, terminal_table

__all__ = [
    "Figures",
    "JudgedSet",
    "Row",
    "check_picture",
    "evaluate",
    "figures_of",
    "ladder",
    "markdown_table",
    "plot_quality",
    "plot_similarity",
    "read_judged",
    "read_pairs",
    "read_rows",
    "refuse",
    "terminal_table",
]
