"""The names of AWS's operations by method and path, from botocore's models of the services."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

_MODELS: Final = {
    "bedrock": ("bedrock-runtime", "bedrock", "bedrock-agent-runtime", "bedrock-agent", "bedrock-data-automation"),
    "bedrock-agentcore": ("bedrock-agentcore", "bedrock-agentcore-control"),
}
"""By the name that requests are signed with."""

_PARAMETER: Final = re.compile(r"\{[^}]+\}")


@dataclass(frozen=True, slots=True)
class Operation:
    """`service` is its full name, such as `Amazon Bedrock Runtime`."""

    service: str
    name: str


def operation_of(signed_for: str, method: str, path: str) -> Operation | None:
    """Returns the operation at the path, as it came on the wire; of several, the one with the longest fixed part."""
    found = [
        (len(_PARAMETER.sub("", template)), operation)
        for given, template, pattern, operation in _operations(signed_for)
        if given == method and pattern.fullmatch(path)
    ]
    return max(found, key=lambda entry: entry[0])[1] if found else None


@cache
def _operations(signed_for: str) -> tuple[tuple[str, str, re.Pattern[str], Operation], ...]:
    return tuple(_read(signed_for))


def _read(signed_for: str) -> Iterator[tuple[str, str, re.Pattern[str], Operation]]:
    from botocore.exceptions import UnknownServiceError  # noqa: PLC0415  0.2 s, for a first error only
    from botocore.loaders import create_loader  # noqa: PLC0415

    loader = create_loader()
    for service in _MODELS.get(signed_for, ()):
        try:
            model: dict[str, Any] = loader.load_service_model(service, "service-2")
        except UnknownServiceError:
            continue
        for name, described in model["operations"].items():
            template = described["http"]["requestUri"].partition("?")[0]
            pattern = "[^/]+".join(re.escape(part) for part in _PARAMETER.split(template.rstrip("/")))
            operation = Operation(model["metadata"]["serviceFullName"], name)
            yield described["http"]["method"], template, re.compile(f"{pattern}/?"), operation
