"""Starts the functions' fork servers in the emulator's process group, so that they end with the functions.

They only save time, so one that does not start is not an error; the reason is in the log."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from threading import Thread

from sandbox import children
from sandbox.emulator_access import ACCOUNT
from sandbox.forking.unix_socket import listen
from sandbox.messages import ServedFunction
from sandbox.paths import REPOSITORY
from sandbox.supervisor.emulator import Emulator


class FunctionServers:
    """Starts fork servers, which end with the emulator."""

    def __init__(self, emulator: Emulator, log: Path) -> None:
        self._emulator = emulator
        self._log = log

    def start(self, function: ServedFunction) -> None:
        """Returns at once. From then on calls wait for the server, which answers when it has made its imports. Raises
        OSError."""
        server = [function.python, "-m", "sandbox.function_process.function_server"]
        with self._log.open("ab") as log, listen(self._emulator.folder, function.socket) as listener:
            process = children.start(
                [*server, str(listener.fileno()), function.folder, function.handler],
                cwd=REPOSITORY,
                env=_environment(self._emulator.environment, function),
                stdin=subprocess.PIPE,  # never written to: it closes when the supervisor dies
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=(listener.fileno(),),
                process_group=self._emulator.pid,
            )
        # Without a wait, a server that has ended would stay a zombie in the emulator's group.
        Thread(target=process.wait, name=f"reap-{function.name}", daemon=True).start()


def _environment(emulator: Mapping[str, str], function: ServedFunction) -> dict[str, str]:
    """Returns what the emulator gives the function's processes; a difference would make each process import itself."""
    return {
        **emulator,
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SESSION_TOKEN": "",
        "AWS_REGION": emulator["AWS_DEFAULT_REGION"],
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "_HANDLER": function.handler,
        **function.variables,
    }
