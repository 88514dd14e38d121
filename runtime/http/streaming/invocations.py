"""How the endpoint tells an event that Lambda delivers from a request that comes from outside."""

import json
import time
from dataclasses import dataclass
from typing import Final, Protocol

from starlette.requests import Request

LAMBDA_CONTEXT: Final = "x-amzn-lambda-context"
_REQUEST_CONTEXT: Final = "x-amzn-request-context"
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Invocation:
    """What Lambda tells about an invocation: the function's ARN, and when it must have ended (seconds since 1970)."""

    function_arn: str
    deadline: float

    @classmethod
    def of(cls, request: Request) -> "Invocation | None":
        """None for a request without Lambda's context, or with a malformed one."""
        try:
            context = json.loads(request.headers.get(LAMBDA_CONTEXT, ""))
            return cls(str(context["invoked_function_arn"]), float(context["deadline"]) / 1000)
        except (ValueError, KeyError, TypeError):
            return None

    @property
    def seconds_left(self) -> float:
        return max(0.0, self.deadline - time.time())


def event_invocation(request: Request) -> Invocation | None:
    """The invocation that a request to the events' path belongs to; None for one from outside.

    The Lambda Web Adapter sets both headers, whatever a client has sent: the request's context is an object for an HTTP
    request, and null for an event (adapter 1.0.0, whose RequestContext::PassThrough is untagged).
    """
    if request.client is not None and request.client.host not in _LOOPBACK:
        return None
    if any(context.strip() not in {"", "null"} for context in request.headers.getlist(_REQUEST_CONTEXT)):
        return None
    return Invocation.of(request)


class EventHandler(Protocol):
    """Executes Lambda's events."""

    async def handle(self, body: bytes, invocation: Invocation) -> bool:
        """Execute the event with that body; False where the failure destination must get it."""
