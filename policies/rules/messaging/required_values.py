"""Rules about queues, topics and events that demand one value of one property."""

from typing import Final

from policies.rules.accepted_values import is_given
from policies.rules.aws_limits.messaging import EVENT_AGE
from policies.rules.documents import document
from policies.rules.messaging.resources.events import RULE_TYPE
from policies.rules.messaging.resources.pattern import names_source
from policies.rules.messaging.resources.queue import QUEUE, SCHEDULE, TARGET
from policies.rules.required_value import RequiredValue, rules_of
from policies.rules.rule import Severity
from policies.rules.values import format_number, lookup


def _asks_for_a_source(value: object) -> bool:
    pattern = document(value)
    return not pattern or names_source(pattern)


RULES: Final = rules_of(
    RequiredValue(
        name="sqs-queue-encryption",
        types=[QUEUE],
        property="sqsManagedSseEnabled",
        applies=lambda queue: not lookup(queue.properties, "kmsMasterKeyId"),
        accepts=lambda enabled: enabled is not False,
        value="false, without a KMS key",
        allowed="true, or a kmsMasterKeyId",
        why="Questions and failed requests stay in the queue in plain text for up to 14 days",
        fix="Set it to true, which costs nothing",
        description="A queue encrypts its messages.",
        remediation="Set sqs_managed_sse_enabled to True, or kms_master_key_id to a key of your own.",
        severity=Severity.ADVISORY,
    ),
    RequiredValue(
        name="eventbridge-rule-trigger",
        types=[RULE_TYPE],
        property="eventPattern",
        applies=lambda rule: not lookup(rule.properties, "scheduleExpression"),
        accepts=bool,
        value="unset, and so is scheduleExpression",
        allowed="a pattern or a schedule",
        why="EventBridge rejects a rule without a trigger with a ValidationException",
        fix="Set eventPattern to a JSON object with source and detail-type",
        description="An event rule has a pattern or a schedule.",
        remediation="Set event_pattern or schedule_expression.",
    ),
    RequiredValue(
        name="eventbridge-rule-source",
        types=[RULE_TYPE],
        property="eventPattern",
        accepts=_asks_for_a_source,
        value=lambda pattern: f"without source and detail-type, on {', '.join(sorted(document(pattern) or {}))} alone",
        allowed="a pattern with source or detail-type",
        why="Events of any publisher match, even those that the target's own work causes, and start it again",
        fix="Add the source and the detail-type that are meant",
        description="An event rule's pattern names the source or the detail type of its events.",
        remediation="Add source and detail-type to the pattern.",
        severity=Severity.ADVISORY,
    ),
    RequiredValue(
        name="eventbridge-target-event-age",
        types=[TARGET, SCHEDULE],
        property={
            TARGET: "retryPolicy.maximumEventAgeInSeconds",
            SCHEDULE: "target.retryPolicy.maximumEventAgeInSeconds",
        },
        accepts=is_given,
        value=f"unset (EventBridge's default of {format_number(EVENT_AGE.maximum)} seconds)",
        allowed=str(EVENT_AGE),
        why="A request that is delivered a day late starts a run that no one waits for",
        fix="Set it to the time after which the event is no longer wanted, and keep it in a dead-letter queue",
        description="A target limits the age of an event.",
        remediation="Set maximum_event_age_in_seconds of retry_policy.",
        severity=Severity.ADVISORY,
    ),
    RequiredValue(
        name="eventbridge-target-dead-letter",
        types=[TARGET, SCHEDULE],
        property={TARGET: "deadLetterConfig.arn", SCHEDULE: "target.deadLetterConfig.arn"},
        accepts=bool,
        value="unset",
        allowed="the ARN of a standard queue",
        why="An event that the target does not accept is dropped after the last retry, and the run is lost",
        fix="Name a queue whose policy admits events.amazonaws.com",
        description="A target keeps undelivered events in a queue.",
        remediation="Set dead_letter_config to the ARN of a standard queue.",
        severity=Severity.ADVISORY,
    ),
)
