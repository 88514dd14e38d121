"""A function may read what Lambda reads for it."""

from collections.abc import Iterable, Mapping
from typing import Final

from policies.rules.dynamodb.table import TABLE
from policies.rules.finding import Finding
from policies.rules.iam.statements.permissions import Permissions
from policies.rules.index import Index
from policies.rules.lambda_function.functions.function import FUNCTION
from policies.rules.messaging.resources.queue import MAPPING, QUEUE
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.stack.references.denied import denied_finding, lacking

_ACTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    QUEUE: ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"),
    TABLE: ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"),
}
_WHY: Final = "Lambda rejects the event source: the execution role does not have permissions to read it"


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    index = Index.of(stack)
    permissions = Permissions.of(index)
    for mapping in index.of_types(MAPPING):
        source = index.target(mapping, "eventSourceArn", _ACTIONS).resource
        function = index.target(mapping, "functionName", (FUNCTION,)).resource
        role = None if function is None else permissions.role(function, "role")
        if source is None or role is None:
            continue
        missing = lacking(permissions, role, _ACTIONS[source.type], source)
        if missing:
            yield mapping, denied_finding("eventSourceArn", role, missing, f"'{source.name}'", _WHY)


RULE = StackRule(
    name="stack-event-source-readable",
    description="The role of a function may read the queue or stream that it is mapped to.",
    remediation="Allow sqs:ReceiveMessage, sqs:DeleteMessage and sqs:GetQueueAttributes, or the stream's actions.",
    check=_check,
)
