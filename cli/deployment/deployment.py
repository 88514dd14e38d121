"""The addresses of a deployment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Deployment:
    """The addresses of a deployment. `endpoint` is that of its AWS services, None for AWS itself; `sidecar_url` is that
    of its sandbox's sidecar; `outputs` are the stack's outputs, empty if only an address was given."""

    name: str
    websocket_url: str
    authorization: str
    region: str
    endpoint: str | None = None
    sidecar_url: str | None = None
    outputs: Mapping[str, Any] = field(default_factory=dict)
