"""ARNs taken apart, and the region of the AWS provider."""

from dataclasses import dataclass

import pulumi
from pulumi_aws import config


@dataclass(frozen=True, slots=True)
class ArnParts:
    """Partition, region and account of a resource. A role's ARN names no region."""

    partition: str
    region: str
    account: str

    @classmethod
    def parse(cls, arn: str) -> "ArnParts":
        _, partition, _, region, account, _ = arn.split(":", 5)
        return cls(partition, region, account)

    def arn(self, service: str, resource: str) -> str:
        """The ARN of another resource in the same place."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"


def provider_region() -> str:
    """The region of the AWS provider, as the provider itself reads it: aws:region, otherwise AWS_REGION.

    It is known before anything is created, so arguments can be checked against it. Raises RunError without a region.
    """
    if not config.region:
        raise pulumi.RunError("configuration aws:region is not set; run: pulumi config set aws:region us-east-1")
    return config.region
