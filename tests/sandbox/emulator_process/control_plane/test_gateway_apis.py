"""API Gateway, as the AWS provider creates, reads, tags, updates and deletes APIs and their parts."""

from types import ModuleType
from typing import Any

import pytest

from sandbox.emulator_process.control_plane.gateway_apis import install
from tests.sandbox.emulator_process.control_plane.services import (
    ROLE,
    TAGS,
    Services,
    name,
    require_error,
    require_tags,
    without_metadata,
)

pytestmark = pytest.mark.sandbox

URI = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/any/invocations"
THROTTLING = {"ThrottlingBurstLimit": 10, "ThrottlingRateLimit": 5.0}
LOGS = {"DestinationArn": "arn:aws:logs:us-east-1:000000000000:log-group:any", "Format": "$context.requestId"}

API = {
    "Name": "other",
    "Description": "one",
    "RouteSelectionExpression": "$request.body.kind",
    "ApiKeySelectionExpression": "$context.authorizer.usageIdentifierKey",
    "DisableExecuteApiEndpoint": True,
    "IpAddressType": "dualstack",
    "Version": "2",
}
INTEGRATION = {
    "IntegrationUri": URI.replace("any", "other"),
    "Description": "one",
    "ContentHandlingStrategy": "CONVERT_TO_TEXT",
    "CredentialsArn": ROLE,
    "PassthroughBehavior": "NEVER",
    "RequestTemplates": {"application/json": "{}"},
    "TemplateSelectionExpression": "$request.body.kind",
    "TimeoutInMillis": 5000,
}
ROUTE = {
    "RouteKey": "other",
    "ApiKeyRequired": True,
    "ModelSelectionExpression": "$request.body.kind",
    "OperationName": "one",
    "RequestModels": {"application/json": "one"},
    "RouteResponseSelectionExpression": "$default",
    "Target": "integrations/other",
}
STAGE = {
    "AccessLogSettings": LOGS,
    "AutoDeploy": True,
    "DefaultRouteSettings": THROTTLING,
    "Description": "one",
    "RouteSettings": {"one": THROTTLING},
    "StageVariables": {"a": "1"},
}


@pytest.fixture
def gateway(services: Services) -> Any:  # noqa: ANN401
    return services.apigatewayv2


def created(gateway: Any, **settings: object) -> str:  # noqa: ANN401
    selection = "$request.body.action"
    given = {"Name": name(), "ProtocolType": "WEBSOCKET", "RouteSelectionExpression": selection, **settings}
    return str(gateway.create_api(**given)["ApiId"])


@pytest.mark.parametrize("setting", API)
def test_an_api_returns_a_changed_setting(gateway: Any, setting: str) -> None:  # noqa: ANN401
    api = created(gateway)

    changed = gateway.update_api(ApiId=api, **{setting: API[setting]})

    assert changed[setting] == API[setting]
    assert gateway.get_api(ApiId=api)[setting] == API[setting]


def test_an_api_returns_the_settings_that_it_was_created_with(gateway: Any) -> None:  # noqa: ANN401
    found = gateway.get_api(ApiId=created(gateway, **API))

    assert {key: found[key] for key in API} == API
    assert gateway.get_api(ApiId=created(gateway))["IpAddressType"] == "ipv4"


@pytest.mark.parametrize("setting", INTEGRATION)
def test_an_integration_returns_a_changed_setting(gateway: Any, setting: str) -> None:  # noqa: ANN401
    api = created(gateway)
    given = {"IntegrationType": "AWS_PROXY", "IntegrationUri": URI, "IntegrationMethod": "POST"}
    made = gateway.create_integration(ApiId=api, TimeoutInMillis=29000, **given)
    place = {"ApiId": api, "IntegrationId": made["IntegrationId"]}

    assert {key: gateway.get_integration(**place)[key] for key in given} == given
    gateway.update_integration(**place, **{setting: INTEGRATION[setting]})

    assert gateway.get_integration(**place)[setting] == INTEGRATION[setting]


def test_an_integration_loses_the_parameters_that_are_emptied(gateway: Any) -> None:  # noqa: ANN401
    place = {"ApiId": created(gateway)}
    made = gateway.create_integration(
        **place, IntegrationType="AWS", IntegrationUri=URI, RequestParameters={"a": "'1'", "b": "'2'"}
    )
    place["IntegrationId"] = made["IntegrationId"]

    gateway.update_integration(**place, RequestParameters={"a": "", "b": "'2'"})

    assert gateway.get_integration(**place)["RequestParameters"] == {"b": "'2'"}
    assert made["PayloadFormatVersion"] == "1.0"


@pytest.mark.parametrize("setting", ROUTE)
def test_a_route_returns_a_changed_setting(gateway: Any, setting: str) -> None:  # noqa: ANN401
    api = created(gateway)
    made = gateway.create_route(ApiId=api, RouteKey="$connect", AuthorizationType="NONE", Target="integrations/one")
    place = {"ApiId": api, "RouteId": made["RouteId"]}

    gateway.update_route(**place, **{setting: ROUTE[setting]})

    assert gateway.get_route(**place)[setting] == ROUTE[setting]


@pytest.mark.parametrize("setting", STAGE)
def test_a_stage_returns_a_setting_created_and_changed(gateway: Any, setting: str) -> None:  # noqa: ANN401
    api = created(gateway)
    gateway.create_stage(ApiId=api, StageName="with", **{setting: STAGE[setting]})
    gateway.create_stage(ApiId=api, StageName="without")

    gateway.update_stage(ApiId=api, StageName="without", **{setting: STAGE[setting]})

    for stage in ("with", "without"):
        assert gateway.get_stage(ApiId=api, StageName=stage)[setting] == STAGE[setting]


def test_a_stage_loses_a_setting_and_stays(gateway: Any) -> None:  # noqa: ANN401
    place = {"ApiId": created(gateway), "StageName": "live"}
    gateway.create_stage(
        **place,
        AccessLogSettings=LOGS,
        RouteSettings={"one": THROTTLING, "two": THROTTLING},
        StageVariables={"a": "1", "b": "2"},
    )

    gateway.delete_access_log_settings(**place)
    gateway.delete_route_settings(**place, RouteKey="one")
    gateway.update_stage(**place, StageVariables={"a": "", "b": "2"})

    found = gateway.get_stage(**place)
    assert "AccessLogSettings" not in found
    assert found["RouteSettings"] == {"two": THROTTLING}
    assert found["StageVariables"] == {"b": "2"}


def test_tags_show_in_the_api_and_the_stage(gateway: Any) -> None:  # noqa: ANN401
    api = created(gateway, Tags=TAGS)
    gateway.create_stage(ApiId=api, StageName="live", Tags=TAGS)
    arn = f"arn:aws:apigateway:us-east-1::/apis/{api}"

    require_tags(
        lambda: gateway.get_stage(ApiId=api, StageName="live")["Tags"],
        lambda tags: gateway.tag_resource(ResourceArn=f"{arn}/stages/live", Tags=tags),
        lambda keys: gateway.untag_resource(ResourceArn=f"{arn}/stages/live", TagKeys=keys),
    )
    assert gateway.get_tags(ResourceArn=arn)["Tags"] == TAGS
    require_tags(
        lambda: gateway.get_api(ApiId=api)["Tags"],
        lambda tags: gateway.tag_resource(ResourceArn=arn, Tags=tags),
        lambda keys: gateway.untag_resource(ResourceArn=arn, TagKeys=keys),
    )


def test_resources_without_tags_get_some(gateway: Any) -> None:  # noqa: ANN401
    api = created(gateway)
    gateway.create_stage(ApiId=api, StageName="live")
    arn = f"arn:aws:apigateway:us-east-1::/apis/{api}"

    for resource in (arn, f"{arn}/stages/live"):
        gateway.tag_resource(ResourceArn=resource, Tags=TAGS)

    assert gateway.get_api(ApiId=api)["Tags"] == TAGS
    assert gateway.get_stage(ApiId=api, StageName="live")["Tags"] == TAGS


def test_what_is_not_there_is_not_found(gateway: Any) -> None:  # noqa: ANN401
    api = created(gateway)
    parts = {"integration": {"IntegrationId": "none"}, "route": {"RouteId": "none"}, "stage": {"StageName": "none"}}
    for part, place in parts.items():
        require_error("NotFoundException", getattr(gateway, f"get_{part}"), ApiId=api, **place)
        require_error("NotFoundException", getattr(gateway, f"delete_{part}"), ApiId=api, **place)
    require_error("NotFoundException", gateway.delete_access_log_settings, ApiId=api, StageName="none")

    gateway.delete_api(ApiId=api)

    require_error("NotFoundException", gateway.get_api, ApiId=api)
    require_error("NotFoundException", gateway.delete_route, ApiId=api, RouteId="none")
    require_error("NotFoundException", gateway.delete_api, ApiId=api)


def test_two_reads_are_the_same(gateway: Any) -> None:  # noqa: ANN401
    api = created(gateway, Tags=TAGS)

    first, second = (without_metadata(gateway.get_api(ApiId=api)) for _ in range(2))

    assert first == second


def test_an_unknown_version_of_the_emulator_is_rejected() -> None:
    with pytest.raises(ValueError, match="MiniStack's API Gateway is not the one that the sandbox knows"):
        install(ModuleType("apigateway"))
