"""The name of a topic, which shows whether it is FIFO."""

from collections.abc import Iterator

from policies.rules.aws_limits.messaging import TOPIC_NAME
from policies.rules.finding import Finding
from policies.rules.messaging.resources.fifo_name import name_findings
from policies.rules.messaging.resources.topic import TOPIC
from policies.rules.rule import Resource, ResourceRule


def _check(topic: Resource) -> Iterator[Finding]:
    return name_findings(
        topic, flag="fifoTopic", names=TOPIC_NAME, rejected="SNS rejects the topic with InvalidParameter"
    )


RULE = ResourceRule(
    name="sns-topic-name",
    description="A topic's name has at most 256 characters, and ends in .fifo if the topic is FIFO.",
    remediation="Leave the name to Pulumi, or end it in .fifo together with fifo_topic=True.",
    types=frozenset({TOPIC}),
    check=_check,
)
