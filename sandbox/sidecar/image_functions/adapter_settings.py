"""The settings of the Lambda Web Adapter, which it reads from the function's variables."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

_HEALTHY: Final = "100-499"
_STREAMS: Final = "response_stream"
_BEFORE: Final = ("PORT", "HOST", "READINESS_CHECK_PORT", "READINESS_CHECK_PATH", "READINESS_CHECK_PROTOCOL")
"""Variables that have another name before version 1: without the prefix AWS_LWA_."""

PORTS: Final = ("AWS_LWA_PORT", "PORT")
READINESS_PORTS: Final = ("AWS_LWA_READINESS_CHECK_PORT", "READINESS_CHECK_PORT")


@dataclass(frozen=True, slots=True)
class AdapterSettings:
    """`error_codes` are statuses of the app that make the invocation fail; `streams` is whether replies are streamed;
    `ready_over_tcp` is whether a connection alone shows that the app is ready."""

    host: str
    port: int
    ready_port: int
    ready_path: str
    ready_over_tcp: bool
    healthy: frozenset[int]
    base_path: str
    events_path: str
    authorization: str
    error_codes: frozenset[int]
    streams: bool

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> "AdapterSettings":
        """Raises ValueError for a port that is not a number."""

        def text(name: str, default: str = "") -> str:
            return variables.get(f"AWS_LWA_{name}") or (variables.get(name) if name in _BEFORE else "") or default

        port = text("PORT", "8080")
        return cls(
            host=text("HOST", "127.0.0.1"),
            port=int(port),
            ready_port=int(text("READINESS_CHECK_PORT", port)),
            ready_path=text("READINESS_CHECK_PATH", "/"),
            ready_over_tcp=text("READINESS_CHECK_PROTOCOL").lower() == "tcp",
            healthy=frozenset(_codes(text("READINESS_CHECK_HEALTHY_STATUS", _HEALTHY))),
            base_path=text("REMOVE_BASE_PATH") or variables.get("REMOVE_BASE_PATH", ""),
            events_path=text("PASS_THROUGH_PATH", "/events"),
            authorization=text("AUTHORIZATION_SOURCE"),
            error_codes=frozenset(_codes(text("ERROR_STATUS_CODES"))),
            streams=text("INVOKE_MODE").lower() == _STREAMS,
        )


def _codes(text: str) -> Iterator[int]:
    """Yields the statuses of a list like `500,502-504`. The adapter ignores what it cannot read, too."""
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        with suppress(ValueError):
            yield from range(int(first), int(last or first) + 1)
