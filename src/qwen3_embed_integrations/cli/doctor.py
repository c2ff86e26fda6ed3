"""`qwen3-embed doctor`: check this machine or, with --base-url, what an embedding or reranking server really does."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from qwen3_embed_integrations import ConfigError, EncoderConfig, RerankerConfig
from qwen3_embed_integrations.core.catalog import MODELS, TINY
from qwen3_embed_integrations.core.options import RerankEngine
from qwen3_embed_integrations.core.safe_text import safe_line

from .machine import describe_machine
from .tables import show_json

if TYPE_CHECKING:
    from qwen3_embed_integrations.stores.diagnosis import StoreCheck

    from .server_checks import Check


class DoctorOptions(BaseModel):
    """The options of the command `doctor` beside the encoder's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    local: str | None = Field(
        None, description="The same model on this machine, to compare the server's embeddings with."
    )
    rerank_engine: RerankEngine | None = Field(
        None, description="Check a reranking server instead: what it runs. --model 0.6B then means the reranker."
    )
    store: str | None = Field(
        None,
        description="Check a collection of a vector database instead, such as qdrant:http://localhost:6333#docs; "
        "with --model, whether it is of that model's space.",
    )
    as_json: bool = Field(default=False, description="Print the findings as JSON.")


def run_doctor(config: EncoderConfig, options: DoctorOptions) -> int:
    """Print the findings and return the exit code: 1 if a check of the server or the store failed.

    Raises:
        ConfigError: If --store is no address, or --local is given without a server.
        MissingExtraError: If a server is to be checked and the extra "remote" is not installed.
    """
    if options.store:
        from .store_checks import check_store

        return _show(check_store(options.store, config), options)
    if config.backend == "remote":
        return _check_server(config, options)
    if options.rerank_engine:
        raise ConfigError("--rerank-engine checks a server: give its address with --base-url.")
    if options.local:
        raise ConfigError("--local is compared with a server: give its address with --base-url.")
    found = describe_machine(config if "model" in config.model_fields_set else config.replace(model=TINY))
    if options.as_json:
        show_json([{"name": name, "found": text} for name, text in found])
    else:
        _print_lines((f"{name:<13} ", text) for name, text in found)
    return 0


def _check_server(config: EncoderConfig, options: DoctorOptions) -> int:
    checks = (
        _reranker_checks(config, options.rerank_engine, options) if options.rerank_engine else _checks(config, options)
    )
    return _show(checks, options)


def _show(checks: Sequence[Check | StoreCheck], options: DoctorOptions) -> int:
    if options.as_json:
        show_json([{"name": check.name, "outcome": check.outcome, "found": check.found} for check in checks])
    else:
        _print_lines((f"{check.outcome:<8} {check.name}: ", check.found) for check in checks)
    return int(any(check.outcome == "failure" for check in checks))


def _checks(config: EncoderConfig, options: DoctorOptions) -> list[Check]:
    from .server_checks import diagnose

    return diagnose(config, EncoderConfig(model=options.local) if options.local else None)


def _reranker_checks(config: EncoderConfig, engine: RerankEngine, options: DoctorOptions) -> list[Check]:
    """Check a reranking server by the flags of an encoder; a published embedding model's size names the reranker."""
    from .reranker_checks import diagnose_reranker

    shared = (config.model_fields_set & RerankerConfig.model_fields.keys()) - {"engine", "model"}
    given: Any = {name: getattr(config, name) for name in shared}
    sizes = {published.repo_id: published.name for published in MODELS.values()}
    reranker = RerankerConfig(**given, engine=engine, model=sizes.get(config.model, config.model))
    return diagnose_reranker(reranker, RerankerConfig(model=options.local) if options.local else None)


def _print_lines(lines: Iterable[tuple[str, str]]) -> None:
    """Print (head, text) lines: wrapped under their texts on a terminal, one line each into a pipe."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
    for head, text in lines:
        line = head + safe_line(text)
        indent = " " * min(len(head), 14)
        shown = textwrap.fill(line, width, subsequent_indent=indent) if width > 2 * len(indent) else line
        sys.stdout.write(f"{shown}\n")
