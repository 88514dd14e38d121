"""A function that a state machine calls, with the names that its component gives out."""

from dataclasses import dataclass

import pulumi
from pulumi_aws import iam, lambda_


@dataclass(frozen=True, slots=True)
class WorkflowFunction:
    """A function, the permissions of its role, and the names of its role and log group."""

    function: lambda_.Function
    policy: iam.RolePolicy
    role: pulumi.Output[str]
    log_group: pulumi.Output[str]
