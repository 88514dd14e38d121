"""What each of the functions may do, beyond the journal: pure statements."""

import re
from typing import Final

from components.iam import (
    LOG_ACTIONS,
    MODEL_ACTIONS,
    QUEUE_CONSUME_ACTIONS,
    TRACE_ACTIONS,
    Statement,
    allow,
)

_PROFILE: Final = re.compile(r"(?P<geography>[a-z]{2,6}(?:-gov)?)\.(?P<model>[a-z0-9]+\..+)")


def basics(log_group_arn: str) -> list[Statement]:
    """Every function: write to its own log group, and traces."""
    return [
        allow("WriteLogs", LOG_ACTIONS, [f"{log_group_arn}:*"]),
        # X-Ray has no resources: its actions can only be allowed on '*'.
        allow("WriteTraces", TRACE_ACTIONS, ["*"]),
    ]


def post_to_connections(execution_arn: str, stage: str) -> Statement:
    """Send frames to the clients of this API's stage; connections have ids that nobody knows in advance."""
    resource = f"{execution_arn}/{stage}/POST/@connections/*"
    return allow("PostToConnections", ["execute-api:ManageConnections"], [resource])


def invoke_worker(function_arn: str) -> Statement:
    return allow("InvokeWorker", ["lambda:InvokeFunction"], [function_arn])


def send_failures(queue_arn: str) -> Statement:
    return allow("SendFailures", ["sqs:SendMessage"], [queue_arn])


def consume_failures(queue_arn: str) -> Statement:
    return allow("ConsumeFailures", QUEUE_CONSUME_ACTIONS, [queue_arn])


def read_secret(secret_arn: str) -> Statement:
    return allow("ReadModelKey", ["secretsmanager:GetSecretValue"], [secret_arn])


def invoke_model(model_id: str, region: str, account: str, partition: str) -> list[Statement]:
    """The one model that is configured: a foundation model, an inference profile, or what an ARN names."""
    prefix = f"arn:{partition}:bedrock"
    if model_id.startswith("arn:"):
        return _invoke_arn(model_id, prefix)
    profile = _PROFILE.fullmatch(model_id)
    if profile is None:
        return [allow("InvokeModel", MODEL_ACTIONS, [f"{prefix}:{region}::foundation-model/{model_id}"])]
    return _invoke_profile(f"{prefix}:{region}:{account}:inference-profile/{model_id}", prefix, profile["model"])


def _invoke_arn(arn: str, prefix: str) -> list[Statement]:
    # What an application's profile routes to is not in its ARN, hence any model, but through this profile only.
    return _invoke_profile(arn, prefix, "*") if "inference-profile/" in arn else [_invoke(arn)]


def _invoke(arn: str) -> Statement:
    return allow("InvokeModel", MODEL_ACTIONS, [arn])


def _invoke_profile(profile_arn: str, prefix: str, model: str) -> list[Statement]:
    """A profile needs the model in every region it may route to. Bedrock picks the region and adds new ones, so it is
    '*'; the condition admits only calls that come through the profile."""
    through = {"StringEquals": {"bedrock:InferenceProfileArn": profile_arn}}
    return [
        allow("InvokeProfile", MODEL_ACTIONS, [profile_arn]),
        allow("InvokeModelThroughProfile", MODEL_ACTIONS, [f"{prefix}:*::foundation-model/{model}"], through),
    ]
