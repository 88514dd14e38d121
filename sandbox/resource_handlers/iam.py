"""IAM."""

import json
from typing import Any

from policies.rules.aws_limits import POLICY_NAME, ROLE_DEFAULT_SESSION, ROLE_NAME, ROLE_POLICY_SIZE
from sandbox.cloud.request import Request, ValidationError
from sandbox.program.monitor import Created


def role(request: Request) -> Created:
    request.skip("forceDetachPolicies")
    name = request.name("name", ROLE_NAME)
    made = request.cloud.iam.create_role(
        RoleName=name,
        Path=request.get("path", "/"),
        Description=request.get("description", ""),
        MaxSessionDuration=request.get("maxSessionDuration", ROLE_DEFAULT_SESSION),
        AssumeRolePolicyDocument=_document(request.need("assumeRolePolicy")),
        Tags=request.tag_list(),
    )["Role"]
    for arn in request.get("managedPolicyArns", []):
        request.cloud.iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    for inline in request.get("inlinePolicies", []):
        request.cloud.iam.put_role_policy(
            RoleName=name, PolicyName=inline["name"], PolicyDocument=_document(inline["policy"])
        )
    return Created(name, {"name": name, "arn": made["Arn"], "uniqueId": made["RoleId"]})


def role_policy(request: Request) -> Created:
    name = request.name("name", POLICY_NAME)
    role_name, document = request.need("role"), _document(request.need("policy"))
    if len(document) > ROLE_POLICY_SIZE.maximum:
        raise ValidationError(f"policy is {len(document)} characters long; allowed: {ROLE_POLICY_SIZE.maximum}")
    request.cloud.iam.put_role_policy(RoleName=role_name, PolicyName=name, PolicyDocument=document)
    return Created(f"{role_name}:{name}", {"name": name})


def role_policy_attachment(request: Request) -> Created:
    role_name, arn = request.need("role"), request.need("policyArn")
    request.cloud.iam.attach_role_policy(RoleName=role_name, PolicyArn=arn)
    return Created(f"{role_name}-{arn.rsplit('/', 1)[-1]}")


def policy(request: Request) -> Created:
    name = request.name("name", POLICY_NAME)
    made = request.cloud.iam.create_policy(
        PolicyName=name,
        Path=request.get("path", "/"),
        Description=request.get("description", ""),
        PolicyDocument=_document(request.need("policy")),
        Tags=request.tag_list(),
    )["Policy"]
    return Created(made["Arn"], {"name": name, "arn": made["Arn"], "policyId": made["PolicyId"]})


def _document(document: str | dict[str, Any]) -> str:
    text = document if isinstance(document, str) else json.dumps(document)
    try:
        statements = json.loads(text)["Statement"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValidationError("the policy document is not JSON with a Statement") from error
    if not statements:
        raise ValidationError("the policy document has no statement")
    return text
