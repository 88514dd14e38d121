"""The emulator as a child process: on loopback only, with its own temporary folder and a minimal environment."""

import errno
import json
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from contract.sandbox_access import HEADER, with_secret
from sandbox import children
from sandbox.access.keys import Keys
from sandbox.emulator_access import ACCOUNT, PREFERRED_PORT
from sandbox.errors import SandboxCode, SandboxError
from sandbox.paths import REPOSITORY
from sandbox.private_files import make_private, open_private_log

READY_WITHIN = 30.0
"""Seconds; on an idle machine the emulator takes 0.25."""

_KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ")
FUNCTION_HOME = Path("/home", "sbx_user1051")
"""The home folder of a Lambda function's user. It does not exist there either."""

_LAUNCHER = REPOSITORY / "sandbox" / "emulator_process" / "main.py"


def bind(port: int | None) -> socket.socket:
    """Returns a listening loopback socket: on `port`; for 0 on any free one; for None on 4600 or else any free one.

    Raises SandboxError PORT_IN_USE.
    """
    if port is None:
        try:
            return bind(PREFERRED_PORT)
        except SandboxError:
            return bind(0)
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Accepted connections inherit it; without it small responses wait for a delayed ACK of 40 ms.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(1024)
    except (OSError, OverflowError) as error:
        listener.close()
        used = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        reason = "is in use" if used else f"cannot be used ({error})"
        message = (
            f"port {port} of 127.0.0.1 {reason}; end the process that listens there or choose another port with --port"
        )
        raise SandboxError(SandboxCode.PORT_IN_USE, message) from error
    return listener


@dataclass(frozen=True, slots=True)
class EmulatorSettings:
    """`python` is the emulator environment's interpreter; `folder` is emptied and becomes its temporary folder;
    `time_scale` is the factor for the waits of state machines."""

    python: Path
    folder: Path
    log: Path
    region: str
    sidecar_url: str
    keys: Keys
    time_scale: float = 1.0


class Emulator:
    """MiniStack and the processes of the functions, which are in its process group."""

    def __init__(
        self,
        process: "subprocess.Popen[bytes]",
        endpoint: str,
        settings: EmulatorSettings,
        environment: Mapping[str, str],
    ) -> None:
        self.endpoint = endpoint
        self.environment = environment
        self._process = process
        self._settings = settings

    @classmethod
    def start(cls, listener: socket.socket, settings: EmulatorSettings, inherited: tuple[int, ...] = ()) -> "Emulator":
        """Starts it on `listener` and closes the listener here; `inherited` descriptors stay open in the emulator."""
        shutil.rmtree(settings.folder, ignore_errors=True)
        make_private(settings.folder)
        host, port = listener.getsockname()
        endpoint = f"http://{host}:{port}"
        environment = _environment(endpoint, port, settings)
        with listener, open_private_log(settings.log) as log:
            process = children.start(
                [str(settings.python), "-I", str(_LAUNCHER), str(listener.fileno())],
                cwd=settings.folder,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=(listener.fileno(), *inherited),
                process_group=0,
            )
        return cls(process, endpoint, settings, environment)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def folder(self) -> Path:
        """The temporary folder of the emulator and of the functions."""
        return self._settings.folder

    def wait_ready(self) -> None:
        """Sends one health request, which waits in the backlog until the emulator serves. Raises EMULATOR_DEAD."""
        host, port = self.endpoint.removeprefix("http://").split(":")
        connection = HTTPConnection(host, int(port), timeout=READY_WITHIN)
        try:
            connection.request("GET", "/_ministack/health", headers={HEADER: self._settings.keys.secret})
            json.loads(connection.getresponse().read())
        except (OSError, HTTPException, ValueError) as error:
            raise SandboxError(
                SandboxCode.EMULATOR_DEAD,
                f"the emulator did not start ({self._last_log_line() or error}); its log is {self._settings.log}",
            ) from error
        finally:
            connection.close()

    def wait_exit(self) -> int:
        """Blocks until it has ended; the returned exit code is negative for a signal."""
        return self._process.wait()

    def end(self) -> None:
        """Kills it with all functions, and removes its temporary folder; nothing in it needs a graceful shutdown."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()
        with suppress(ChildProcessError):
            while True:  # the functions, which are now children of this process where `adopt_orphans` works
                os.waitpid(-self.pid, 0)
        shutil.rmtree(self._settings.folder, ignore_errors=True)

    def _last_log_line(self) -> str:
        lines = self._settings.log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""


def _environment(endpoint: str, port: int, settings: EmulatorSettings) -> dict[str, str]:
    """Returns an environment without the user's proxies, profiles and certificates, because functions inherit it."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return kept | {
        "HOME": str(FUNCTION_HOME),
        "TMPDIR": str(settings.folder),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_REGION": settings.region,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "LAMBDA_ACCOUNT_CONCURRENCY": "1000",
        "AWS_DEFAULT_REGION": settings.region,
        "AWS_ACCESS_KEY_ID": settings.keys.key_id,
        "AWS_SECRET_ACCESS_KEY": settings.keys.secret,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": settings.sidecar_url,
        "AWS_ENDPOINT_URL_BEDROCK_AGENTCORE": endpoint,
        # In its path and not in a header, which a function with a collector of its own would send there.
        "OTEL_EXPORTER_OTLP_ENDPOINT": with_secret(settings.sidecar_url, settings.keys.secret),
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "SFN_WAIT_SCALE": str(settings.time_scale),
    }
