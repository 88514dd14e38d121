"""What a function's zip was built for, and how long logs are kept: the values that AWS knows."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from components.validation import choice_problems

ARCHITECTURES: Final = ("arm64", "x86_64")
RUNTIMES: Final = ("python3.11", "python3.12", "python3.13", "python3.14")
DEFAULT_LOG_RETENTION: Final = 14
LOG_RETENTION_DAYS: Final = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""The periods that CloudWatch Logs knows."""


@dataclass(frozen=True, slots=True)
class Platform:
    """A Lambda runtime and a CPU."""

    runtime: str
    architecture: str


def platform_problems(platform: Platform) -> list[str]:
    return [
        *choice_problems("runtime", platform.runtime, RUNTIMES),
        *choice_problems("architecture", platform.architecture, ARCHITECTURES),
    ]


def package_problems(argument: str, path: str) -> list[str]:
    """A sentence where the zip that an argument names is not there."""
    if Path(path).is_file():
        return []
    return [f"{argument} is {path!r}, which is not a file; build it with PythonPackage"]


def retention_problems(days: int) -> list[str]:
    if days in LOG_RETENTION_DAYS:
        return []
    return [f"log_retention_days is {days}; allowed: {', '.join(map(str, LOG_RETENTION_DAYS))}"]
