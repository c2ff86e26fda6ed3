"""The folder of a run that is not finished: what is needed to go on after a kill, and the half-written model."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from safetensors import SafetensorError, safe_open

from qwen3_embed_integrations.core.errors import TrainingError

_STATE = "trainer_state.json"  # transformers' trainer writes it last


class RunDirectory:
    """`<output>.run`: begun, gone on with, and thrown away when the model folder stands.

    Args:
        output: Folder of the finished model.
        fingerprint: What decides the result; a run is only gone on with under the same.
        fresh: Throw away what is there.

    Raises:
        TrainingError: The output exists, another process trains it, or an interrupted run had another fingerprint.
    """

    def __init__(self, output: Path, fingerprint: dict[str, Any], *, fresh: bool) -> None:
        check_output(output)
        self.output = output
        self.folder = output.with_name(f"{output.name}.run")
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(self.folder / "lock")
        try:
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise TrainingError(f"Another process trains {str(output)!r} now. Wait, or name another output.") from error
        if fresh:
            self._clear()
        stored = self.remembered("run", lambda: fingerprint)
        changed = [name for name in fingerprint if stored.get(name) != fingerprint[name]]
        if changed:
            self.close()
            shown = "; ".join(f"{name}: then {stored.get(name)!r}, now {fingerprint[name]!r}" for name in changed[:3])
            raise TrainingError(
                f"{str(self.folder)!r} holds an interrupted run that was begun differently ({shown}). "
                "Give the same options and embeddings to go on, or --fresh to begin anew."
            )

    def remembered(self, name: str, make: Callable[[], Any]) -> Any:
        """Gives what `make` gave when this run asked for `name` before; JSON types only."""
        path = self.folder / f"{name}.json"
        if not path.is_file():
            partial = path.with_suffix(".partial")
            partial.write_text(json.dumps(make()), encoding="utf-8")
            partial.replace(path)
        return json.loads(path.read_text(encoding="utf-8"))

    @property
    def checkpoints(self) -> Path:
        """Where the trainer writes its checkpoints."""
        return self.folder / "checkpoints"

    def last_checkpoint(self) -> Path | None:
        """Gives the newest checkpoint that is whole; a kill may have cut the newest one short."""
        found = {
            int(p.name.rpartition("-")[2]): p for p in self.checkpoints.glob("checkpoint-*") if (p / _STATE).exists()
        }
        return next((found[step] for step in sorted(found, reverse=True) if _is_whole(found[step])), None)

    def staging(self) -> Path:
        """Gives an empty folder for the model until it is complete."""
        folder = self.folder / "model"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return folder

    def publish(self, staging: Path) -> None:
        """Moves the complete model to its place in one step, then throws everything else away.

        Raises:
            TrainingError: Something has taken that place meanwhile; the model stays in the run's folder.
        """
        check_output(self.output)
        staging.rename(self.output)
        self.close()
        shutil.rmtree(self.folder)

    def close(self) -> None:
        """Lets other processes at this run."""
        self._lock.release()

    def _clear(self) -> None:
        for path in self.folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != "lock":
                path.unlink()


def check_output(output: Path) -> None:
    """Refuses an output that exists, or whose place can't be written.

    Raises:
        TrainingError: It does.
    """
    if output.exists():
        raise TrainingError(f"{str(output)!r} exists already. Name another output, or move it away first.")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrainingError(f"{str(output.parent)!r} can't be made ({error}). Name another output.") from error


def _is_whole(checkpoint: Path) -> bool:
    try:
        for path in checkpoint.glob("*.safetensors"):
            with safe_open(path, framework="pt"):
                pass
        json.loads((checkpoint / _STATE).read_text(encoding="utf-8"))
    except (SafetensorError, ValueError):
        return False
    return True
