"""One function with what belongs to it: role, permissions, log group, code. All four are made here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_aws import cloudwatch, iam, lambda_

from components.functions.code import Code
from components.functions.scope import Scope
from components.iam import Statement, assume_role, document, statements_of, write_logs, write_traces
from policies.rules.lambda_function.functions.function import ROLE_TAG

Variables = Mapping[str, pulumi.Input[str]]
Statements = pulumi.Output[list[Statement]]


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """Which of the functions it is, its entry, its limit in seconds and its memory in MB."""

    role: str
    handler: str
    timeout: int
    memory: int


@dataclass(frozen=True, slots=True)
class Identity:
    """What a function acts as and where it logs: there before its permissions, which name both."""

    role: iam.Role
    logs: cloudwatch.LogGroup


def create_identity(scope: Scope, spec: FunctionSpec) -> Identity:
    logs = cloudwatch.LogGroup(
        scope.child(f"{spec.role}-logs"),
        retention_in_days=scope.log_retention_days,
        tags=scope.tags,
        opts=scope.opts,
    )
    role = iam.Role(
        scope.child(f"{spec.role}-role"),
        assume_role_policy=assume_role("lambda.amazonaws.com"),
        tags=scope.tags,
        opts=scope.opts,
    )
    return Identity(role, logs)


def grant(
    scope: Scope,
    spec: FunctionSpec,
    identity: Identity,
    documents: Sequence[pulumi.Input[str]],
    statements: Statements,
) -> iam.RolePolicy:
    """Lets the function log and trace, do what documents and statements allow, and nothing else."""
    permissions = pulumi.Output.all(identity.logs.arn, statements, *documents).apply(_combined)
    return iam.RolePolicy(
        scope.child(f"{spec.role}-policy"), role=identity.role.name, policy=permissions, opts=scope.opts
    )


def _combined(known: Sequence[Any]) -> str:
    log_group_arn, statements, *documents = known
    granted = [statement for granting in documents for statement in statements_of(granting)]
    return document([write_logs(log_group_arn), write_traces(), *granted, *statements])


def create_function(
    scope: Scope,
    spec: FunctionSpec,
    identity: Identity,
    policy: iam.RolePolicy,
    code: Code,
    variables: Variables,
) -> lambda_.Function:
    return lambda_.Function(
        scope.child(spec.role),
        role=identity.role.arn,
        handler=spec.handler,
        timeout=spec.timeout,
        memory_size=spec.memory,
        environment={"variables": dict(sorted(variables.items()))},
        logging_config={"log_format": "Text", "log_group": identity.logs.name},
        tracing_config={"mode": "Active"},
        tags={**scope.tags, ROLE_TAG: spec.role},
        # Without its permissions its first calls fail; without its log group it makes one that stays for ever.
        opts=scope.after(policy, identity.logs),
        **code.arguments(),
    )
