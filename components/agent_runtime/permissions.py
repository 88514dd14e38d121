"""What the code in a runtime may do, and who may act as its role: pure statements."""

import re
from dataclasses import dataclass
from typing import Final

from components.iam import TRACE_ACTIONS, Statement, allow, assume_role

SERVICE: Final = "bedrock-agentcore.amazonaws.com"
METRICS: Final = "bedrock-agentcore"
LOG_GROUPS: Final = "/aws/bedrock-agentcore/runtimes"
SAMPLING_ACTIONS: Final = ("xray:GetSamplingRules", "xray:GetSamplingTargets")
_IMAGE: Final = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/(?P<repository>[^:@]+)"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a runtime is: partition, account and region."""

    partition: str
    account: str
    region: str

    @classmethod
    def of(cls, arn: str, region: str) -> "Place":
        """The account of an ARN, in a region that the ARN itself need not name."""
        _, partition, _, _, account, _ = arn.split(":", 5)
        return cls(partition, account, region)

    def arn(self, service: str, resource: str) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"


def trust(place: Place) -> str:
    """AgentCore may take the role for runtimes of this account and region, and for nobody else's."""
    condition = {
        "StringEquals": {"aws:SourceAccount": place.account},
        "ArnLike": {"aws:SourceArn": place.arn("bedrock-agentcore", "*")},
    }
    return assume_role(SERVICE, condition)


def observe(place: Place, name: str) -> list[Statement]:
    """Write the runtime's own logs, spans and metrics. Its id is its name and a suffix that AgentCore makes up."""
    own = place.arn("logs", f"log-group:{LOG_GROUPS}/{name}-*")
    metrics = {"StringEquals": {"cloudwatch:namespace": METRICS}}
    return [
        allow("KeepLogGroups", ["logs:CreateLogGroup", "logs:DescribeLogStreams"], [own]),
        # AgentCore looks its group up in the list, which is allowed on all groups of an account or on none.
        allow("ListLogGroups", ["logs:DescribeLogGroups"], [place.arn("logs", "log-group:*")]),
        allow("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], [f"{own}:log-stream:*"]),
        # X-Ray and metrics have no resources: their actions can only be allowed on '*'.
        allow("WriteTraces", [*TRACE_ACTIONS, *SAMPLING_ACTIONS], ["*"]),
        allow("WriteMetrics", ["cloudwatch:PutMetricData"], ["*"], metrics),
    ]


def stop_own_sessions(place: Place, name: str) -> Statement:
    """A session that has done its work ends itself: idle, it would be billed to its idle limit."""
    return allow(
        "StopOwnSessions",
        ["bedrock-agentcore:StopRuntimeSession"],
        [place.arn("bedrock-agentcore", f"runtime/{name}-*")],
    )


def pull_image(image_uri: str, partition: str) -> list[Statement]:
    """The image's repository. Code in S3 needs no such right: who deploys reads it, and AgentCore keeps a copy."""
    match = _IMAGE.match(image_uri)
    if match is None:
        return []
    repository = f"arn:{partition}:ecr:{match['region']}:{match['account']}:repository/{match['repository']}"
    return [
        allow("PullImage", ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], [repository]),
        # A token is for a whole registry: its action can only be allowed on '*'.
        allow("EnterRegistry", ["ecr:GetAuthorizationToken"], ["*"]),
    ]
