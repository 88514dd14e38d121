"""The journal: one table for all items of runs, one bucket for the data that an item cannot hold."""

from typing import Final, NotRequired, TypedDict

import pulumi
from pulumi_aws import dynamodb

from components.build_context import BuildContext
from components.private_bucket import PrivateBucket
from components.refs import JournalRef, MonitoringRef
from components.tags import tag_problems
from components.validation import form_problems, range_problems, require_valid
from policies.rules.aws_limits import Range

TTL_ATTRIBUTE: Final = "expires_at"
RETENTION_DAYS: Final = Range(1, 3_650, "days", None)
_PAYLOAD_GRACE_DAYS: Final = 7
"""DynamoDB removes expired items within days, not at once, and a payload must outlive the item that names it."""


class JournalTableArgs(TypedDict):
    retention_days: int
    """Days that a run is kept after its last write, 1 to 3650."""
    retain: NotRequired[bool]
    """Whether table and payloads outlive the stack; default false: destroy removes them with their content."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags of the table and the bucket."""


class JournalTable(pulumi.ComponentResource):
    """The journal of every run: a DynamoDB table (pk, sk) on demand, with TTL, point-in-time recovery and a stream of
    new images, and a private, encrypted payload bucket."""

    table_name: pulumi.Output[str]
    """Name of the table."""
    table_arn: pulumi.Output[str]
    """ARN of the table."""
    payload_bucket: pulumi.Output[str]
    """Name of the bucket for data over 300 KB."""
    payload_bucket_arn: pulumi.Output[str]
    """ARN of that bucket."""

    def __init__(self, name: str, args: JournalTableArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        require_valid("JournalTable", name, form_problems(args, JournalTableArgs) or validate(args))
        super().__init__("longrun:index:JournalTable", name, None, opts)
        context = BuildContext(name, args, pulumi.ResourceOptions(parent=self))
        self._retention_days = args["retention_days"]
        self._component = name
        table = _create_table(context)
        payloads = _create_payloads(context)
        self.table_name = table.name
        self.table_arn = table.arn
        self.payload_bucket = payloads.bucket_name
        self.payload_bucket_arn = payloads.bucket_arn
        self.register_outputs({output: getattr(self, output) for output in OUTPUTS})

    @property
    def ref(self) -> JournalRef:
        return {
            "table_name": self.table_name,
            "table_arn": self.table_arn,
            "payload_bucket": self.payload_bucket,
            "payload_bucket_arn": self.payload_bucket_arn,
            "retention_days": self._retention_days,
        }

    @property
    def monitoring(self) -> MonitoringRef:
        return {"component": self._component, "tables": [{"role": "table", "name": self.table_name}]}


OUTPUTS: Final = tuple(JournalTable.__annotations__)


def validate(args: JournalTableArgs) -> list[str]:
    """One message for each argument that AWS would reject later."""
    return [
        *range_problems("retention_days", args["retention_days"], RETENTION_DAYS),
        *tag_problems(args.get("tags")),
    ]


def _create_table(context: BuildContext[JournalTableArgs]) -> dynamodb.Table:
    retain = context.args.get("retain", False)
    return dynamodb.Table(
        context.child("table"),
        attributes=[{"name": "pk", "type": "S"}, {"name": "sk", "type": "S"}],
        hash_key="pk",
        range_key="sk",
        billing_mode="PAY_PER_REQUEST",
        ttl={"attribute_name": TTL_ATTRIBUTE, "enabled": True},
        point_in_time_recovery={"enabled": True},
        server_side_encryption={"enabled": True},
        stream_enabled=True,
        stream_view_type="NEW_IMAGE",
        deletion_protection_enabled=retain,
        tags=context.args.get("tags"),
        opts=context.retained(retain),
    )


def _create_payloads(context: BuildContext[JournalTableArgs]) -> PrivateBucket:
    args = context.args
    return PrivateBucket(
        context.child("payloads"),
        {
            "expiration_days": args["retention_days"] + _PAYLOAD_GRACE_DAYS,
            "retain": args.get("retain", False),
            "tags": args.get("tags", {}),
        },
        context.opts,
    )
