"""Lambda's managed runtimes: which are retired, which will be, and which can do more than others."""

from typing import Final

from policies.rules.aws_limits.source import Source

RUNTIMES_PAGE: Final = Source("https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html")

RETIRED: Final = frozenset(
    {
        *("python2.7", "python3.6", "python3.7", "python3.8", "python3.9"),
        *("nodejs", "nodejs4.3", "nodejs4.3-edge", "nodejs6.10", "nodejs8.10", "nodejs10.x", "nodejs12.x"),
        *("nodejs14.x", "nodejs16.x", "nodejs18.x"),
        *("ruby2.5", "ruby2.7"),
        *("java8", "go1.x", "provided"),
        *("dotnetcore1.0", "dotnetcore2.0", "dotnetcore2.1", "dotnetcore3.1", "dotnet5.0", "dotnet6", "dotnet7"),
    }
)
"""Lambda no longer creates functions with them (RUNTIMES_PAGE)."""

RETIRING: Final = frozenset({"python3.10", "nodejs20.x", "ruby3.2", "java8.al2", "provided.al2", "dotnet8"})
"""Their support has ended or ends within months; the dates have been moved before (RUNTIMES_PAGE)."""

_CURRENT: Final = {
    "python": "python3.13",
    "nodejs": "nodejs24.x",
    "ruby": "ruby3.4",
    "java": "java21",
    "dotnet": "dotnet10",
    "provided": "provided.al2023",
    "go": "provided.al2023",
}
"""By language, a runtime with years of support (RUNTIMES_PAGE)."""


def current_runtime(runtime: str) -> str:
    """Returns a runtime with years of support for the language of another runtime."""
    return next((current for language, current in _CURRENT.items() if runtime.startswith(language)), "python3.13")


SNAP_START: Final = frozenset(
    {
        *("python3.12", "python3.13", "python3.14", "python3.15"),
        *("java11", "java17", "java21", "java25"),
        *("dotnet8", "dotnet10"),
    }
)
"""https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html"""

STREAMING_FAMILIES: Final = ("nodejs", "provided")
"""The managed runtimes that can stream an answer start so; the others send it whole at the end
(https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html)."""
