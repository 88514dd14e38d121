"""Runs the program's `__main__.py` as Pulumi's own language host does, with a monitor in this process.

A failure leaves Pulumi's process-wide state unusable, so each process runs one program (`sandbox.deployment.main`).
"""

import asyncio
import json
import logging
import os
import runpy
import sys
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import pulumi
from pulumi.runtime import run_in_stack, set_all_config
from pulumi.runtime.mocks import MockEngine, MockSettings
from pulumi.runtime.settings import configure

from sandbox.errors import SandboxCode, SandboxError
from sandbox.paths import REPOSITORY
from sandbox.program.config import ProgramConfig
from sandbox.program.monitor import Monitor

_OWN_CODE: Final = REPOSITORY / "sandbox"

PARALLEL: Final = 8
"""The number of resources that are created at the same time."""


def run_program(root: Path, config: ProgramConfig, monitor: Monitor, log: Callable[[str], None]) -> dict[str, Any]:
    """Returns the stack's outputs, once every resource is created. `log` gets what the program logs.

    Raises SandboxError: the monitor's own, or PROGRAM_FAILED, or the code of the error that the program raised.
    """
    _prepare(root, config)
    configure(
        MockSettings(  # type: ignore[no-untyped-call]
            monitor=monitor,
            engine=MockEngine(_logger(log)),
            project=config.project,
            stack=config.stack,
            organization="sandbox",
            root_directory=str(root),
            dry_run=False,
            callbacks=None,
        )
    )
    try:
        asyncio.run(_run(root))
    except SystemExit as error:
        if error.code:
            raise _failure(root, error) from error
    except Exception as error:
        raise _failure(root, error) from error
    return monitor.outputs


async def _run(root: Path) -> None:
    # The executor's threads register the resources, and deserializing references to resources needs an event loop.
    executor = ThreadPoolExecutor(PARALLEL, initializer=lambda: asyncio.set_event_loop(asyncio.new_event_loop()))
    asyncio.get_running_loop().set_default_executor(executor)
    await run_in_stack(lambda: _execute(root))


def _execute(root: Path) -> None:
    runpy.run_path(str(root), run_name="__main__")


def _prepare(root: Path, config: ProgramConfig) -> None:
    values = dict(config.values)
    os.environ["PULUMI_CONFIG"] = json.dumps(values)
    set_all_config(values, list(config.secrets))
    os.chdir(root)
    sys.argv = [str(root)]


def _logger(log: Callable[[str], None]) -> logging.Logger:
    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.levelno in (logging.INFO, logging.WARNING):
                log(record.getMessage())

    logger = logging.getLogger("sandbox.program")
    logger.setLevel(logging.INFO)
    logger.addHandler(Handler())
    return logger


def _failure(root: Path, error: BaseException) -> SandboxError:
    """Returns the error with a message. Pulumi wraps the monitor's own error in others."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, SandboxError):
            return found
        found = found.__cause__ or found.__context__
    if isinstance(error, pulumi.RunError):
        return SandboxError(getattr(error, "code", SandboxCode.PROGRAM_FAILED), _one_line(error))
    where = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_own(root, frame.filename)]
    place = f" at {Path(where[-1].filename).relative_to(root)}:{where[-1].lineno}" if where else ""
    return SandboxError(
        SandboxCode.PROGRAM_FAILED, f"the program failed{place}: {type(error).__name__}: {_one_line(error)}"
    )


def _is_own(root: Path, filename: str) -> bool:
    path = Path(filename)
    return path.is_relative_to(root) and "site-packages" not in path.parts and not path.is_relative_to(_OWN_CODE)


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())
