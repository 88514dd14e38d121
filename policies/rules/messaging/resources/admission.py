"""Whether a function, queue or topic lets an AWS service in."""

from typing import Final

from policies.rules.documents import document, is_malformed
from policies.rules.foreign_names import is_principal
from policies.rules.messaging.resources.queue import QUEUE, QUEUE_POLICY
from policies.rules.messaging.resources.topic import TOPIC, TOPIC_POLICY
from policies.rules.references import companions
from policies.rules.resource_policy import admits, statements
from policies.rules.rule import Resource, Stack
from policies.rules.values import UNKNOWN, lookup

FUNCTION: Final = "aws:lambda/function:Function"
PERMISSION: Final = "aws:lambda/permission:Permission"

_POLICIES: Final = {
    QUEUE: (QUEUE_POLICY, "queueUrl", "sqs:SendMessage"),
    TOPIC: (TOPIC_POLICY, "arn", "sns:Publish"),
}
ADMITTED_BY: Final = {
    FUNCTION: "a Permission with principal {service} for the function",
    QUEUE: "a QueuePolicy that allows {service} sqs:SendMessage",
    TOPIC: "a TopicPolicy that allows {service} sns:Publish",
}
"""What lets a service in, by the type of the resource."""


def may_admit(stack: Stack, resource: Resource, service: str) -> bool:
    """Whether the resource, of a type in ADMITTED_BY, lets the service in, or may do so as far as it is known."""
    if resource.type == FUNCTION:
        permissions = companions(stack, (PERMISSION,), "function", resource)
        principals = (lookup(permission.properties, "principal") for permission in permissions.known)
        return permissions.uncertain or any(is_principal(principal, service) for principal in principals)
    policy_type, prop, action = _POLICIES[resource.type]
    policies = companions(stack, (policy_type,), prop, resource)
    holders = (*policies.known, resource)
    return policies.uncertain or any(_policy_admits(holder, service, action) for holder in holders)


def _policy_admits(holder: Resource, service: str, action: str) -> bool:
    policy = lookup(holder.properties, "policy")
    found = document(policy)
    if found is None:
        # A malformed policy is another rule's to report.
        return policy is UNKNOWN or is_malformed(policy)
    listed = found.get("Statement")
    unknown = listed is UNKNOWN or (isinstance(listed, list) and UNKNOWN in listed)
    return unknown or any(admits(statement, service, action) is not False for statement in statements(found))
