"""The role of a runtime: its trust, and its permissions on journal, data, model, sockets and tools."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_aws import iam

from components.agent_runtime.args import AgentRuntimeArgs
from components.agent_runtime.permissions import observe, pull_image, stop_own_sessions, trust
from components.arn import ArnParts, provider_region
from components.build_context import BuildContext
from components.data_bucket.permissions import read_files
from components.iam import Statement, document, post_to_connections
from components.journal_table.permissions import write_run_files, write_steps
from components.mcp_runtime import call_mcp_runtimes, read_credentials
from components.model_access import use_model
from components.traces import read_traces_keys


def create_role(context: BuildContext[AgentRuntimeArgs]) -> iam.Role:
    table_arn: pulumi.Output[str] = pulumi.Output.from_input(context.args["journal"]["table_arn"])
    return iam.Role(
        context.child("role"),
        assume_role_policy=table_arn.apply(lambda arn: trust(_place(arn))),
        tags=context.tags,
        opts=context.opts,
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """ARNs of what the code uses; empty for what it does not."""

    role: str
    table: str
    payloads: str
    data: str
    connections: str
    image: str
    mcp: Sequence[Statement]
    secrets: Sequence[Statement]


def create_policy(context: BuildContext[AgentRuntimeArgs], role: iam.Role, runtime_name: str) -> iam.RolePolicy:
    args = context.args
    known: pulumi.Output[dict[str, Any]] = pulumi.Output.all(
        role=role.arn,
        table=args["journal"]["table_arn"] if args.get("agents") else "",
        payloads=args["journal"]["payload_bucket_arn"],
        data=args["data"]["bucket_arn"] if "data" in args else "",
        connections=args["websocket"]["connections_arn"] if "websocket" in args else "",
        image=args.get("image_uri", ""),
        mcp=call_mcp_runtimes(args.get("mcp_runtimes", {})),
        secrets=_read_secrets(args),
    )
    permissions = known.apply(lambda values: document(_statements(args, runtime_name, _Known(**values))))
    return iam.RolePolicy(context.child("policy"), role=role.name, policy=permissions, opts=context.opts)


def _read_secrets(args: AgentRuntimeArgs) -> pulumi.Output[list[Statement]]:
    """Of what the code reads itself: the collector's keys, and credentials of MCP servers."""
    read = pulumi.Output.all(
        read_traces_keys(args.get("traces_endpoint", ""), args.get("traces_keys")),
        read_credentials(args.get("mcp_servers", []), args.get("data_credentials")),
    )
    return read.apply(lambda statements: [*statements[0], *statements[1]])


def _statements(args: AgentRuntimeArgs, runtime_name: str, known: _Known) -> list[Statement]:
    place = _place(known.role)
    return [
        *observe(place, runtime_name),
        stop_own_sessions(place, runtime_name),
        *(write_steps(known.table, known.payloads) if args.get("agents") else write_run_files(known.payloads)),
        *(read_files(known.data) if known.data else []),
        *(use_model(args["model"], place.region, known.role) if "model" in args else []),
        *([post_to_connections(known.connections)] if known.connections else []),
        *known.mcp,
        *known.secrets,
        *pull_image(known.image, place.partition),
    ]


def _place(arn: str) -> ArnParts:
    """Partition and account of the ARN, in the provider's region: a role's ARN names none."""
    known = ArnParts.parse(arn)
    return ArnParts(known.partition, provider_region(), known.account)
