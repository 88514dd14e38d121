"""Runs MiniStack in the emulator's own environment on a socket that the supervisor has already bound.

Only requests with the sandbox's secret come in (`access`). Those to Bedrock and AgentCore go on to the sidecar
(`ai_services`), the others to MiniStack. Before the first call, parts of MiniStack are replaced: of its Lambda
(`functions`), of its API Gateway (`websocket`), of its Step Functions (`step_functions`), of its ECS (`containers`),
and of what several services return of their settings (`control_plane`).

The supervisor binds the socket before it starts this process, so a busy port is reported at once and the first client
waits in the backlog. This process ends with its supervisor: when standard input closes, it removes its temporary folder
and kills its process group, to which the functions belong.
"""

import os
import resource
import shutil
import signal
import sys
import threading
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.access.gate import App

KNOWN_VERSION = "1.5."
REPOSITORY = Path(__file__).resolve().parents[2]
BACKLOG = 1024
KEEP_ALIVE_SECONDS = 75


def _end_with_parent() -> None:
    """Blocks until the supervisor has ended, then kills this process group."""
    while os.read(0, 64):
        pass
    shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)
    os.killpg(os.getpgrp(), signal.SIGKILL)


def _patch(
    apigateway: ModuleType,
    eventbridge: ModuleType,
    lambda_svc: ModuleType,
    lambda_runtime: ModuleType,
    stepfunctions: ModuleType,
) -> None:
    from ministack.core.responses import StreamingResponse  # type: ignore[import-not-found]  # noqa: PLC0415

    # Not on the path before.
    from sandbox.emulator_process import access, runtime_api  # noqa: PLC0415
    from sandbox.emulator_process.containers import replacements as containers  # noqa: PLC0415
    from sandbox.emulator_process.control_plane import replacements as control_plane  # noqa: PLC0415
    from sandbox.emulator_process.functions import image_functions, streamed_urls  # noqa: PLC0415
    from sandbox.emulator_process.functions import replacements as functions  # noqa: PLC0415
    from sandbox.emulator_process.functions import urls as function_urls  # noqa: PLC0415
    from sandbox.emulator_process.step_functions import replacements as step_functions  # noqa: PLC0415
    from sandbox.emulator_process.websocket import replacements as websocket  # noqa: PLC0415

    try:
        websocket.install(apigateway)
        functions.install(lambda_svc, lambda_runtime)
        image_functions.install(lambda_svc)
        streamed_urls.install(lambda_svc, StreamingResponse)
        function_urls.install(lambda_svc)  # after them: it checks who calls before they serve
        runtime_api.install(lambda_svc)
        access.install(lambda_svc)
        step_functions.install(stepfunctions, eventbridge)
        containers.install(stepfunctions)
        control_plane.install()
    except ValueError as error:
        sys.exit(str(error))


def main() -> None:
    """Serves until the supervisor ends; the one argument is the descriptor of the listening socket."""
    found = version("ministack")
    if not found.startswith(KNOWN_VERSION):
        sys.exit(f"the sandbox knows MiniStack {KNOWN_VERSION}x, but requirements/sandbox.txt installed {found}")
    threading.Thread(target=_end_with_parent, name="end-with-parent", daemon=True).start()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # macOS reports an infinite limit that cannot be set
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    os.environ["LOG_LEVEL"] = "WARNING"  # read at import; removed again, because functions inherit the environment
    from ministack.app import app  # type: ignore[import-not-found]  # noqa: PLC0415
    from ministack.core import lambda_runtime  # type: ignore[import-not-found]  # noqa: PLC0415
    from ministack.services import (  # type: ignore[import-not-found]  # noqa: PLC0415
        apigateway,
        eventbridge,
        lambda_svc,
        stepfunctions,
    )

    del os.environ["LOG_LEVEL"]
    sys.path.append(str(REPOSITORY))  # last, so that nothing hides the emulator environment's packages
    _patch(apigateway, eventbridge, lambda_svc, lambda_runtime, stepfunctions)
    _serve(app)


def _serve(app: "App") -> None:
    import uvicorn  # noqa: PLC0415  after the check of the version

    from sandbox.emulator_process.access import gated  # noqa: PLC0415  not on the path before
    from sandbox.emulator_process.ai_services.one_address import with_ai_services  # noqa: PLC0415
    from sandbox.emulator_process.websocket.connection import use_quotas  # noqa: PLC0415

    config = uvicorn.Config(
        gated(with_ai_services(app)),
        fd=int(sys.argv[1]),
        # All calls of all functions go through this one event loop. With MiniStack's own server, which is pure Python,
        # the first text of fifty concurrent runs takes a quarter longer.
        loop="uvloop",
        http="httptools",
        ws=use_quotas(),
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        access_log=False,
        log_level="warning",
    )
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
