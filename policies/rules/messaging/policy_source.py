"""For whom an AWS service may write: without a source it does so for every account."""

from collections.abc import Iterator

from policies.rules.documents import document
from policies.rules.finding import Finding
from policies.rules.messaging.resources.queue import QUEUE, QUEUE_POLICY
from policies.rules.messaging.resources.topic import TOPIC, TOPIC_POLICY
from policies.rules.resource_policy import SOURCE_KEYS, label, narrowed_by, services, statements
from policies.rules.rule import Resource, ResourceRule, Severity
from policies.rules.values import lookup


def _check(resource: Resource) -> Iterator[Finding]:
    for position, statement in enumerate(statements(document(lookup(resource.properties, "policy")))):
        admitted = services(statement) if statement.get("Effect") == "Allow" else []
        if admitted and narrowed_by(statement, SOURCE_KEYS) is False:
            yield Finding(
                property="policy",
                value=f"open to {', '.join(admitted)} for any account by {label(statement, position)}",
                allowed="a condition on aws:SourceArn or aws:SourceAccount",
                why="A rule or bucket of any other account may send messages here through the service",
                fix="Add ArnEquals on aws:SourceArn with the ARN of the rule, topic or bucket",
            )


RULE = ResourceRule(
    name="messaging-policy-source",
    description="A queue's or topic's policy restricts the resources for which an AWS service may write.",
    remediation="Add a condition on aws:SourceArn to every statement that admits a service.",
    severity=Severity.ADVISORY,
    types=frozenset({QUEUE, QUEUE_POLICY, TOPIC, TOPIC_POLICY}),
    check=_check,
)
