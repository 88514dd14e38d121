"""The permissions of a runtime's role: its documents, model, sockets and tools, its own logs and sessions."""

from collections.abc import Sequence
from typing import Any

import pulumi
from pulumi_aws import iam

from components.agent_runtime.permissions import Place, observe, pull_image, stop_own_sessions
from components.agent_runtime.scope import RuntimeScope
from components.iam import Statement, document, post_to_connections, statements_of
from components.mcp_runtime import call_mcp_runtimes
from components.model_access import Model


def create_policy(scope: RuntimeScope, role: iam.Role) -> iam.RolePolicy:
    args = scope.args
    given = {
        "role": role.arn,
        "image": args.get("image_uri", ""),
        "connections": args.get("connections_arn", ""),
        "mcp": call_mcp_runtimes(args.get("mcp_runtimes", {})),
        "documents": pulumi.Output.all(*args.get("policies", [])),
    }
    known: pulumi.Output[dict[str, Any]] = pulumi.Output.all(**given)
    permissions = known.apply(lambda values: document(_statements(scope, **values)))
    return iam.RolePolicy(scope.child("policy"), role=role.name, policy=permissions, opts=scope.opts)


def _statements(
    scope: RuntimeScope, *, role: str, image: str, connections: str, mcp: Sequence[Statement], documents: Sequence[str]
) -> list[Statement]:
    place = Place.of(role, scope.args["region"])
    return [
        *observe(place, scope.runtime_name),
        stop_own_sessions(place, scope.runtime_name),
        *(statement for granting in documents for statement in statements_of(granting)),
        *(Model.of(scope.args).use(role) if "model_provider" in scope.args else []),
        *([post_to_connections(connections)] if connections else []),
        *mcp,
        *pull_image(image, place.partition),
    ]
