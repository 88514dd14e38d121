"""Takes the place of Pulumi's engine: Pulumi's own Python runtime registers resources with it, in this process."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import empty_pb2, struct_pb2
from pulumi import get_project, get_stack
from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks
from pulumi.runtime.proto import resource_pb2

from sandbox.errors import SandboxCode, SandboxError
from sandbox.program.registration import PROVIDER_PREFIX, STACK_TYPE, Registration, to_python


@dataclass(frozen=True, slots=True)
class Created:
    """A created resource: its id, and its attributes (camelCase) in addition to its inputs."""

    id: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


class Monitor(MockMonitor, ABC):
    """`create` and `invoke` run in the threads of Pulumi's executor, several at once."""

    def __init__(self) -> None:
        super().__init__(_NoMocks())
        self.outputs: dict[str, Any] = {}

    @abstractmethod
    def create(self, registration: Registration) -> Created:
        """Creates one custom resource. Attributes that it does not return stay unknown to the program."""

    @abstractmethod
    def invoke(self, token: str, arguments: Mapping[str, Any], provider: str) -> Mapping[str, Any] | None:
        """Returns the result of one provider function, None for an unknown one. `provider` is the explicit provider's
        URN and id, or empty."""

    def register(self, registration: Registration) -> None:
        """Called for every resource, components too, before it is created."""

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """Makes URNs as the engine does."""
        return urn_of(get_stack(), get_project(), parent, type_, name)

    def GetDeploymentInfo(self, request: empty_pb2.Empty) -> resource_pb2.DeploymentInfo:  # noqa: N802
        """Leaves out references to resources: where a program passes a resource, its id arrives, as at a provider."""
        info: resource_pb2.DeploymentInfo = super().GetDeploymentInfo(request)  # type: ignore[no-untyped-call]
        info.supportedFeatures.remove(resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES)
        return info

    def SupportsFeature(self, request: resource_pb2.SupportsFeatureRequest) -> resource_pb2.SupportsFeatureResponse:  # noqa: N802
        """Answers older SDKs the same."""
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id not in {"outputValues", "resourceReferences"})

    def RegisterResource(self, request: resource_pb2.RegisterResourceRequest) -> resource_pb2.RegisterResourceResponse:  # noqa: N802
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == STACK_TYPE:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        registration = Registration.read(request, urn)
        self.register(registration)
        if request.remote:
            return resource_pb2.RegisterResourceResponse(urn=urn, unknown=True)
        if not request.custom:
            return resource_pb2.RegisterResourceResponse(urn=urn, object=request.object)
        if request.type.startswith(PROVIDER_PREFIX):
            return resource_pb2.RegisterResourceResponse(urn=urn, id=registration.auto_name(64), object=request.object)
        created = self.create(registration)
        # `unknown`: otherwise an attribute that the handler did not return would look like null.
        return resource_pb2.RegisterResourceResponse(
            urn=urn, id=created.id, object=to_struct(created.attributes), unknown=True
        )

    def ReadResource(self, request: resource_pb2.ReadResourceRequest) -> resource_pb2.ReadResourceResponse:  # noqa: N802
        raise SandboxError(
            SandboxCode.DEPLOYMENT_FAILED,
            f"the program looks up the existing {request.type} '{request.id}', but the sandbox starts empty; "
            "let the program create it there",
        )

    def RegisterResourceOutputs(self, request: resource_pb2.RegisterResourceOutputsRequest) -> empty_pb2.Empty:  # noqa: N802
        if request.urn.split("::")[2] == STACK_TYPE:
            unknown = [name for name, value in request.outputs.fields.items() if rpc.UNKNOWN in str(value)]
            self.export(to_python(rpc.deserialize_properties(request.outputs)), unknown)
        return empty_pb2.Empty()

    def export(self, outputs: dict[str, Any], unknown: list[str]) -> None:
        """Stores the stack's outputs; those in `unknown` have no value."""
        self.outputs = {name: value for name, value in outputs.items() if name not in unknown}

    def Invoke(self, request: resource_pb2.ResourceInvokeRequest) -> resource_pb2.ResourceInvokeResponse:  # noqa: N802
        found = self.invoke(request.tok, to_python(rpc.deserialize_properties(request.args)), request.provider)
        # `unknown` is for the SDKs that know it, the value for those that do not.
        answer = to_struct({"result": rpc.UNKNOWN} if found is None else found)
        return resource_pb2.ResourceInvokeResponse(**{"return": answer, "unknown": found is None})


def urn_of(stack: str, project: str, parent: str, type_: str, name: str) -> str:
    """Returns the URN that the engine gives: the stack is not part of its children's type."""
    parents = parent.split("::")[2:3]
    own = "" if not parents or parents == [STACK_TYPE] else f"{parents[0]}$"
    return f"urn:pulumi:{stack}::{project}::{own}{type_}::{name}"


def to_struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    """Returns the values as on the wire."""
    made = struct_pb2.Struct()
    made.update(values)
    return made


class _NoMocks(Mocks):
    """An argument that the base class requires; nothing calls it."""

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        raise NotImplementedError(args.token)

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        raise NotImplementedError(args.typ)
