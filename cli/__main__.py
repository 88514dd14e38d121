"""The `longrun` command: runs one command and turns whatever goes wrong into one sentence and an exit code."""

import os
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

import typer

from cli.app import create_app
from cli.errors import FAILURE, INTERRUPTED, SUCCESS, USAGE, CliError, one_sentence


def _report(code: str, message: str, as_json: bool) -> None:
    if as_json:
        from cli.output import write_json  # noqa: PLC0415  rich is needed only once something is shown

        write_json({"error": {"code": code, "message": one_sentence(message)}})
    else:
        sys.stderr.write(f"longrun: {one_sentence(message)} [{code}]\n")


def _write_traceback() -> Path:
    from sandbox.paths import home  # noqa: PLC0415  only once something went wrong

    folder = home() / "errors"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
    path.write_text(traceback.format_exc(), encoding="utf-8")
    return path


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
        return _run(arguments)
    except CliError as error:
        _report(error.code, error.message, as_json)
        return error.exit_code
    except typer.TyperException as error:
        _report("USAGE", f"{error.format_message().rstrip('.')} (see 'longrun --help')", as_json)
        return USAGE
    except (KeyboardInterrupt, typer.Abort):
        _report("INTERRUPTED", "stopped by Ctrl-C", as_json)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away (`longrun runs | head`): nothing is left to say, and nobody to say it to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILURE
    except Exception as error:
        # The boundary: a user never meets a traceback.
        sentence = f"an unexpected {type(error).__name__} ended the command"
        _report("INTERNAL", f"{sentence}; the details are in {_write_traceback()}", as_json)
        return FAILURE


def main() -> None:
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
