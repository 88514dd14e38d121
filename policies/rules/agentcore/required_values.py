"""Rules about AgentCore that demand one value of one property."""

from typing import Final

from policies.rules.accepted_values import is_given, matching, other_than, text_that, within
from policies.rules.agentcore.runtime import CODE, ENDPOINT, IMAGE_URI, MEMORY, REJECTED, RUNTIME
from policies.rules.aws_limits.agentcore import EVENT_DAYS, IMAGE, MANAGED_RUNTIME, PROTOCOLS
from policies.rules.image_address import is_pinned
from policies.rules.required_value import RequiredValue, number, rules_of
from policies.rules.rule import Severity


def _start(value: object) -> str:
    return repr(str(value)[:200])


RULES: Final = rules_of(
    RequiredValue(
        name="agentcore-runtime-image-registry",
        types=[RUNTIME],
        property=IMAGE_URI,
        accepts=matching(IMAGE),
        value=_start,
        allowed="an image of ECR, private or public.ecr.aws, as repository:tag or repository@digest",
        why=REJECTED,
        fix="Push the image to ECR and pass repositoryUrl@digest",
        description="The image of an AgentCore runtime is in ECR.",
        remediation="Push the image to ECR, and pass the repository's URL, @ and the digest.",
    ),
    RequiredValue(
        name="agentcore-runtime-image-pinned",
        types=[RUNTIME],
        property=IMAGE_URI,
        accepts=text_that(is_pinned),
        value=_start,
        allowed="a digest, or a tag that is given once",
        why="A version of the runtime keeps the image that its tag named at that time, which nothing records",
        fix="Pass repositoryUrl@digest of the image that was built",
        description="The image of an AgentCore runtime has a digest, or a tag that is not latest.",
        remediation="Name the image by its digest.",
    ),
    RequiredValue(
        name="agentcore-runtime-language",
        types=[RUNTIME],
        property=f"{CODE}.runtime",
        accepts=matching(MANAGED_RUNTIME),
        value=repr,
        allowed="PYTHON_3_10 or newer, NODE_22 or newer",
        why=REJECTED,
        fix="Write PYTHON_3_13 for what Lambda calls python3.13",
        description="The code of an AgentCore runtime names its language as AgentCore does: PYTHON_3_13.",
        remediation="Write PYTHON_3_13 for what Lambda calls python3.13.",
    ),
    RequiredValue(
        name="agentcore-runtime-protocol",
        types=[RUNTIME],
        property="protocolConfiguration.serverProtocol",
        accepts=text_that(lambda protocol: protocol in PROTOCOLS),
        value=repr,
        allowed=", ".join(PROTOCOLS),
        why=REJECTED,
        fix="Write HTTP for an agent and MCP for a server of tools, in capitals",
        description="An AgentCore runtime uses HTTP, MCP, A2A or AGUI.",
        remediation="Write HTTP for an agent and MCP for a server of tools, in capitals.",
    ),
    RequiredValue(
        name="agentcore-endpoint-name",
        types=[ENDPOINT],
        property="name",
        accepts=other_than("DEFAULT"),
        value="DEFAULT",
        allowed="any other name",
        why="AgentCore creates an endpoint of this name for each runtime and rejects a second with ConflictException",
        fix="Name it after what it serves, for example live",
        description="No endpoint is named DEFAULT, which AgentCore creates itself.",
        remediation="Name the endpoint after what it serves, for example live.",
    ),
    RequiredValue(
        name="agentcore-endpoint-version",
        types=[ENDPOINT],
        property="agentRuntimeVersion",
        accepts=is_given,
        value="unset",
        allowed="the runtime's agentRuntimeVersion",
        why="The endpoint stays on the version that it was created with, and new code is never reached",
        fix="Pass the runtime's output agentRuntimeVersion",
        description="An endpoint names the version of its runtime.",
        remediation="Pass the runtime's output agentRuntimeVersion to the endpoint.",
    ),
    RequiredValue(
        name="agentcore-memory-expiry",
        types=[MEMORY],
        property="eventExpiryDuration",
        accepts=within(EVENT_DAYS),
        value=number,
        allowed=str(EVENT_DAYS),
        why="The provider and older regions reject it, though the newest API takes 3 to 3,650",
        fix="Choose a number in the range; what lasts longer belongs in a store of your own",
        description="A memory keeps its events for 7 to 365 days.",
        remediation="Set eventExpiryDuration to 7 to 365.",
        severity=Severity.ADVISORY,
    ),
)
