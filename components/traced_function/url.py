"""The URL of the function, and who may call it."""

from typing import Final

import pulumi
from pulumi_aws import lambda_

from components.arn import ArnParts
from components.build_context import BuildContext
from components.traced_function.args import DEFAULT_AUTHORIZATION, TracedFunctionArgs

TracedContext = BuildContext[TracedFunctionArgs]

_ANYBODY: Final = "*"


def create_url(context: TracedContext, function: lambda_.Function) -> lambda_.FunctionUrl:
    """The URL, after both permissions that a call needs: one made before them may answer 403 for a while."""
    authorization = context.args.get("authorization", DEFAULT_AUTHORIZATION)
    # Of the account, those callers whose own policies allow it.
    principal = _ANYBODY if authorization == "NONE" else function.arn.apply(lambda arn: ArnParts.parse(arn).account)
    call = lambda_.Permission(
        context.child("url-permission"),
        action="lambda:InvokeFunctionUrl",
        function=function.name,
        principal=principal,
        function_url_auth_type=authorization,
        opts=context.opts,
    )
    invoke = lambda_.Permission(
        context.child("invoke-permission"),
        action="lambda:InvokeFunction",
        function=function.name,
        principal=principal,
        invoked_via_function_url=True,
        opts=context.opts,
    )
    return lambda_.FunctionUrl(
        context.child("url"),
        function_name=function.name,
        authorization_type=authorization,
        invoke_mode="BUFFERED",
        opts=context.after(call, invoke),
    )


def caller_url(context: TracedContext, url: lambda_.FunctionUrl) -> pulumi.Output[str]:
    """The address for callers."""
    template = context.args.get("url", "")
    return pulumi.Output.all(url.function_url, url.url_id).apply(
        lambda known: template.replace("{urlId}", known[1]) if template else known[0]
    )
