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
from typing import IO, Any, Final

from contract.sandbox_access import with_secret
from sandbox.access.keys import Keys
from sandbox.errors import SandboxCode, SandboxError
from sandbox.private_files import make_private, open_private

_DEMO: Final = ("demo_workspace", "demo_agent", "demo_secret")
"""Outputs for trying the streaming endpoint."""


@dataclass(frozen=True, slots=True)
class SandboxState:
    """`pids` has `supervisor` and `emulator`; `outputs` are the stack's exports, empty without a deployment; `error`
    is the reason why a sandbox that should run does not; the keys are those that every request needs."""

    running: bool
    endpoint: str
    sidecar_url: str
    region: str
    pids: Mapping[str, int]
    started_at: str
    websocket_url: str | None = None
    outputs: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None
    access_key_id: str = ""
    secret_access_key: str = field(default="", repr=False)

    @property
    def keys(self) -> Keys:
        return Keys(self.access_key_id, self.secret_access_key)

    @property
    def connect_url(self) -> str | None:
        """The WebSocket address with the secret in its path: any client can use it as it is."""
        return with_secret(self.websocket_url, self.secret_access_key) if self.websocket_url else None

    @property
    def stream_url(self) -> str | None:
        """The address of the streaming endpoint; with the secret in its path where requests need no signature: then any
        client can use it as it is."""
        url: str | None = self.outputs.get("stream_url")
        if not url or self.outputs.get("stream_authorization") != "NONE":
            return url
        return with_secret(url, self.secret_access_key)

    def environment(self) -> dict[str, str]:
        """Returns the variables that boto3, the `aws` command, Pulumi's provider and OpenTelemetry's exporters need,
        and those of the documentation's examples."""
        addresses = {
            "LONGRUN_WEBSOCKET_URL": self.connect_url,
            "LONGRUN_TRACED_URL": self.outputs.get("traced_url"),
            "LONGRUN_STREAM_URL": self.stream_url and self.stream_url.rstrip("/"),
            **{f"LONGRUN_{name.upper()}": self.outputs.get(name) for name in _DEMO},
        }
        return {
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": self.sidecar_url,
            "AWS_ENDPOINT_URL_BEDROCK_AGENTCORE": self.sidecar_url,
            "LONGRUN_SECRET": self.secret_access_key,
            "LONGRUN_SIDECAR_URL": self.sidecar_url,
            **{name: value for name, value in addresses.items() if value},
        }

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

    def make(self) -> None:
        """Creates the folder and that of the logs, for this user alone. Raises SandboxError INVALID_CONFIG."""
        try:
            make_private(self.path)
            make_private(self.logs)
        except OSError as error:
            message = f"the folder {self.path} cannot be used: {error}; name another one with --state"
            raise SandboxError(SandboxCode.INVALID_CONFIG, message) from error

    def write(self, state: SandboxState) -> None:
        # Replaced in one step, so that a reader never gets a part of the file.
        new = self._state.with_suffix(".new")
        with open_private(new) as file:
            file.write(json.dumps(state.to_json(), indent=2) + "\n")
        new.replace(self._state)

    def read(self) -> SandboxState | None:
        """The last state written, running or not."""
        try:
            return SandboxState(**json.loads(self._state.read_text()))
        except (FileNotFoundError, NotADirectoryError, ValueError, TypeError):
            return None

    def acquire(self) -> IO[str]:
        """Becomes the owner until the returned file and all its inherited copies are closed.

        Raises SandboxError ALREADY_RUNNING or INVALID_CONFIG.
        """
        self.make()
        for _ in range(50):
            file = open_private(self._lock, append=True)
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
