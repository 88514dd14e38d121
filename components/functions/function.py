"""One Lambda function with its own role, permissions and log group."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_aws import cloudwatch, iam, lambda_

from components.build_context import BuildContext, LoggedArgs, replaced_by_name
from components.functions.code import FunctionCode, ImageCode
from components.iam import Statement, assume_role, document, write_logs, write_traces
from policies.rules.lambda_function.functions.function import ROLE_TAG

Variables = Mapping[str, pulumi.Input[str]]
Statements = pulumi.Output[list[Statement]]


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """A function's role in its component, its handler (empty for an image, which states what starts), its timeout in
    seconds and its memory in MB."""

    role: str
    handler: str
    timeout: int
    memory: int
    name: str | None = None
    """Its name in AWS; None: Pulumi makes one."""
    concurrency: int | None = None
    """Its reserved concurrency; None: it shares the account's."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A function's role and log group, which exist before its permissions, because these name both."""

    role: iam.Role
    logs: cloudwatch.LogGroup


def create_identity(context: BuildContext[LoggedArgs], spec: FunctionSpec) -> Identity:
    logs = cloudwatch.LogGroup(
        context.child(f"{spec.role}-logs"),
        retention_in_days=context.log_retention_days,
        tags=context.tags,
        opts=context.opts,
    )
    role = iam.Role(
        context.child(f"{spec.role}-role"),
        assume_role_policy=assume_role("lambda.amazonaws.com"),
        tags=context.tags,
        opts=context.opts,
    )
    return Identity(role, logs)


def grant(
    context: BuildContext[LoggedArgs], spec: FunctionSpec, identity: Identity, statements: Statements
) -> iam.RolePolicy:
    """Allows the function to write its logs and traces, what the statements allow, and nothing else."""
    permissions = pulumi.Output.all(identity.logs.arn, statements).apply(_document)
    return iam.RolePolicy(
        context.child(f"{spec.role}-policy"), role=identity.role.name, policy=permissions, opts=context.opts
    )


def _document(known: list[Any]) -> str:
    log_group_arn, statements = known
    return document([write_logs(log_group_arn), write_traces(), *statements])


def create_function(
    context: BuildContext[LoggedArgs],
    spec: FunctionSpec,
    identity: Identity,
    policy: iam.RolePolicy,
    code: FunctionCode | ImageCode,
    variables: Variables,
) -> lambda_.Function:
    return lambda_.Function(
        context.child(spec.role),
        name=spec.name,
        role=identity.role.arn,
        handler=spec.handler or None,
        timeout=spec.timeout,
        memory_size=spec.memory,
        reserved_concurrent_executions=spec.concurrency,
        environment={"variables": dict(sorted(variables.items()))},
        logging_config={"log_format": "Text", "log_group": identity.logs.name},
        tracing_config={"mode": "Active"},
        tags={**context.tags, ROLE_TAG: spec.role},
        # Without its permissions, its first calls fail; without its log group, it creates one that is never deleted.
        opts=replaced_by_name(context.after(policy, identity.logs), spec.name),
        **code.arguments(),
    )
