"""The rules of this folder, in the order in which they are listed to people."""

from typing import Final

from policies.rules.api_gateway import (
    access_logs,
    authorization_place,
    authorizer_given,
    connect_authorized,
    cors_credentials,
    domain_tls,
    integration_timeout,
    integration_type,
    lambda_method,
    may_invoke,
    payload_format,
    rest_deployment,
    rest_timeout_quota,
    route_key,
    route_selection,
    routes_authorized,
    stage_deploys,
    stage_throttled,
    throttling_paired,
)
from policies.rules.rule import ResourceRule, StackRule

RULES: Final[tuple[ResourceRule | StackRule, ...]] = (
    route_selection.RULE,
    route_key.RULE,
    connect_authorized.RULE,
    authorizer_given.RULE,
    authorization_place.RULE,
    routes_authorized.RULE,
    throttling_paired.RULE,
    stage_throttled.RULE,
    stage_deploys.RULE,
    rest_deployment.RULE,
    access_logs.RULE,
    integration_timeout.RULE,
    rest_timeout_quota.RULE,
    integration_type.RULE,
    payload_format.RULE,
    lambda_method.RULE,
    may_invoke.RULE,
    cors_credentials.RULE,
    domain_tls.RULE,
)
