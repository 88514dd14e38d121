"""The rules under Pulumi's engine: a policy pack that speaks the engine's analyzer protocol.

The protocol is answered here and not by the library pulumi-policy, which reads each request once per policy, shows a
resource's inputs to none of the policies that judge the stack, and ends with an error at an asset of an empty text.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc, plugin_pb2

from policies.check import findings, resource_of
from policies.configuration import (
    EXCEPTIONS,
    EXCEPTIONS_SCHEMA,
    Configuration,
    Level,
    RuleConfiguration,
    exemptions,
)
from policies.local_stack import ENDPOINTS, is_local, with_local_exceptions
from policies.operation import Operation
from policies.program_folder import ProgramFolder
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule, Severity, Stack, StackRule
from policies.rules.stack.places.homes import PROVIDER

Rules = Sequence[ResourceRule | StackRule]
Found = Iterator[tuple[Resource, Finding]]
Provider = analyzer_pb2.AnalyzerProviderResource
Shown = analyzer_pb2.AnalyzeRequest | analyzer_pb2.AnalyzerResource | Provider
"""The messages by which the engine shows a resource."""


VERSION: Final = "0.1.0"
_LEVELS: Final = {Severity.MANDATORY: analyzer_pb2.MANDATORY, Severity.ADVISORY: analyzer_pb2.ADVISORY}
_CONFIGURED: Final = {
    analyzer_pb2.MANDATORY: Level.MANDATORY,
    analyzer_pb2.REMEDIATE: Level.MANDATORY,
    analyzer_pb2.ADVISORY: Level.ADVISORY,
    analyzer_pb2.DISABLED: Level.DISABLED,
}
"""No rule changes a resource, so `remediate` does what `mandatory` does."""


class Pack(analyzer_pb2_grpc.AnalyzerServicer):
    """Serves one engine. The names of the methods are the protocol's."""

    def __init__(self, name: str, description: str, rules: Rules) -> None:
        self._name = name
        self._description = description
        self._rules = rules
        self._folder = ProgramFolder.of_environment()
        self._given = Configuration()
        self._local = False
        self._operation = Operation()

    def GetPluginInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:  # noqa: ARG002, N802
        return plugin_pb2.PluginInfo(version=VERSION)

    def GetAnalyzerInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> analyzer_pb2.AnalyzerInfo:  # noqa: ARG002, N802
        return analyzer_pb2.AnalyzerInfo(
            name=self._name,
            version=VERSION,
            description=self._description,
            supportsConfig=True,
            policies=[_policy(rule) for rule in self._rules],
        )

    def Configure(  # noqa: N802
        self, request: analyzer_pb2.ConfigureAnalyzerRequest, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """Takes what the user's policy configuration says, and the level of every rule."""
        try:
            configured = {name: _configured(name, given) for name, given in request.policyConfig.items()}
        except ValueError as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        self._given = Configuration(rules=configured)
        return empty_pb2.Empty()

    def ConfigureStack(  # noqa: N802
        self,
        request: analyzer_pb2.AnalyzerStackConfigureRequest,
        context: grpc.ServicerContext,  # noqa: ARG002
    ) -> analyzer_pb2.AnalyzerStackConfigureResponse:
        self._local = is_local(request.config.get(ENDPOINTS))
        return analyzer_pb2.AnalyzerStackConfigureResponse()

    def Remediate(  # noqa: N802
        self,
        request: analyzer_pb2.AnalyzeRequest,  # noqa: ARG002
        context: grpc.ServicerContext,  # noqa: ARG002
    ) -> analyzer_pb2.RemediateResponse:
        return analyzer_pb2.RemediateResponse()

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:  # noqa: ARG002, N802
        return empty_pb2.Empty()

    def Analyze(  # noqa: N802
        self,
        request: analyzer_pb2.AnalyzeRequest,
        context: grpc.ServicerContext,  # noqa: ARG002
    ) -> analyzer_pb2.AnalyzeResponse:
        """Judges a resource by itself, and remembers its inputs for the judgement of the stack."""
        resource = self._resource(request)
        self._operation.register(resource)
        alone = Stack((resource,))
        rules = [rule for rule in self._rules if isinstance(rule, ResourceRule)]
        return self._response((rule, findings(rule, alone)) for rule in rules)

    def AnalyzeStack(  # noqa: N802
        self,
        request: analyzer_pb2.AnalyzeStackRequest,
        context: grpc.ServicerContext,  # noqa: ARG002
    ) -> analyzer_pb2.AnalyzeResponse:
        resources, judged = self._operation.end(self._resource(resource) for resource in request.resources)
        providers = tuple(self._resource(found) for found in _providers(request.resources))
        stack = Stack((*resources, *providers), _region(request.resources))
        rules = [rule for rule in self._rules if isinstance(rule, StackRule)]
        return self._response((rule, _among(judged, findings(rule, stack))) for rule in rules)

    def _resource(self, request: Shown) -> Resource:
        dependencies = getattr(request, "propertyDependencies", {})
        return resource_of(
            {
                "type": request.type,
                "name": request.name,
                "urn": request.urn,
                "parent": getattr(request, "parent", "") or None,
                "properties": json_format.MessageToDict(request.properties),
                "dependencies": {name: list(found.urns) for name, found in dependencies.items()},
                "provider": "" if isinstance(request, Provider) else f"{request.provider.urn}::",
            },
            self._folder.find,
        )

    def _response(self, found: Iterable[tuple[ResourceRule | StackRule, Found]]) -> analyzer_pb2.AnalyzeResponse:
        configuration = with_local_exceptions(self._given) if self._local else self._given
        response = analyzer_pb2.AnalyzeResponse()
        for rule, results in found:
            severity = configuration.severity(rule)
            if severity is not None:
                response.diagnostics.extend(
                    self._diagnostic(rule, severity, resource, finding)
                    for resource, finding in results
                    if not any(
                        each.covers(resource.name, resource.urn, finding) for each in configuration.of(rule).exemptions
                    )
                )
        return response

    def _diagnostic(
        self, rule: ResourceRule | StackRule, severity: Severity, resource: Resource, finding: Finding
    ) -> analyzer_pb2.AnalyzeDiagnostic:
        return analyzer_pb2.AnalyzeDiagnostic(
            policyName=rule.name,
            policyPackName=self._name,
            policyPackVersion=VERSION,
            description=rule.description,
            message=f"{rule.description}\n{finding.message(resource.type, resource.name)}",
            enforcementLevel=_LEVELS[severity],
            urn=resource.urn,
        )


def _policy(rule: ResourceRule | StackRule) -> analyzer_pb2.PolicyInfo:
    """Its level can be configured, as the engine lets every policy's, and exceptions from it."""
    properties = struct_pb2.Struct()
    properties.update({EXCEPTIONS: dict(EXCEPTIONS_SCHEMA)})
    of_stack = isinstance(rule, StackRule)
    return analyzer_pb2.PolicyInfo(
        name=rule.name,
        description=rule.description,
        enforcementLevel=_LEVELS[rule.severity],
        configSchema=analyzer_pb2.PolicyConfigSchema(properties=properties),
        policy_type=analyzer_pb2.POLICY_TYPE_STACK if of_stack else analyzer_pb2.POLICY_TYPE_RESOURCE,
        remediation_steps=rule.remediation,
    )


def _configured(name: str, given: analyzer_pb2.PolicyConfig) -> RuleConfiguration:
    properties: Mapping[str, object] = json_format.MessageToDict(given.properties)
    return RuleConfiguration(_CONFIGURED[given.enforcementLevel], exemptions(name, properties.get(EXCEPTIONS, [])))


def _among(judged: frozenset[str], found: Found) -> Found:
    return ((resource, finding) for resource, finding in found if resource.urn in judged)


def _providers(resources: Sequence[analyzer_pb2.AnalyzerResource]) -> list[Provider]:
    """The AWS providers of the resources that are not among them: they know the region of what they create."""
    known = {resource.urn for resource in resources}
    used = {each.provider.urn: each.provider for each in resources if each.HasField("provider")}
    return [found for urn, found in used.items() if urn not in known and found.type == PROVIDER]


def _region(resources: Iterable[analyzer_pb2.AnalyzerResource]) -> str | None:
    """The region of the engine's own AWS provider, the one that aws:region configures."""
    for resource in resources:
        provider = resource.provider
        if provider.type == PROVIDER and provider.name.startswith("default"):
            region = json_format.MessageToDict(provider.properties).get("region")
            return region if isinstance(region, str) else None
    return None
