"""The authorizer: asked by API Gateway who the caller is, before the gateway hears of the connection."""

from typing import Final

import pulumi
from pulumi_aws import apigatewayv2, lambda_

from components.build_context import BuildContext, LoggedArgs
from components.functions.code import FunctionCode
from components.functions.function import FunctionSpec, Variables, create_function, create_identity, grant
from components.secret_store.permissions import read_secret
from components.streaming_lambda.api import Admission
from components.streaming_lambda.tokens import DEFAULT_MAX_SECONDS, TokenArgs
from runtime import environment

SPEC: Final = FunctionSpec("authorizer", "runtime.authorizer.function.handler", timeout=15, memory=512)
"""15 s is more than an issuer may take for its metadata and its keys."""


def authorizer_variables(tokens: TokenArgs) -> Variables:
    issuer = tokens.get("issuer", "")
    # A program in another language sends its numbers as floats.
    shared = {"audience": tokens["audience"], "max_seconds": int(tokens.get("max_seconds", DEFAULT_MAX_SECONDS))}
    own = {"issuer": issuer} if issuer else {"signing_secret": tokens["signing_key"]["arn"]}
    return {environment.TOKENS: pulumi.Output.json_dumps({**shared, **own}, sort_keys=True)}


def create_authorizer(
    context: BuildContext[LoggedArgs], code: FunctionCode, api: apigatewayv2.Api, tokens: TokenArgs
) -> Admission:
    identity = create_identity(context, SPEC)
    key = pulumi.Output.from_input(tokens["signing_key"]["arn"])
    has_issuer = bool(tokens.get("issuer"))
    statements = key.apply(lambda arn: [] if has_issuer else [read_secret("ReadSigningKey", arn)])
    policy = grant(context, SPEC, identity, statements)
    function = create_function(context, SPEC, identity, policy, code, authorizer_variables(tokens))
    authorizer = apigatewayv2.Authorizer(
        context.child("token-authorizer"),
        api_id=api.id,
        authorizer_type="REQUEST",
        authorizer_uri=function.invoke_arn,
        # API Gateway demands all sources that are named, and a token comes by one of three ways.
        identity_sources=[],
        name=context.child("tokens"),
        opts=context.opts,
    )
    permission = lambda_.Permission(
        context.child("authorizer-permission"),
        action="lambda:InvokeFunction",
        function=function.name,
        principal="apigateway.amazonaws.com",
        source_arn=pulumi.Output.concat(api.execution_arn, "/authorizers/", authorizer.id),
        opts=context.opts,
    )
    return Admission(authorizer, function, identity.logs.name, permission)
