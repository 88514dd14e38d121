"""Records what the program would deploy, without creating it, for the policy rules and for tests."""

import json
import string
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any, Final

from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime import rpc
from pulumi.runtime.proto import callback_pb2, provider_pb2, resource_pb2

from policies.rules.aws_limits.partitions import partition_of
from sandbox.emulator_access import ACCOUNT
from sandbox.program.config import ProgramConfig
from sandbox.program.launcher import ANY_KEY, MARK, SHAPE
from sandbox.program.lookups import Place, look_up
from sandbox.program.monitor import Created, Monitor, to_struct, urn_of
from sandbox.program.planned_arns import FUNCTION, arn_form, in_words, owner_of
from sandbox.program.provider_functions import INVOKES, call_provider
from sandbox.program.registration import PROVIDER_PREFIX, STACK_TYPE, Registration, to_python
from sandbox.program.transforms import Transforms

AWS_PROVIDER: Final = f"{PROVIDER_PREFIX}aws"
PARTITION: Final = "aws:index/getPartition:getPartition"
_FILES: Final = frozenset({rpc._special_asset_sig, rpc._special_archive_sig})  # noqa: SLF001 have no public names

_PLANNED: Final[Mapping[str, str]] = {
    "name": "$name",
    "bucket": "$name",
    "executionArn": "arn:$partition:execute-api:$region:$account:$name",
    "invokeArn": f"arn:$partition:apigateway:$region:lambda:path/2015-03-31/functions/{FUNCTION}/invocations",
    "apiEndpoint": "wss://$name.execute-api.$region.$suffix",
    "streamArn": "arn:$partition:dynamodb:$region:$account:table/$name/stream/recorded",
    "agentRuntimeId": "$name-recorded00",
    "agentRuntimeArn": "arn:$partition:bedrock-agentcore:$region:$account:runtime/$name-recorded00",
    "agentRuntimeVersion": "1",
    "url": "https://sqs.$region.$suffix/$account/$name",
}
"""Attributes in the format that a deployment would return, so that rules can check the documents made from them."""

_NAMES: Final = ("name", "bucket", "agentRuntimeName")
_OWN_NAMES: Final[Mapping[str, tuple[str, ...]]] = {"ecs/taskDefinition": ("family",)}
"""The inputs that name a resource, and others that do so for one type. The family of a parameter group is no name."""


class RecordingMonitor(Monitor):
    """Stores the registrations in the order in which they arrive, as an engine's preview would get them.

    With `planned`, a resource of AWS has the attributes that it will probably have, so that the rules can check what
    the program makes from them. Without, and for the resources of other packages, they are unknown, as in a preview:
    a program whose functions cannot work with a planned value is recorded that way.
    """

    def __init__(self, config: ProgramConfig, folder: Path, *, planned: bool = True) -> None:
        super().__init__()
        self.resources: list[dict[str, Any]] = []  # type: ignore[assignment]
        self.lookups: set[str] = set()
        self.rejected: list[str] = []
        """What the engine would reject, for people."""
        self._config = config
        self._folder = folder
        self._planned = planned
        self._regions: dict[str, str] = {}
        self._read: dict[str, dict[str, Any]] = {}
        self._transforms = Transforms()
        self._lock = Lock()

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        return urn_of(self._config.stack, self._config.project, parent, type_, name)

    def RegisterResource(self, request: resource_pb2.RegisterResourceRequest) -> resource_pb2.RegisterResourceResponse:  # noqa: N802
        if request.type != STACK_TYPE:
            self._transforms.apply(request, self.make_urn(request.parent, request.type, request.name))
        response = super().RegisterResource(request)
        if request.custom and self._planned:
            response.object.MergeFrom(_missing(request.object, response.object))
        if request.type != STACK_TYPE:
            recorded = self._recorded(request, response.urn)
            with self._lock:
                if response.urn in self._read:
                    self.rejected.append(
                        f"the program registers two resources {request.type} named '{request.name}' (URN "
                        f"{response.urn}); give each a name of its own"
                    )
                self.resources.append(recorded)
                self._read[response.urn] = _state(response.urn, response.id, request.object, response.object)
        if request.type == AWS_PROVIDER and "region" in request.object.fields:
            self._regions[f"{response.urn}::{response.id}"] = request.object.fields["region"].string_value
        return response

    def create(self, registration: Registration) -> Created:
        if not self._planned or not registration.type.startswith("aws:"):
            return Created("")
        service, _, kind = registration.type.split(":")[1].partition("/")
        given = (registration.inputs.get(key) for key in (*_NAMES, *_OWN_NAMES.get(f"{service}/{kind}", ())))
        name = next(filter(None, given), None) or registration.auto_name(64)
        values = {"name": name, "kind": in_words(kind), "owner": owner_of(registration.inputs)}
        values |= self._place(registration)
        texts = {**_PLANNED, "arn": arn_form(service, kind)}
        planned = {key: string.Template(text).substitute(values) for key, text in texts.items()}
        return Created(str(name), {key: text for key, text in planned.items() if key not in registration.inputs})

    def _place(self, registration: Registration) -> dict[str, str]:
        """The region in which a resource would be created, with its partition."""
        given = registration.inputs.get("region") or self._regions.get(registration.provider)
        region = given if isinstance(given, str) and given else self._config.region
        partition = partition_of(region)
        return {"region": region, "account": ACCOUNT, "partition": partition.name, "suffix": partition.suffix}

    def ReadResource(self, request: resource_pb2.ReadResourceRequest) -> resource_pb2.ReadResourceResponse:  # noqa: N802
        """Returns the resource with what the program knows of it; the rest is unknown."""
        urn = self.make_urn(request.parent, request.type, request.name)
        with self._lock:
            self.lookups.add(urn)
            self._read[urn] = _state(urn, request.id, request.properties, request.properties)
        return resource_pb2.ReadResourceResponse(urn=urn, id=request.id, properties=request.properties)

    def Call(self, _request: resource_pb2.ResourceCallRequest) -> provider_pb2.CallResponse:  # noqa: N802
        """Returns an unknown result of the method of a resource, which only its package can compute."""
        return provider_pb2.CallResponse(**{"return": to_struct({"result": rpc.UNKNOWN})})

    def invoke(self, token: str, arguments: Mapping[str, Any], provider: str) -> Mapping[str, Any] | None:
        if token == "pulumi:pulumi:getResource":  # noqa: S105 a function's token
            with self._lock:
                return self._read.get(arguments["urn"])
        region = arguments.get("region") or self._regions.get(provider) or self._config.region
        asked = {key: value for key, value in arguments.items() if key != SHAPE}
        if token in INVOKES:
            return call_provider(token, asked, ACCOUNT, region)
        partition = call_provider(PARTITION, {}, ACCOUNT, region)["partition"]
        return look_up(token, asked, json.loads(arguments.get(SHAPE, "null")), Place(ACCOUNT, region, partition))

    def RegisterStackTransform(self, request: callback_pb2.Callback) -> empty_pb2.Empty:  # noqa: N802
        self._transforms.add_to_stack(request)
        return empty_pb2.Empty()

    def _recorded(self, request: resource_pb2.RegisterResourceRequest, urn: str) -> dict[str, Any]:
        """Returns the dictionary that `sandbox.lifecycle.recorder.record_program` documents. Properties are the wire's
        own JSON, in which the markers of assets and secrets stay."""
        return {
            "type": request.type,
            "name": request.name,
            "urn": urn,
            "parent": request.parent or None,
            "custom": request.custom,
            "provider": request.provider,
            "properties": _judged(to_python(json_format.MessageToDict(request.object)), self._folder),
            "dependencies": {key: list(found.urns) for key, found in request.propertyDependencies.items()},
            "depends_on": list(request.dependencies),
        }


def _judged(value: Any, folder: Path) -> Any:  # noqa: ANN401 any JSON
    """Returns the value with the paths of files made absolute, and unknown where it comes from a planned lookup."""
    if isinstance(value, str):
        return _judged_text(value, folder) if MARK in value.lower() else value
    if isinstance(value, list):
        return [_judged(each, folder) for each in value]
    if not isinstance(value, dict):
        return value
    if ANY_KEY in value:
        return rpc.UNKNOWN
    found = {key: _judged(each, folder) for key, each in value.items()}
    if value.get(rpc._special_sig_key) in _FILES and isinstance(value.get("path"), str):  # noqa: SLF001 has no public name
        found["path"] = str(folder / value["path"])
    return found


def _judged_text(value: str, folder: Path) -> str:
    """Returns a document with the unknown in place of each text in it that comes from a planned lookup: a state machine
    is judged although a looked-up subnet stands in it. Any other text is unknown as a whole."""
    try:
        document = json.loads(value)
    except ValueError:
        return rpc.UNKNOWN
    if not isinstance(document, dict | list):
        return rpc.UNKNOWN
    text = json.dumps(_judged(document, folder))
    # The name of a member comes from a lookup.
    return rpc.UNKNOWN if MARK in text.lower() else text


def _missing(inputs: struct_pb2.Struct, outputs: struct_pb2.Struct) -> struct_pb2.Struct:
    """Returns the inputs without an output of the same name, which a provider returns as outputs in a preview."""
    return struct_pb2.Struct(fields={key: value for key, value in inputs.fields.items() if key not in outputs.fields})


def _state(urn: str, id_: str, inputs: struct_pb2.Struct, outputs: struct_pb2.Struct) -> dict[str, Any]:
    """Returns the result of `getResource`."""
    state = {**json_format.MessageToDict(inputs), **json_format.MessageToDict(outputs)}
    return {"urn": urn, "id": id_ or rpc.UNKNOWN, "state": state}
