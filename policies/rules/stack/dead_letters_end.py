"""Messages that could not be handled stay in a dead-letter queue."""

from collections.abc import Iterable, Mapping

from policies.rules.documents import document
from policies.rules.finding import Finding
from policies.rules.index import Index
from policies.rules.messaging.resources.queue import QUEUE, REDRIVE_POLICY
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.values import lookup


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    index = Index.of(stack)
    leads = _redrives(index)
    rested: set[str] = set()
    for start in leads:
        trail: dict[str, None] = {}
        queue = start
        while queue in leads and queue not in rested and queue not in trail:
            trail[queue] = None
            queue = leads[queue][1]
        if queue in trail:
            holder = leads[queue][0]
            circle = [index.by_urn[urn].name for urn in trail][list(trail).index(queue) :]
            yield holder, _finding(circle)
        rested.update(trail)


def _redrives(index: Index) -> Mapping[str, tuple[Resource, str]]:
    """By the URN of a queue: the resource that sets where its failures go, and the URN of that queue."""
    found: dict[str, tuple[Resource, str]] = {}
    for holder in index.of_types(QUEUE, REDRIVE_POLICY):
        policy = document(lookup(holder.properties, "redrivePolicy"))
        source = holder if holder.type == QUEUE else index.target(holder, "queueUrl", (QUEUE,)).resource
        arn = lookup(policy or {}, "deadLetterTargetArn")
        target = index.named(holder, "redrivePolicy", arn, (QUEUE,)).resource
        if source is not None and target is not None and arn is not None:
            found[source.urn] = (holder, target.urn)
    return found


def _finding(circle: list[str]) -> Finding:
    way = " → ".join((*circle, circle[0]))
    return Finding(
        property="redrivePolicy",
        value=f"a circle: {way}",
        allowed="a dead-letter queue that keeps its messages",
        why="Failed messages circulate for ever, at a cost each time, and no one finds them",
        fix="Remove the redrive policy of the last queue, and watch how full it is",
    )


RULE = StackRule(
    name="stack-dead-letters-end",
    description="Dead-letter queues do not lead back to the queues that they serve.",
    remediation="Give a dead-letter queue no redrive policy of its own.",
    check=_check,
)
