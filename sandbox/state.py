"""The state folder of a sandbox, which one supervisor owns at a time.

Whether a sandbox runs is decided by the lock: the supervisor and its emulator hold it, so it is free exactly when both
have ended, whatever ended them. Everything else is in the state file.
"""

import fcntl
import json
import os
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Thread
from typing import IO, Any

from sandbox.errors import SandboxCode, SandboxError


@dataclass(frozen=True, slots=True)
class SandboxState:
    """`pids` has `supervisor` and `emulator`; `outputs` are the stack's exports, empty without a deployment; `error`
    is the reason why a sandbox that should run does not."""

    running: bool
    endpoint: str
    sidecar_url: str
    region: str
    pids: Mapping[str, int]
    started_at: str
    websocket_url: str | None = None
    outputs: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class StateFolder:
    """The folder of one sandbox. `logs` stays when the sandbox ends, so that a failure can be examined."""

    path: Path

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def temporary(self) -> Path:
        return self.path / "tmp"

    @property
    def _state(self) -> Path:
        return self.path / "state.json"

    @property
    def _lock(self) -> Path:
        return self.path / "lock"

    def write(self, state: SandboxState) -> None:
        # Replaced in one step, so that a reader never gets a part of the file.
        new = self._state.with_suffix(".new")
        new.write_text(json.dumps(state.to_json(), indent=2) + "\n")
        new.replace(self._state)

    def read(self) -> SandboxState | None:
        """The last state written, running or not."""
        try:
            return SandboxState(**json.loads(self._state.read_text()))
        except (FileNotFoundError, NotADirectoryError, ValueError, TypeError):
            return None

    def acquire(self) -> IO[str]:
        """Becomes the owner until the returned file and all its inherited copies are closed. Raises ALREADY_RUNNING."""
        self.path.mkdir(parents=True, exist_ok=True)
        for _ in range(50):
            file = self._lock.open("a+")
            if _try_lock(file, fcntl.LOCK_EX) and self._is_current(file):
                file.truncate(0)
                file.write(str(os.getpid()))
                file.flush()
                return file
            file.close()
            time.sleep(0.01)  # `owner` takes the lock for a shorter time than this
        raise SandboxError(
            SandboxCode.ALREADY_RUNNING,
            f"a sandbox already runs in {self.path}; stop it with `longrun down`, or use another folder with --state",
        )

    def owner(self) -> int | None:
        """Returns the process id of the supervisor that holds the lock, or None."""
        try:
            with self._lock.open() as file:
                if _try_lock(file, fcntl.LOCK_SH):
                    return None
                return int(file.read() or 0) or None
        except (FileNotFoundError, NotADirectoryError):
            return None

    def wait_free(self, seconds: float) -> bool:
        """Waits until supervisor and emulator have ended; False when they still hold the lock after `seconds`."""
        # flock has no timeout, so another thread blocks in it.
        waiter = Thread(target=self._block_until_free, daemon=True)
        waiter.start()
        waiter.join(seconds)
        return not waiter.is_alive()

    def clear(self) -> None:
        """Removes everything but the logs. Call it as the owner, or when there is no owner."""
        shutil.rmtree(self.temporary, ignore_errors=True)
        for path in (self._state, self._state.with_suffix(".new"), self._lock):
            path.unlink(missing_ok=True)

    def _block_until_free(self) -> None:
        with suppress(FileNotFoundError, NotADirectoryError), self._lock.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH)

    def _is_current(self, file: IO[str]) -> bool:
        """Returns False when the file was removed between opening and locking: such a lock protects nothing."""
        try:
            return os.path.samestat(os.fstat(file.fileno()), self._lock.stat())
        except FileNotFoundError:
            return False


def _try_lock(file: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
