"""Faults of the stock integrations, each really run on one small checkpoint, beside what this package does.

    make peer-faults    # runs them all and writes the table into docs/why.md
    python benchmarks/peer_faults.py --only langchain_huggingface

Every peer runs in a process of its own. One that is not installed gets an environment below build/peers: it sees
the packages of the running environment, torch among them, and pip adds there what the peer wants in another
version. A peer that can't be installed is listed with the reason.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE / "peers"), str(HERE.parent / "src")]

from environments import PeerError, last_line, python_with  # noqa: E402 - needs the path above
from faults import FAULTS, NOT_RUN, PEERS, Peer  # noqa: E402 - same
from pages import replace_block, require_block  # noqa: E402 - same
from probing import RESULT, outcome  # noqa: E402 - same

TableRow = dict[str, str]
QUIET = {
    "HF_HUB_OFFLINE": "1",
    "ANONYMIZED_TELEMETRY": "False",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_VERBOSITY": "error",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
}
TIMEOUT_S = 900
BLOCK = "faults"


def main() -> None:
    """Runs the peers and prints the table."""
    arguments = _parse()
    os.environ.update(QUIET)
    if arguments.write:
        require_block(arguments.write, BLOCK)
    peers = [peer for peer in PEERS if not arguments.only or peer.key in arguments.only]
    rows: list[TableRow] = []
    missing = dict(NOT_RUN)
    for peer in peers:
        try:
            seen = _ask(peer, arguments.cache, arguments.checkpoint)
        except (PeerError, subprocess.TimeoutExpired) as error:
            missing[peer.name] = str(error)
            continue
        rows += [_row(peer, fault, value, arguments.checkpoint) for fault, value in seen.items()]
    if arguments.write:
        summary = f"{len(rows)} faults of stock integrations, each really run on the bundled model"
        replace_block(arguments.write, BLOCK, f"{summary}:\n\n{_as_markdown(rows, missing)}\n")
    print(RENDERERS[arguments.format](rows, missing))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--format", choices=sorted(RENDERERS), default="table")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the table between its <!-- faults --> marks")
    parser.add_argument("--only", nargs="*", metavar="PEER", help=", ".join(peer.key for peer in PEERS))
    bundled = HERE.parent / "src" / "qwen3_embed_integrations" / "models" / "tiny"
    parser.add_argument("--checkpoint", type=Path, default=bundled, help="folder; default: the bundled model")
    cache = HERE.parent / "build" / "peers"
    parser.add_argument("--cache", type=Path, default=cache, help="where environments are kept; default: build/peers")
    return parser.parse_args()


def _ask(peer: Peer, cache: Path, checkpoint: Path) -> dict[str, Any]:
    """Runs a peer's probes in its environment; gives fault → what was seen."""
    script = HERE / "peers" / f"{peer.key}_probe.py"
    ran = subprocess.run(
        [str(python_with(peer.requirement, cache)), str(script), str(checkpoint)],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    answers = [line for line in ran.stdout.splitlines() if line.startswith(RESULT)]
    if not answers:
        raise PeerError(f"did not run: {last_line(ran.stderr)}")
    seen: dict[str, Any] = json.loads(answers[-1].removeprefix(RESULT))
    return seen


def _row(peer: Peer, fault: str, seen: Any, checkpoint: Path) -> TableRow:
    from ours import OURS  # needs every framework, and heavy packages that --help need not load

    what, form = FAULTS[fault]
    measure = OURS.get((peer.key, fault))
    ours = _written(form, outcome(measure, checkpoint)) if measure else "does not apply"
    return {"peer": peer.name, "fault": what, "seen": _written(form, seen), "ours": ours}


def _written(form: str, value: Any) -> str:
    text = value if isinstance(value, str) else form.format(value)
    return re.sub(r"\bcos -0\.000", "cos 0.000", text)


def _as_markdown(rows: list[TableRow], missing: dict[str, str]) -> str:
    lines = ["| Peer | Fault | Seen | Ours |", "| --- | --- | --- | --- |"]
    lines += [f"| {' | '.join(row[c].replace('|', '/') for c in row)} |" for row in rows]
    return "\n".join([*lines, "", *(f"- Not run: {name} {why}." for name, why in missing.items())])


def _as_json(rows: list[TableRow], missing: dict[str, str]) -> str:
    return json.dumps({"rows": rows, "not_run": missing}, indent=2, ensure_ascii=False)


def _as_table(rows: list[TableRow], missing: dict[str, str]) -> str:
    from rich.console import Console
    from rich.table import Table

    table = Table("Peer", "Fault", "Seen", "Ours", show_lines=True)
    for row in rows:
        table.add_row(*row.values())
    console = Console(record=True, width=140, file=open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123 - nothing is kept
    console.print(table)
    return "\n".join([console.export_text(), *(f"Not run: {name} {why}." for name, why in missing.items())])


RENDERERS = {"table": _as_table, "markdown": _as_markdown, "json": _as_json}


if __name__ == "__main__":
    main()
