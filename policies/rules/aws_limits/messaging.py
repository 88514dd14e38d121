"""The numbers of SQS, SNS, EventBridge and its scheduler."""

from typing import Final

from policies.rules.aws_limits.source import SERVICE_MODELS, Name, Range, Source

SQS_API: Final = Source(
    "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html"
)
SQS_REDRIVE: Final = Source(
    "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html"
)
SNS_API: Final = Source("https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html")
EVENTS_API: Final = Source("https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_RetryPolicy.html")

QUEUE_RETENTION: Final = Range(60, 1_209_600, "seconds", SQS_API)
QUEUE_DEFAULT_RETENTION: Final = 345_600
"""Seconds that a queue keeps a message when no retention is set: four days."""

QUEUE_RANGES: Final = {
    "messageRetentionSeconds": QUEUE_RETENTION,
    "visibilityTimeoutSeconds": Range(0, 43_200, "seconds", SQS_API),
    "delaySeconds": Range(0, 900, "seconds", SQS_API),
    "receiveWaitTimeSeconds": Range(0, 20, "seconds", SQS_API),
    "maxMessageSize": Range(1_024, 1_048_576, "bytes", SQS_API),
    "kmsDataKeyReusePeriodSeconds": Range(60, 86_400, "seconds", SQS_API),
}

QUEUE_NAME: Final = Name(80, r"[A-Za-z0-9_-]+(\.fifo)?", SQS_API)
TOPIC_NAME: Final = Name(256, r"[A-Za-z0-9_-]+(\.fifo)?", SNS_API)
EVENT_BUS_NAME: Final = Name(256, r"[/.\-_A-Za-z0-9]+", SERVICE_MODELS)
EVENT_RULE_NAME: Final = Name(64, r"[.\-_A-Za-z0-9]+", SERVICE_MODELS)
SCHEDULE_GROUP_NAME: Final = Name(64, r"[0-9a-zA-Z\-_.]+", SERVICE_MODELS)
EVENT_TARGET_ID: Final = Name(64, r"[.\-_A-Za-z0-9]+", SERVICE_MODELS)

RECEIVE_COUNT: Final = Range(1, 1_000, "receives", SQS_REDRIVE)
LAMBDA_RECEIVE_COUNT: Final = 5
"""What AWS advises at least where Lambda reads the queue: a throttled read counts too."""

EVENT_RETRIES: Final = Range(0, 185, "retries", EVENTS_API)
EVENT_AGE: Final = Range(60, 86_400, "seconds", EVENTS_API)
EVENT_PATTERN_CHARACTERS: Final = 4_096
EVENT_INPUT_CHARACTERS: Final = 8_192
EVENT_INPUT_PATH_CHARACTERS: Final = 256
EVENT_INPUT_PATHS: Final = 100
EVENT_TARGETS: Final = 5
"""Targets of one rule, a quota that is not adjustable."""

EVENT_OPERATORS: Final = frozenset(
    {
        "anything-but",
        "cidr",
        "equals-ignore-case",
        "exists",
        "numeric",
        "prefix",
        "suffix",
        "wildcard",
    }
)
"""What an object in a list of an event pattern may ask for."""
