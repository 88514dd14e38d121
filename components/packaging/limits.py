"""How large a package may be, which depends on the service that runs it."""

from dataclasses import dataclass
from typing import Final

from policies.rules.aws_limits import AGENTCORE_UNZIPPED, AGENTCORE_ZIP, LAMBDA_UNZIPPED, Range
from policies.rules.aws_limits.lambda_functions import LAMBDA_IMAGE


@dataclass(frozen=True, slots=True)
class PackageLimits:
    """The limits of a service in bytes. Lambda has no separate limit for a zip that comes from S3."""

    service: str
    zipped: Range
    unzipped: Range


LAMBDA: Final = PackageLimits("Lambda", LAMBDA_UNZIPPED, LAMBDA_UNZIPPED)
IMAGE: Final = PackageLimits("images on Lambda", LAMBDA_IMAGE, LAMBDA_IMAGE)
"""A package that goes into an image, which has no library but those that are put into it."""

AGENTCORE: Final = PackageLimits("AgentCore", AGENTCORE_ZIP, AGENTCORE_UNZIPPED)
