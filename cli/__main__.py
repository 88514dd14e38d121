"""The `longrun` command: runs one command and turns whatever goes wrong into one sentence and an exit code."""

import os
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

import typer

from cli.app import create_app
from cli.errors import INTERRUPTED, SUCCESS, CliError, exit_code, one_sentence
from sandbox.errors import SandboxError
from sandbox.paths import home


def _report(error: CliError, as_json: bool) -> int:
    """Says what went wrong in the way that was asked for, and returns the exit code that belongs to it."""
    message = one_sentence(error.message)
    if as_json:
        from cli.output import write_json  # noqa: PLC0415  rich is needed only once something is shown

        write_json({**error.document, "error": {"code": error.code, "message": message}})
    else:
        sys.stderr.write(f"longrun: {message} [{error.code}]\n")
    return exit_code(error.code)


def _unexpected(error: Exception) -> CliError:
    log = _write_traceback()
    sentence = f"an unexpected {type(error).__name__} ended the command"
    return CliError("INTERNAL", f"{sentence}; the details are in {log}" if log else sentence)


def _write_traceback() -> Path | None:
    name = f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
    for folder in (home() / "errors", Path(tempfile.gettempdir())):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(traceback.format_exc(), encoding="utf-8")
        except OSError:
            continue
        return folder / name
    return None


def _run(arguments: Sequence[str]) -> int:
    called = next((word for word in arguments if not word.startswith("-")), None)
    command = typer.main.get_command(create_app(called))
    result = command.main(args=list(arguments) or ["--help"], prog_name="longrun", standalone_mode=False)
    return result if isinstance(result, int) else SUCCESS


def run(arguments: Sequence[str]) -> int:
    """Runs one command line and returns its exit code; no exception leaves it."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    as_json = "--json" in options
    try:
        code = _run(arguments)
        # Typer turns an interrupt that nobody else caught into this number.
        return _report(CliError("INTERRUPTED", "stopped by Ctrl-C"), as_json) if code == INTERRUPTED else code
    except CliError as error:
        return _report(error, as_json)
    except SandboxError as error:
        return _report(CliError(error.code, error.message), as_json)
    except typer.TyperException as error:
        return _report(CliError("USAGE", f"{one_sentence(error.format_message())} (see 'longrun --help')"), as_json)
    except Exception as error:
        # The boundary: a user never meets a traceback.
        return _report(_unexpected(error), as_json)


def main() -> None:
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
