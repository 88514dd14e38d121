"""The `longrun` command: runs one command, and reports every error as one line and an exit code."""

import errno
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import typer

from cli.app import create_app
from cli.errors import INTERRUPTED, SUCCESS, CliError, exit_code, one_line
from contract.sandbox_access import without_secret
from sandbox.errors import SandboxError
from sandbox.paths import home
from sandbox.private_files import open_private

UNUSABLE = frozenset((errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.ENOTDIR, errno.EEXIST))
"""Errors that the user can fix at the file that the error names."""


def _report(error: CliError, as_json: bool) -> int:
    """Writes the error to stderr, or as JSON to stdout. The exit code for it."""
    message = one_line(without_secret(error.message))
    if as_json:
        from cli.output import write_json  # noqa: PLC0415  importing rich is slow, and only output needs it

        write_json({**error.document, "error": {"code": error.code, "message": message}})
    else:
        sys.stderr.write(f"longrun: {message} [{error.code}]\n")
    return exit_code(error.code)


def _unexpected(error: BaseException) -> CliError:
    log = _write_traceback()
    message = f"the command failed with an unexpected {type(error).__name__}"
    return CliError("INTERNAL", f"{message}; the details are in {log}" if log else message)


def _usage(error: typer.TyperException) -> CliError:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "longrun"
    return CliError("USAGE", f"{one_line(error.format_message())} (see '{command} --help')")


def _write_traceback() -> Path | None:
    name = f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
    for folder in (home() / "errors", Path(tempfile.gettempdir())):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with open_private(folder / name) as file:
                file.write(without_secret(traceback.format_exc()))
        except OSError:
            continue
        return folder / name
    return None


def _run(arguments: Sequence[str]) -> int:
    called = next((word for word in arguments if not word.startswith("-")), None)
    command = typer.main.get_command(create_app(called))
    result = command.main(args=list(arguments) or ["--help"], prog_name="longrun", standalone_mode=False)
    if result == INTERRUPTED:  # Typer's exit code for an interrupt that no command caught
        raise KeyboardInterrupt
    return result if isinstance(result, int) else SUCCESS


def run(arguments: Sequence[str]) -> int:
    """Runs one command line. Its exit code; raises no exception."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    try:
        code = _run(arguments)
    except (KeyboardInterrupt, Exception) as error:
        # The outermost boundary: a user never sees a traceback.
        return _report(_explained(error), _wants_json(options))
    return code


def _wants_json(options: Sequence[str]) -> bool:
    return "--json" in options or "--format=json" in options or ("--format", "json") in pairwise(options)


def _explained(error: BaseException) -> CliError:
    match error:
        case CliError():
            return error
        case SandboxError():
            return CliError(error.code, error.message)
        case typer.TyperException():
            return _usage(error)
        case KeyboardInterrupt():
            return CliError("INTERRUPTED", "stopped by Ctrl-C")
        case OSError() if error.filename is not None and error.errno in UNUSABLE:
            message = f"{error.filename} cannot be used ({error.strerror})"
            return CliError("UNUSABLE_FILE", f"{message}; fix that, or choose a folder with --state or LONGRUN_HOME")
        case _:
            return _unexpected(error)


def main() -> None:
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
