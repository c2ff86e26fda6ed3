"""The folder of an unfinished run: what is needed to resume it, and the model while it is written."""

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
    """The folder `<output>.run`: locked by one process, resumed by the next, deleted once the model is published.

    Args:
        output: Folder of the finished model.
        fingerprint: What decides the result; a run resumes only under the same.
        fresh: Delete the state of an earlier run.

    Raises:
        TrainingError: If the output exists, another process trains it, or an interrupted run had another fingerprint.
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
            raise TrainingError(
                f"Another process is training {str(output)!r}. Wait, or name another output."
            ) from error
        if fresh:
            self._clear()
        stored = self.remembered("run", lambda: fingerprint)
        changed = [name for name in fingerprint if stored.get(name) != fingerprint[name]]
        if changed:
            self.close()
            shown = "; ".join(f"{name}: then {stored.get(name)!r}, now {fingerprint[name]!r}" for name in changed[:3])
            raise TrainingError(
                f"{str(self.folder)!r} holds an interrupted run with other settings ({shown}). "
                "Give the same options and records to resume it, or --fresh to start again."
            )

    def remembered(self, name: str, make: Callable[[], Any]) -> Any:
        """Return the stored value of `name`, or call `make` and store its result; JSON types only."""
        path = self.folder / f"{name}.json"
        if not path.is_file():
            partial = path.with_suffix(".partial")
            partial.write_text(json.dumps(make()), encoding="utf-8")
            partial.replace(path)
        return json.loads(path.read_text(encoding="utf-8"))

    @property
    def checkpoints(self) -> Path:
        """Folder of the trainer's checkpoints."""
        return self.folder / "checkpoints"

    def last_checkpoint(self) -> Path | None:
        """Return the newest complete checkpoint, or None; a killed process may leave the newest one incomplete."""
        found = {
            int(p.name.rpartition("-")[2]): p for p in self.checkpoints.glob("checkpoint-*") if (p / _STATE).exists()
        }
        return next((found[step] for step in sorted(found, reverse=True) if _is_whole(found[step])), None)

    def staging(self) -> Path:
        """Return an empty folder to write the model to."""
        folder = self.folder / "model"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return folder

    def publish(self, staging: Path) -> None:
        """Rename the complete model to the output folder, then delete the rest of the run.

        Raises:
            TrainingError: If the output exists by now; the model stays in the run's folder.
        """
        check_output(self.output)
        staging.rename(self.output)
        self.close()
        shutil.rmtree(self.folder)

    def close(self) -> None:
        """Release the lock."""
        self._lock.release()

    def _clear(self) -> None:
        for path in self.folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != "lock":
                path.unlink()


def check_output(output: Path) -> None:
    """Refuse an output that exists, or whose parent folder can't be created.

    Raises:
        TrainingError: If it does, or can't.
    """
    if output.exists():
        raise TrainingError(f"{str(output)!r} already exists. Name another output, or move it away first.")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrainingError(f"{str(output.parent)!r} can't be created ({error}). Name another output.") from error


def _is_whole(checkpoint: Path) -> bool:
    try:
        for path in checkpoint.glob("*.safetensors"):
            with safe_open(path, framework="pt"):
                pass
        json.loads((checkpoint / _STATE).read_text(encoding="utf-8"))
    except (SafetensorError, ValueError):
        return False
    return True
