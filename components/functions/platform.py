"""The platforms and log periods that AWS offers, and the checks against them."""

from pathlib import Path
from typing import Final

from components.refs import CodeRef
from components.validation import choice_problems
from policies.rules.aws_limits import LAMBDA_FUNCTION_NAME, LOG_RETENTION_DAYS

ARCHITECTURES: Final = ("arm64", "x86_64")
RUNTIMES: Final = ("python3.11", "python3.12", "python3.13", "python3.14")


def code_problems(argument: str, code: CodeRef) -> list[str]:
    """A message for each part of a CodeRef that Lambda would reject."""
    missing = f"{argument}.path is {code['path']!r}, which is not a file; build it with PythonPackage"
    return [
        *([] if Path(code["path"]).is_file() else [missing]),
        *choice_problems(f"{argument}.runtime", code["runtime"], RUNTIMES),
        *choice_problems(f"{argument}.architecture", code["architecture"], ARCHITECTURES),
    ]


def function_name_problems(argument: str, name: object) -> list[str]:
    """A message for a name that Lambda would reject."""
    if not isinstance(name, str) or LAMBDA_FUNCTION_NAME.allows(name):
        return []
    return [f"{argument} is {name!r}; allowed: up to {LAMBDA_FUNCTION_NAME.longest} letters, digits, - and _"]


def retention_problems(days: int) -> list[str]:
    if days in LOG_RETENTION_DAYS:
        return []
    return [f"log_retention_days is {days}; allowed: {', '.join(map(str, LOG_RETENTION_DAYS))}"]
