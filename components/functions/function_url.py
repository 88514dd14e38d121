"""The URL of a function, and who may call it."""

from typing import Final

import pulumi
from pulumi_aws import lambda_

from components.arn import ArnParts
from components.build_context import BuildContext, TaggedArgs

AUTHORIZATIONS: Final = ("AWS_IAM", "NONE")
DEFAULT_AUTHORIZATION: Final = "AWS_IAM"
_ANYBODY: Final = "*"


def create_url(
    context: BuildContext[TaggedArgs], function: lambda_.Function, authorization: str, invoke_mode: str
) -> lambda_.FunctionUrl:
    """The URL, after both permissions that a call needs: one made before them may answer 403 for a while."""
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
        invoke_mode=invoke_mode,
        opts=context.after(call, invoke),
    )


def caller_url(url: lambda_.FunctionUrl, template: str) -> pulumi.Output[str]:
    """The address for callers: the URL's own, or the template with {urlId} filled in."""
    return pulumi.Output.all(url.function_url, url.url_id).apply(
        lambda known: template.replace("{urlId}", known[1]) if template else known[0]
    )
