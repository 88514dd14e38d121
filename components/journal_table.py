"""Where runs are recorded: one table for all items, one bucket for the data that an item cannot hold."""

from typing import Final, NotRequired, TypedDict

import pulumi
from pulumi_aws import dynamodb

from components import iam
from components.private_bucket import PrivateBucket
from components.validation import require_valid, tag_problems

TTL_ATTRIBUTE: Final = "expires_at"
RETENTION_LIMIT: Final = 3_650
_PAYLOAD_GRACE_DAYS: Final = 7
"""DynamoDB removes expired items within days, not at once: a payload may not go before the item that names it."""


class JournalTableArgs(TypedDict):
    retention_days: int
    """Days a run is kept after its last write, 1 to 3650."""
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
    stream_arn: pulumi.Output[str]
    """ARN of the table's stream (NEW_IMAGE)."""
    payload_bucket: pulumi.Output[str]
    """Name of the bucket for data over 300 KB."""
    payload_bucket_arn: pulumi.Output[str]
    """ARN of that bucket."""
    read_policy: pulumi.Output[str]
    """IAM document (JSON) for readers of runs."""
    keep_policy: pulumi.Output[str]
    """IAM document (JSON) for doors and closers: reads, and writes to the table only."""
    files_policy: pulumi.Output[str]
    """IAM document (JSON) for tools that add files to a run: the bucket's, and nothing of the table."""
    steps_policy: pulumi.Output[str]
    """IAM document (JSON) for hosts of background agents: reads, writes to the table and to the runs in the bucket."""
    write_policy: pulumi.Output[str]
    """IAM document (JSON) for who writes an agent's events and its conversations: as steps_policy, and the sessions."""

    def __init__(self, name: str, args: JournalTableArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        require_valid("JournalTable", name, [*_retention_problems(args), *tag_problems(args.get("tags"))])
        super().__init__("longrun:index:JournalTable", name, None, opts)
        retain = args.get("retain", False)
        self._child = pulumi.ResourceOptions(parent=self, retain_on_delete=retain)
        table = self._table(name, args, retain)
        payloads = self._payloads(name, args, retain)
        self.table_name = table.name
        self.table_arn = table.arn
        self.stream_arn = table.stream_arn
        self.payload_bucket = payloads.bucket_name
        self.payload_bucket_arn = payloads.bucket_arn
        arns = pulumi.Output.all(table.arn, payloads.bucket_arn)
        self.read_policy = arns.apply(lambda known: iam.document(iam.read_journal(*known)))
        self.keep_policy = arns.apply(lambda known: iam.document(iam.keep_journal(*known)))
        self.files_policy = payloads.bucket_arn.apply(lambda arn: iam.document(iam.keep_run_files(arn)))
        self.steps_policy = arns.apply(lambda known: iam.document(iam.carry_steps(*known)))
        self.write_policy = arns.apply(lambda known: iam.document(iam.write_journal(*known)))
        self.register_outputs({output: getattr(self, output) for output in OUTPUTS})

    def _table(self, name: str, args: JournalTableArgs, retain: bool) -> dynamodb.Table:
        return dynamodb.Table(
            f"{name}-table",
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
            tags=args.get("tags"),
            opts=self._child,
        )

    def _payloads(self, name: str, args: JournalTableArgs, retain: bool) -> PrivateBucket:
        return PrivateBucket(
            f"{name}-payloads",
            {
                "expiration_days": args["retention_days"] + _PAYLOAD_GRACE_DAYS,
                "retain": retain,
                "tags": args.get("tags", {}),
            },
            pulumi.ResourceOptions(parent=self),
        )


OUTPUTS: Final = tuple(JournalTable.__annotations__)


def _retention_problems(args: JournalTableArgs) -> list[str]:
    days = args["retention_days"]
    return [] if 1 <= days <= RETENTION_LIMIT else [f"retention_days is {days}; allowed: 1 to {RETENTION_LIMIT} days"]
