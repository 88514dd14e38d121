"""Runs a Pulumi program as the engine's language host does: in the program's own interpreter, against an engine that is
reached by gRPC. `sandbox.lifecycle.recorder` starts this file by its path.

The interpreter is the program's: any Python and Pulumi SDK of the last years, without the project's packages. So this
file imports nothing of the project. It reads one job and writes one result, both as a line of JSON. What the program
prints goes to standard error. It ends with the process that started it.
"""

import sys

if __name__ == "__main__":
    sys.path.pop(0)  # this folder, whose modules are not the program's

import asyncio
import inspect
import json
import logging
import os
import runpy
import signal
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from io import FileIO
from pathlib import Path
from threading import Thread
from typing import Any

Job = dict[str, Any]

SHAPE = "longrun:shape"
"""The argument of a provider function that has the shape of its result, so that the engine can answer any function."""

MARK = "feedfacecafe"
"""Part of every planned text: twelve hexadecimal digits, so that it may stand in an id of AWS."""

ANY_KEY = "longrun:any-key"
"""The only key of a planned mapping, whose keys nobody knows."""

DEPTH = 4


class AnyKey(dict[str, Any]):
    """What is planned for a mapping of which only an account knows the keys: each has a planned text."""

    def __missing__(self, key: str) -> str:
        return f"{MARK}-{key}"

    def get(self, key: str, _default: Any = None) -> str:  # noqa: ANN401 as in a dict
        return self.__missing__(key)


def main() -> None:
    sink = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    with suppress(ImportError):  # an error of the program, which comes later
        import pulumi.runtime  # noqa: F401, PLC0415 while the other process prepares the job
    source = FileIO(0, closefd=False)  # unbuffered, because a second thread continues to read it
    line = source.readline()
    if not line:
        return
    Thread(target=_end_with_parent, args=(source,), daemon=True).start()
    job = json.loads(line)
    try:
        _run(job)
        result: Job = {}
    except SystemExit as error:
        result = _failure(job, error) if error.code else {}
    except BaseException as error:
        result = _failure(job, error)
    print(json.dumps(result), file=sink, flush=True)
    sys.stdout.flush()
    sys.stderr.flush()
    # Not sys.exit, which would wait for the threads of a program that has failed.
    os._exit(0)


def _end_with_parent(source: FileIO) -> None:
    while source.read(64):
        pass
    os.killpg(os.getpgrp(), signal.SIGKILL)


def _run(job: Job) -> None:
    import pulumi.runtime  # noqa: PLC0415 its absence is a result

    os.chdir(job["folder"])
    sys.argv = [job["program"]]
    sys.path[:] = [path for path in sys.path if path not in job["hidden"]]
    if Path(job["program"]).is_file():  # runpy itself adds a folder
        sys.path.insert(0, job["folder"])
    os.environ["PULUMI_CONFIG"] = json.dumps(job["config"])
    if hasattr(pulumi.runtime, "set_all_config"):
        pulumi.runtime.set_all_config(job["config"], job["secrets"])
    else:
        for key, value in job["config"].items():
            pulumi.runtime.set_config(key, value)
    known = inspect.signature(pulumi.runtime.Settings.__init__).parameters
    pulumi.runtime.configure(
        pulumi.runtime.Settings(**{key: value for key, value in job["settings"].items() if key in known})
    )
    for name in ("invoke", "invoke_single", "invoke_async", "invoke_output", "invoke_output_single"):
        # Without a shape the result is unknown, which a program can work with where it is an output.
        if hasattr(pulumi.runtime, name) and (job["planned"] or "output" not in name):
            setattr(pulumi.runtime, name, _with_shape(getattr(pulumi.runtime, name)))
    json.loads = _with_planned(json.loads)
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.set_default_executor(ThreadPoolExecutor(16))

    def program() -> None:
        runpy.run_path(job["program"], run_name="__main__")

    loop.run_until_complete(pulumi.runtime.run_in_stack(program))


def _with_shape(function: Any) -> Any:  # noqa: ANN401
    """Returns the function with the shape of the result among its arguments."""

    def called(tok: str, props: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        typ = kwargs.get("typ") or (args[1] if len(args) > 1 else None)
        result = function(tok, {**(props or {}), SHAPE: json.dumps(_shape(typ, DEPTH))}, *args, **kwargs)
        if hasattr(result, "apply"):
            return result.apply(_opened)
        if hasattr(result, "value"):
            result.value = _opened(result.value)
        return result

    return called


def _opened(value: Any) -> Any:  # noqa: ANN401
    """Returns the result of a function with planned mappings as `AnyKey`."""
    if isinstance(value, dict) and ANY_KEY in value:
        return AnyKey()
    members = value if isinstance(value, dict) else getattr(value, "__dict__", {})
    members.update({key: AnyKey() for key, each in members.items() if isinstance(each, dict) and ANY_KEY in each})
    return value


def _with_planned(loads: Any) -> Any:  # noqa: ANN401
    """Returns `json.loads` for programs that look up documents, such as secrets: a planned text is not JSON."""

    def called(text: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        try:
            return loads(text, *args, **kwargs)
        except ValueError:
            if isinstance(text, str) and MARK in text:
                return AnyKey()
            raise

    return called


def _shape(typ: Any, depth: int) -> Any:  # noqa: ANN401
    """Returns a mapping of property names to shapes, a list with the shape of an item, the name of a simple type, or
    None for what the SDK does not type."""
    from pulumi import _types  # noqa: PLC0415

    if typ is None or not depth:
        return None
    typ = _types.unwrap_optional_type(typ)
    if _types.is_output_type(typ):
        return {name: _shape(of, depth - 1) for name, of in _types.output_type_types(typ).items()}
    origin, arguments = getattr(typ, "__origin__", None), getattr(typ, "__args__", ())
    if origin is not None and getattr(origin, "__name__", "") in ("list", "Sequence"):
        return [_shape(arguments[0], depth)] if arguments else []
    if origin is not None and getattr(origin, "__name__", "") in ("dict", "Mapping"):
        return {}
    return getattr(typ, "__name__", None)


def _failure(job: Job, error: BaseException) -> Job:
    """Returns what happened in the program's words, and the last place in the program's own files."""
    traceback.print_exception(type(error), error, error.__traceback__)
    frames = traceback.extract_tb(error.__traceback__)
    where = [frame for frame in frames if _is_own(job["root"], frame.filename)]
    names = [each.__name__ for each in type(error).__mro__]
    line = where[-1].lineno if where else None
    place = where[-1].filename if where else None
    if isinstance(error, SyntaxError) and error.filename and _is_own(job["root"], error.filename):
        place, line = error.filename, error.lineno
    return {
        "type": names[0],
        "bases": names,
        "message": str(error),
        "code": getattr(error, "code", None) if "RunError" in names else None,
        "module": getattr(error, "name", None) if isinstance(error, ModuleNotFoundError) else None,
        "file": os.path.relpath(place, job["root"]) if place else None,
        "line": line,
    }


def _is_own(root: str, filename: str) -> bool:
    path = Path(filename).absolute()
    return Path(root) in path.parents and path != Path(__file__).absolute() and "site-packages" not in path.parts


if __name__ == "__main__":
    main()
