"""The addresses of a deployment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from contract.sandbox_access import with_secret
from sandbox.access.keys import Keys

if TYPE_CHECKING:
    from boto3 import Session


@dataclass(frozen=True, slots=True)
class Deployment:
    """The addresses of a deployment. `endpoint` is that of its AWS services, None for AWS itself; `sidecar_url` is that
    of its sandbox's sidecar, `keys` are its sandbox's; `outputs` are the stack's outputs, empty if only an address was
    given; `token` is the caller's."""

    name: str
    websocket_url: str
    authorization: str
    region: str
    endpoint: str | None = None
    sidecar_url: str | None = None
    outputs: Mapping[str, Any] = field(default_factory=dict)
    keys: Keys | None = None
    token: str = field(default="", repr=False)

    @property
    def connect_url(self) -> str:
        """The WebSocket address for the client: a sandbox's with its secret, which `websocket_url` lacks."""
        return with_secret(self.websocket_url, self.keys.secret) if self.keys else self.websocket_url

    def session(self) -> "Session":
        """A boto3 session for its services: with a sandbox's own keys, or with the user's for AWS."""
        import boto3  # noqa: PLC0415  importing it takes 100 ms, and other commands do not need it

        if self.endpoint is None:
            return boto3.Session(region_name=self.region)
        keys = self.keys or Keys("none", "none")  # the user's own keys are not sent to an emulator
        return boto3.Session(keys.key_id, keys.secret, region_name=self.region)
