"""What AgentCore's sessions and ECS's tasks get from the supervisor: folders, the emulator's environment, and unpacked
packages.

Thread-safe: the supervisor's threads pass messages to the sidecar's event loop here.
"""

import os
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Lock

from sandbox.processes import wait_for_end

_END_SECONDS = 5.0

Prepare = Callable[[str, str], None]


class ProcessGroups:
    """The process groups of sessions and fork servers, which any thread can end."""

    def __init__(self) -> None:
        self._leaders: set[int] = set()
        self._lock = Lock()
        self._ended = False

    def add(self, leader: int) -> None:
        with self._lock:
            self._leaders.add(leader)
            # A session may start while `end_all` runs; then its group is killed here.
            ended = self._ended
        if ended:
            kill_group(leader)

    def end(self, leader: int) -> None:
        """Kills the remaining processes of a group whose leader has ended."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, signal.SIGKILL)
        with self._lock:
            self._leaders.discard(leader)

    def end_all(self) -> None:
        """Kills all groups, and each one that is added later; returns when their leaders have ended."""
        with self._lock:
            self._ended = True
            leaders = list(self._leaders)
        for leader in leaders:
            kill_group(leader)
        for leader in leaders:
            wait_for_end(leader, _END_SECONDS)
            _reap(leader)


class AgentWorkspace:
    """`endpoint` is the emulator's, `environment` that of its functions, `folder` is for temporary files, which are
    removed with the sandbox, and `logs` for files that stay."""

    def __init__(self, endpoint: str, environment: Mapping[str, str], folder: Path, logs: Path) -> None:
        self.endpoint = endpoint
        self.environment = environment
        self.folder = folder
        self.logs = logs
        self.groups = ProcessGroups()
        self._packages: dict[tuple[str, str], Path] = {}
        self._trees: list[Path] = []
        self._images: dict[str, Path] = {}
        self._waiting: list[tuple[str, str]] = []
        self._prepare: Prepare | None = None
        self._lock = Lock()

    def store(self, bucket: str, key: str, tree: Path) -> None:
        """Records a package that was not uploaded: the object's content lies unpacked in `tree`."""
        with self._lock:
            self._packages[bucket, key] = tree
        self.add_tree(tree)

    def add_tree(self, tree: Path) -> None:
        """Records where the content of a package lies unpacked, for the tasks that have the same code."""
        with self._lock:
            self._trees.append(tree)

    def stored(self, bucket: str, key: str) -> Path | None:
        with self._lock:
            return self._packages.get((bucket, key))

    def trees(self) -> list[Path]:
        """The unpacked packages, the newest first."""
        with self._lock:
            return list(dict.fromkeys(reversed(self._trees)))

    def store_image(self, address: str, tree: Path) -> None:
        """Records the folder with the files of a container image."""
        with self._lock:
            self._images[address] = tree

    def image(self, address: str) -> Path | None:
        with self._lock:
            return self._images.get(address)

    def prepare(self, arn: str, endpoint: str) -> None:
        """Has a runtime prepared that will soon be invoked. Returns at once."""
        with self._lock:
            if self._prepare is None:
                self._waiting.append((arn, endpoint))
                return
            prepare = self._prepare
        # Outside the lock, because the callback may take another one.
        prepare(arn, endpoint)

    def on_prepare(self, prepare: Prepare | None) -> None:
        """Sets the callback for `prepare`, which may come from any thread; earlier calls are passed to it first."""
        with self._lock:
            self._prepare = prepare
            waiting, self._waiting = self._waiting, []
        if prepare:
            for arn, endpoint in waiting:
                prepare(arn, endpoint)


def kill_group(leader: int) -> None:
    """Kills a process group, or only its leader if the group does not exist yet."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        with suppress(ProcessLookupError):
            os.kill(leader, signal.SIGKILL)
    except PermissionError:  # macOS, when all of them are zombies
        return


def _reap(leader: int) -> None:
    """Waits for members of the group that have become children of this process, because their parent has ended."""
    with suppress(ChildProcessError):
        while os.waitpid(-leader, os.WNOHANG)[0]:
            pass
