"""AWS's partitions: their regions, and the suffixes of their endpoints."""

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Partition:
    """`name` stands second in an ARN. `suffix` ends the names of endpoints, `dual_stack` those that have IPv6 too, and
    `regions` begins the names of regions."""

    name: str
    suffix: str
    dual_stack: str
    regions: str

    @property
    def suffixes(self) -> tuple[str, str]:
        return self.suffix, self.dual_stack


STANDARD: Final = Partition("aws", "amazonaws.com", "api.aws", "")
OTHERS: Final = (
    Partition("aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn", "cn-"),
    Partition("aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu", "eusc-"),
    Partition("aws-iso", "c2s.ic.gov", "api.aws.ic.gov", "us-iso-"),
    Partition("aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud", "us-isob-"),
    Partition("aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", "eu-isoe-"),
    Partition("aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov", "us-isof-"),
    Partition("aws-us-gov", "amazonaws.com", "api.aws", "us-gov-"),
)
"""All but the standard one (the partitions.json of botocore 1.44, November 2026; a test compares them)."""

PARTITIONS: Final = (STANDARD, *OTHERS)
SUFFIX: Final = "|".join(re.escape(suffix) for suffix in dict.fromkeys(found.suffix for found in PARTITIONS))
ANY_SUFFIX: Final = "|".join(re.escape(suffix) for found in PARTITIONS for suffix in found.suffixes)
"""Patterns for the end of an endpoint's name in any partition, the second with those of dual-stack endpoints. What
follows must be excluded: one suffix is the beginning of another."""


def partition_of(region: str) -> Partition:
    """The partition of a region; the standard one for a name that no partition has, as AWS's SDKs do it."""
    return next((found for found in OTHERS if region.startswith(found.regions)), STANDARD)
