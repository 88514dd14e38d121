"""Records what the program would deploy, without creating it, for the policy rules and for tests."""

import string
from collections.abc import Mapping
from threading import Lock
from typing import Any, Final

from google.protobuf import json_format
from pulumi.runtime.proto import resource_pb2

from policies.rules.aws_limits.partitions import partition_of
from sandbox.emulator_access import ACCOUNT
from sandbox.program.monitor import Created, Monitor
from sandbox.program.planned_arns import FUNCTION, arn_form, in_words, owner_of
from sandbox.program.provider_functions import call_provider
from sandbox.program.registration import PROVIDER_PREFIX, STACK_TYPE, Registration, to_python

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


class RecordingMonitor(Monitor):
    """Stores the registrations in the order in which they arrive."""

    def __init__(self, region: str) -> None:
        super().__init__()
        self.resources: list[dict[str, Any]] = []  # type: ignore[assignment]
        self._region = region
        self._provider_regions: dict[str, str] = {}
        self._lock = Lock()

    def RegisterResource(self, request: resource_pb2.RegisterResourceRequest) -> resource_pb2.RegisterResourceResponse:  # noqa: N802
        response = super().RegisterResource(request)
        if request.type != STACK_TYPE:
            with self._lock:
                self.resources.append(_recorded(request, response.urn))
        return response

    def register(self, registration: Registration) -> None:
        region = registration.inputs.get("region")
        if registration.type.startswith(PROVIDER_PREFIX) and isinstance(region, str):
            self._provider_regions[registration.urn] = region

    def create(self, registration: Registration) -> Created:
        given = (registration.inputs.get(key) for key in ("name", "bucket", "agentRuntimeName"))
        name = next(filter(None, given), None) or registration.auto_name(64)
        service, kind = registration.type.split(":")[1].split("/")
        values = {"name": name, "kind": in_words(kind), "owner": owner_of(registration.inputs)}
        values |= self._place(registration)
        texts = {**_PLANNED, "arn": arn_form(service, kind)}
        planned = {key: string.Template(text).substitute(values) for key, text in texts.items()}
        return Created(str(name), {key: text for key, text in planned.items() if key not in registration.inputs})

    def _place(self, registration: Registration) -> dict[str, str]:
        """The region in which a resource would be created, with its partition."""
        provider = registration.provider.rpartition("::")[0]
        region = registration.inputs.get("region") or self._provider_regions.get(provider) or self._region
        partition = partition_of(region)
        return {"region": region, "account": ACCOUNT, "partition": partition.name, "suffix": partition.suffix}

    def invoke(self, token: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        return call_provider(token, arguments, ACCOUNT, self._region)


def _recorded(request: resource_pb2.RegisterResourceRequest, urn: str) -> dict[str, Any]:
    """Returns the dictionary that `sandbox.lifecycle.program.record` documents. Properties are the wire's own JSON, in
    which the markers of assets and secrets stay."""
    return {
        "type": request.type,
        "name": request.name,
        "urn": urn,
        "parent": request.parent or None,
        "custom": request.custom,
        "provider": request.provider,
        "properties": to_python(json_format.MessageToDict(request.object)),
        "dependencies": {key: list(found.urns) for key, found in request.propertyDependencies.items()},
        "depends_on": list(request.dependencies),
    }
