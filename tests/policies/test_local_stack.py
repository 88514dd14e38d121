"""The sandbox as a stack: known by its addresses, with its own exceptions and no others."""

import json
from collections.abc import Mapping

import pytest
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from policies.check import Registration, judge
from policies.configuration import Configuration, Exemption, Level, RuleConfiguration
from policies.local_stack import ENDPOINTS, is_local, local_exceptions, with_local_exceptions
from sandbox.paths import REPOSITORY
from sandbox.program.config import read_config
from tests.policies.engine_protocol import registered

CONNECT = "api-gateway-connect-authorized"
LOCAL = json.dumps([{"lambda": "http://127.0.0.1:4600", "s3": "http://localhost:4600"}])
OPEN: Registration = {
    "type": "aws:apigatewayv2/route:Route",
    "name": "streaming-route-connect",
    "urn": "urn:pulumi:local::longrun::aws:apigatewayv2/route:Route::streaming-route-connect",
    "parent": None,
    "properties": {"apiId": "api", "routeKey": "$connect", "authorizationType": "NONE", "target": "integrations/one"},
}
OTHER: Registration = {**OPEN, "name": "other-connect", "urn": OPEN["urn"].replace("streaming-route", "other")}


@pytest.mark.parametrize(
    ("endpoints", "local"),
    [
        (LOCAL, True),
        ('{"s3": "http://[::1]:4600/secret"}', True),
        ('[{"s3": "http://s3.localhost:4600"}]', True),
        ('[{"s3": "https://vpce-1.s3.eu-west-1.vpce.amazonaws.com", "lambda": "http://127.0.0.1:4600"}]', False),
        ('[{"s3": "http://127.0.0.1.example.com"}]', False),
        ('[{"s3": "http://[broken"}]', False),
        ("[]", False),
        ("[{}]", False),
        ("no JSON", False),
        ("", False),
        (None, False),
    ],
)
def test_stack_is_local_if_all_of_its_addresses_are_of_this_machine(endpoints: str | None, local: bool) -> None:
    assert is_local(endpoints) is local


def test_configuration_of_the_local_stack_is_known_as_the_sandbox() -> None:
    assert is_local(read_config(REPOSITORY, "local", {}).values[ENDPOINTS])
    assert ENDPOINTS not in read_config(REPOSITORY, "dev", {}).values


def test_exceptions_of_the_sandbox_are_added_to_the_users_own() -> None:
    own = Exemption("mine", "a reason")
    (local,) = local_exceptions()[CONNECT]
    given = Configuration(Level.ADVISORY, {CONNECT: RuleConfiguration(Level.MANDATORY, (own, local))})

    configured = with_local_exceptions(given)

    assert configured.level is Level.ADVISORY
    others = {name: RuleConfiguration(None, added) for name, added in local_exceptions().items() if name != CONNECT}
    assert others
    assert configured.rules == {CONNECT: RuleConfiguration(Level.MANDATORY, (own, local)), **others}


@pytest.mark.parametrize(
    ("endpoints", "found"), [(LOCAL, ["other-connect"]), (None, ["other-connect", "streaming-route-connect"])]
)
def test_check_knows_the_sandbox_by_the_stacks_addresses(endpoints: str | None, found: list[str]) -> None:
    report = judge([OPEN, OTHER], endpoints=endpoints)

    names = sorted(each.urn.rpartition("::")[2] for each in report.violations if each.rule == CONNECT)
    assert names == found
    assert judge([OTHER], endpoints=endpoints).unused == []


@pytest.mark.parametrize(
    ("config", "found"), [({ENDPOINTS: LOCAL}, ["other-connect"]), ({}, ["other-connect", "streaming-route-connect"])]
)
def test_pack_knows_the_sandbox_by_the_stacks_addresses(
    pack: analyzer_pb2_grpc.AnalyzerStub, config: Mapping[str, str], found: list[str]
) -> None:
    pack.ConfigureStack(analyzer_pb2.AnalyzerStackConfigureRequest(stack="local", project="longrun", config=config))
    try:
        diagnostics = registered(pack, [OPEN, OTHER])
    finally:
        pack.ConfigureStack(analyzer_pb2.AnalyzerStackConfigureRequest(stack="dev", project="longrun"))

    assert sorted(each.urn.rpartition("::")[2] for each in diagnostics if each.policyName == CONNECT) == found
