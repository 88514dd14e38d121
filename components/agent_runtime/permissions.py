"""What the code of a runtime may do, and who may assume its role: pure statements."""

import re
from typing import Final

from components.arn import ArnParts
from components.iam import SAMPLING_ACTIONS, TRACE_ACTIONS, Statement, allow, assume_role
from policies.rules.aws_limits.partitions import SUFFIX

SERVICE: Final = "bedrock-agentcore.amazonaws.com"
METRICS: Final = "bedrock-agentcore"
LOG_GROUPS: Final = "/aws/bedrock-agentcore/runtimes"
_IMAGE: Final = re.compile(
    rf"(?P<account>\d{{12}})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.(?:{SUFFIX})/(?P<repository>[^:@]+)"
)


def trust(place: ArnParts) -> str:
    """AgentCore may assume the role only for runtimes of this account and region."""
    condition = {
        "StringEquals": {"aws:SourceAccount": place.account},
        "ArnLike": {"aws:SourceArn": place.arn("bedrock-agentcore", "*")},
    }
    return assume_role(SERVICE, condition)


def observe(place: ArnParts, name: str) -> list[Statement]:
    """Write the runtime's own logs, spans and metrics. Its id is its name and a suffix that AgentCore chooses."""
    own = place.arn("logs", f"log-group:{LOG_GROUPS}/{name}-*")
    metrics = {"StringEquals": {"cloudwatch:namespace": METRICS}}
    return [
        allow("KeepLogGroups", ["logs:CreateLogGroup", "logs:DescribeLogStreams"], [own]),
        # AgentCore looks for its group in the list, which can only be allowed on all groups of an account.
        allow("ListLogGroups", ["logs:DescribeLogGroups"], [place.arn("logs", "log-group:*")]),
        allow("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], [f"{own}:log-stream:*"]),
        # X-Ray and metrics have no resources: their actions can only be allowed on '*'.
        allow("WriteTraces", [*TRACE_ACTIONS, *SAMPLING_ACTIONS], ["*"]),
        allow("WriteMetrics", ["cloudwatch:PutMetricData"], ["*"], metrics),
    ]


def stop_own_sessions(place: ArnParts, name: str) -> Statement:
    """A session stops itself after its work: otherwise it would be billed until its idle limit."""
    return allow(
        "StopOwnSessions",
        ["bedrock-agentcore:StopRuntimeSession"],
        [place.arn("bedrock-agentcore", f"runtime/{name}-*")],
    )


def pull_image(image_uri: str, partition: str) -> list[Statement]:
    """Pull the image. Code in S3 needs no such permission: AgentCore copies it when the runtime is deployed."""
    match = _IMAGE.match(image_uri)
    if match is None:
        return []
    repository = f"arn:{partition}:ecr:{match['region']}:{match['account']}:repository/{match['repository']}"
    return [
        allow("PullImage", ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], [repository]),
        # A token is valid for a whole registry: its action can only be allowed on '*'.
        allow("EnterRegistry", ["ecr:GetAuthorizationToken"], ["*"]),
    ]
