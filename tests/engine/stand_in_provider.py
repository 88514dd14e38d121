"""A stand-in for the AWS provider, for tests of the policy pack under the genuine engine: it creates nothing.

The engine starts it as `pulumi-resource-aws`. It answers as the provider does for a deployed resource as far as a
policy pack sees it: names that it completes, ids and ARNs, and a zero for every output that the program does not set.
It rejects nothing and knows no quota: what AWS says of a program, it cannot tell.
"""

import hashlib
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from sandbox.program.config import ProgramConfig
from sandbox.program.recording import RecordingMonitor
from sandbox.program.registration import Registration, to_python
from tests.engine.zero_values import output_shape, with_zeros

Properties = dict[str, Any]
FOUND: Mapping[str, Properties] = {
    "aws:ec2/getVpc:getVpc": {"id": "vpc-0a1b2c3d4e5f60718"},
    "aws:ec2/getSubnets:getSubnets": {"ids": ["subnet-0a1b2c3d4e5f60718", "subnet-1a1b2c3d4e5f60718"]},
}
"""What the account has that the program looks up, by the function's token."""

NAMED_BY = ("bucket", "name")
"""The property that the provider completes where the program gives none, the first that a type has."""


class StandIn(provider_pb2_grpc.ResourceProviderServicer):
    """The names of the methods are the protocol's."""

    def __init__(self) -> None:
        self._monitor = _monitor("us-east-1")

    def GetPluginInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:  # noqa: ARG002, N802
        return plugin_pb2.PluginInfo(version=version("pulumi-aws"))

    def CheckConfig(  # noqa: N802
        self,
        request: provider_pb2.CheckRequest,
        context: grpc.ServicerContext,  # noqa: ARG002
    ) -> provider_pb2.CheckResponse:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(  # noqa: N802
        self,
        request: provider_pb2.DiffRequest,  # noqa: ARG002
        context: grpc.ServicerContext,  # noqa: ARG002
    ) -> provider_pb2.DiffResponse:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(  # noqa: N802
        self,
        request: provider_pb2.ConfigureRequest,
        context: grpc.ServicerContext,  # noqa: ARG002
    ) -> provider_pb2.ConfigureResponse:
        region = request.variables.get("aws:config:region", "us-east-1")
        self._monitor = _monitor(region)
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    def Invoke(  # noqa: N802
        self,
        request: provider_pb2.InvokeRequest,
        context: grpc.ServicerContext,  # noqa: ARG002
    ) -> provider_pb2.InvokeResponse:
        asked = json_format.MessageToDict(request.args)
        found = FOUND.get(request.tok)
        answer = self._monitor.invoke(request.tok, asked, "") if found is None else {**asked, **found}
        return provider_pb2.InvokeResponse(**{"return": _struct(answer or {})})

    def Check(  # noqa: N802
        self,
        request: provider_pb2.CheckRequest,
        context: grpc.ServicerContext,  # noqa: ARG002
    ) -> provider_pb2.CheckResponse:
        inputs = _dict(request.news)
        prop = next((name for name in NAMED_BY if name in output_shape(_type(request.urn))), None)
        if prop is not None and prop not in inputs and f"{prop}Prefix" not in inputs:
            inputs[prop] = _auto_name(request.urn)
        return provider_pb2.CheckResponse(inputs=_struct(inputs))

    def Diff(  # noqa: N802
        self,
        request: provider_pb2.DiffRequest,
        context: grpc.ServicerContext,  # noqa: ARG002
    ) -> provider_pb2.DiffResponse:
        old, new = _dict(request.old_inputs), _dict(request.news)
        changed = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
        kind = provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(changes=kind, diffs=changed)

    def Create(  # noqa: N802
        self,
        request: provider_pb2.CreateRequest,
        context: grpc.ServicerContext,  # noqa: ARG002
    ) -> provider_pb2.CreateResponse:
        if request.preview:
            return provider_pb2.CreateResponse(properties=request.properties)
        created, properties = self._deployed(request.urn, _dict(request.properties))
        return provider_pb2.CreateResponse(id=created, properties=_struct(properties))

    def Update(  # noqa: N802
        self,
        request: provider_pb2.UpdateRequest,
        context: grpc.ServicerContext,  # noqa: ARG002
    ) -> provider_pb2.UpdateResponse:
        known = _dict(request.news)
        properties = {**_dict(request.olds), **known} if request.preview else self._deployed(request.urn, known)[1]
        return provider_pb2.UpdateResponse(properties=_struct(properties))

    def Read(self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext) -> provider_pb2.ReadResponse:  # noqa: ARG002, N802
        return provider_pb2.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)

    def Delete(self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:  # noqa: ARG002, N802
        return empty_pb2.Empty()

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:  # noqa: ARG002, N802
        return empty_pb2.Empty()

    def _deployed(self, urn: str, inputs: Properties) -> tuple[str, Properties]:
        """Returns the id and the outputs of a resource that is created or updated."""
        shape = output_shape(_type(urn))
        given = {name: to_python(value) for name, value in inputs.items()}
        name = urn.rpartition("::")[2]
        created = self._monitor.create(Registration(_type(urn), name, urn, None, True, "", given, {}, ()))
        known = {key: value for key, value in created.attributes.items() if key in shape}
        return created.id, with_zeros({**inputs, **known}, shape)


def _monitor(region: str) -> RecordingMonitor:
    return RecordingMonitor(ProgramConfig("", "", {"aws:region": region}), Path.cwd())


def _type(urn: str) -> str:
    """The resource's own type, without those of the components around it."""
    return urn.split("::")[2].rpartition("$")[2]


def _auto_name(urn: str) -> str:
    return f"{urn.rpartition('::')[2][:56]}-{hashlib.sha256(urn.encode()).hexdigest()[:7]}"


def _dict(properties: struct_pb2.Struct) -> Properties:
    return dict(json_format.MessageToDict(properties))


def _struct(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    return json_format.ParseDict(properties, struct_pb2.Struct())


def serve() -> None:
    """Serves until the engine ends this process; its first line on stdout is its port."""
    server = grpc.server(ThreadPoolExecutor(max_workers=16))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(StandIn(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    server.wait_for_termination()


if __name__ == "__main__":
    serve()
