"""What AgentCore demands of an agent runtime's code, for the deployment and for calls of the API."""

import re
from collections.abc import Callable, Sequence
from typing import Final

from sandbox.interpreters import OWN_VERSION, interpreter_of

_PYTHON: Final = re.compile(r"PYTHON_3_(?P<minor>\d+)")


def code_problem(place: str, entry: Sequence[str], runtime: str, contains: Callable[[str], bool]) -> str | None:
    """Returns why the sandbox cannot run the code, None if it can. `place` is shown, for example `s3://bucket/key`;
    `contains` tells whether a file is in the package; `entry` may begin with a wrapping command, such as
    opentelemetry-instrument."""
    if problem := python_problem(runtime):
        return problem
    script = entry[-1] if entry else ""
    if not script.endswith(".py") or script.startswith("/") or not contains(script):
        return f"entryPoint is {script or 'empty'}, but {place} has no such Python file"
    return None


def python_problem(runtime: str) -> str | None:
    """Returns why no interpreter here runs the code of a runtime such as PYTHON_3_13."""
    found = _PYTHON.fullmatch(runtime)
    if found is None:
        return f"the code is for {runtime}, and the sandbox runs only Python"
    version = f"3.{found['minor']}"
    if interpreter_of(version) is None:
        own = f"PYTHON_{OWN_VERSION.replace('.', '_')}"
        return (
            f"the code is for {runtime}, but this machine runs {own} and has no Python {version}; set "
            f"longrun:pythonVersion and longrun:architecture to host, or install it (`uv python install {version}`)"
        )
    return None
