"""The algorithm of a bucket's encryption, and a key only where the algorithm takes one."""

from collections.abc import Iterator, Mapping
from typing import Final

from policies.rules.aws_limits.s3 import ENCRYPTIONS as ALGORITHMS
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.s3.bucket import ENCRYPTIONS
from policies.rules.values import UNKNOWN, lookup, members

_DEFAULT: Final = "applyServerSideEncryptionByDefault"


def _check(configuration: Resource) -> Iterator[Finding]:
    for position, rule in enumerate(members(configuration.properties, "rules")):
        if isinstance(rule, Mapping):
            path = f"rules[{position}].{_DEFAULT}"
            yield from _findings(path, lookup(rule, _DEFAULT, "sseAlgorithm"), lookup(rule, _DEFAULT, "kmsMasterKeyId"))


def _findings(path: str, algorithm: object, key: object) -> Iterator[Finding]:
    if isinstance(algorithm, str) and algorithm not in ALGORITHMS:
        yield Finding(
            property=f"{path}.sseAlgorithm",
            value=repr(algorithm),
            allowed=", ".join(ALGORITHMS),
            why="S3 rejects other algorithms with MalformedXML",
            fix="Write aws:kms for a key of yours, AES256 for S3's",
        )
    elif algorithm == "AES256" and key is not None and key is not UNKNOWN:
        yield Finding(
            property=f"{path}.kmsMasterKeyId",
            value="set beside AES256",
            allowed="a key with aws:kms or aws:kms:dsse only",
            why="S3 rejects a key that the algorithm does not take with InvalidArgument",
            fix="Set sseAlgorithm to aws:kms, or remove the key",
        )


RULE = ResourceRule(
    name="s3-encryption-key",
    description="A bucket's encryption has an algorithm that S3 supports, and a key only with aws:kms.",
    remediation="Use AES256 without a key, or aws:kms with kms_master_key_id.",
    types=frozenset(ENCRYPTIONS),
    check=_check,
)
