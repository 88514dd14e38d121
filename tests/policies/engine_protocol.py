"""The requests of the engine to a policy pack, as its analyzer protocol has them."""

from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf import json_format, struct_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from policies.catalogue import HAND_WRITTEN, RULES

Diagnostics = list[analyzer_pb2.AnalyzeDiagnostic]


def by_hand_alone() -> analyzer_pb2.ConfigureAnalyzerRequest:
    """What AWS publishes is switched off: it takes longer than all the rest, and has a test of its own."""
    request = analyzer_pb2.ConfigureAnalyzerRequest()
    for rule in RULES:
        level = rule.severity.value.upper() if rule in HAND_WRITTEN else "DISABLED"
        request.policyConfig[rule.name].enforcementLevel = analyzer_pb2.EnforcementLevel.Value(level)
    return request


def struct(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    return json_format.ParseDict(properties, struct_pb2.Struct())


def resource_request(resource: Mapping[str, Any]) -> analyzer_pb2.AnalyzeRequest:
    return analyzer_pb2.AnalyzeRequest(
        type=resource["type"], name=resource["name"], urn=resource["urn"], properties=struct(resource["properties"])
    )


def stack_request(resources: Sequence[Mapping[str, Any]]) -> analyzer_pb2.AnalyzeStackRequest:
    request = analyzer_pb2.AnalyzeStackRequest()
    for resource in resources:
        added = request.resources.add(
            type=resource["type"], name=resource["name"], urn=resource["urn"], properties=struct(resource["properties"])
        )
        added.parent = resource.get("parent") or ""
        for name, urns in resource.get("dependencies", {}).items():
            added.propertyDependencies[name].urns.extend(urns)
    return request


def registered(pack: analyzer_pb2_grpc.AnalyzerStub, resources: Sequence[Mapping[str, Any]]) -> Diagnostics:
    """What the pack reports while a program registers the resources, each by itself."""
    return [diagnostic for resource in resources for diagnostic in pack.Analyze(resource_request(resource)).diagnostics]


def deployed(
    pack: analyzer_pb2_grpc.AnalyzerStub,
    resources: Sequence[Mapping[str, Any]],
    outputs: Sequence[Mapping[str, Any]] | None = None,
) -> Diagnostics:
    """What the pack reports of the stack at the end of an operation in which the program registered the resources;
    `outputs` are the stack's resources as the provider returns them, if they differ."""
    registered(pack, resources)
    return list(pack.AnalyzeStack(stack_request(resources if outputs is None else outputs)).diagnostics)


def messages(diagnostics: Sequence[analyzer_pb2.AnalyzeDiagnostic]) -> list[str]:
    return [f"{each.policyName}: {each.message}" for each in diagnostics]
