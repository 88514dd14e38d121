"""What a resource handler says to inputs that AWS would reject."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sandbox.access.keys import Keys
from sandbox.cloud.cloud import Cloud
from sandbox.cloud.request import Request, ValidationError
from sandbox.program.monitor import Created
from sandbox.program.registration import Registration


class Called(Exception):  # noqa: N818  no error: the call that a valid resource reaches
    """The handler has called the emulator."""


class Recording(Cloud):
    def _client(self, service: str) -> Any:  # noqa: ANN401  as the original
        raise Called(service)


def rejection(handler: Callable[[Request], Created], inputs: Mapping[str, Any]) -> str:
    """The message of the rejection; empty where the emulator would be called."""
    registration = Registration(
        type="aws:cloudwatch/x:X",
        name="watch",
        urn="urn:pulumi:local::p::aws:cloudwatch/x:X::watch",
        parent=None,
        custom=True,
        provider="",
        inputs=inputs,
        dependencies={},
        unknown=(),
    )
    cloud = Recording("http://127.0.0.1:1", "us-east-1", Path("python"), upload=False, keys=Keys.create())
    try:
        handler(Request(cloud, registration))
    except ValidationError as error:
        return str(error)
    except Called:
        return ""
    raise AssertionError("the handler neither rejected the resource nor created it")
