"""The engine's two gRPC services over a monitor: a program in any interpreter registers its resources with it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, resource_pb2_grpc

from sandbox.program.monitor import Monitor

_THREADS = 32
_MESSAGE = [("grpc.max_receive_message_length", 400 * 1024 * 1024)]
"""A program may send whole files; the engine has the same limit."""


@dataclass(slots=True)
class ProgramLog:
    """What the program logged. Errors make a preview fail."""

    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@contextmanager
def serving(monitor: Monitor, socket: Path) -> Iterator[ProgramLog]:
    """Serves the monitor at a Unix socket, whose folder says who may reach it."""
    logged = ProgramLog()
    server = grpc.server(ThreadPoolExecutor(_THREADS), options=_MESSAGE)
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(_Resources(monitor), server)
    engine_pb2_grpc.add_EngineServicer_to_server(_Engine(logged), server)
    server.add_insecure_port(f"unix:{socket}")
    server.start()
    try:
        yield logged
    finally:
        server.stop(None)


class _Resources(resource_pb2_grpc.ResourceMonitorServicer):
    """Passes every call to the monitor's method of the same name."""

    def __init__(self, monitor: Monitor) -> None:
        for name in vars(resource_pb2_grpc.ResourceMonitorServicer):
            if hasattr(monitor, name) and not name.startswith("_"):
                setattr(self, name, _without_context(getattr(monitor, name)))


def _without_context(method: Any) -> Any:  # noqa: ANN401 the messages differ from method to method
    return lambda request, _context: method(request)


class _Engine(engine_pb2_grpc.EngineServicer):
    def __init__(self, logged: ProgramLog) -> None:
        self._logged = logged
        self._root = ""

    def Log(self, request: engine_pb2.LogRequest, _context: object) -> empty_pb2.Empty:  # noqa: N802
        if request.severity == engine_pb2.ERROR:
            self._logged.errors.append(request.message)
        elif request.severity == engine_pb2.WARNING:
            self._logged.warnings.append(request.message)
        return empty_pb2.Empty()

    def GetRootResource(self, _request: object, _context: object) -> engine_pb2.GetRootResourceResponse:  # noqa: N802
        return engine_pb2.GetRootResourceResponse(urn=self._root)

    def SetRootResource(  # noqa: N802
        self, request: engine_pb2.SetRootResourceRequest, _context: object
    ) -> engine_pb2.SetRootResourceResponse:
        self._root = request.urn
        return engine_pb2.SetRootResourceResponse()

    def StartDebugging(self, _request: object, _context: object) -> empty_pb2.Empty:  # noqa: N802
        return empty_pb2.Empty()

    def RequirePulumiVersion(  # noqa: N802
        self, _request: object, _context: object
    ) -> engine_pb2.RequirePulumiVersionResponse:
        return engine_pb2.RequirePulumiVersionResponse()
