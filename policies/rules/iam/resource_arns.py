"""Resources are named by ARN."""

import re
from collections.abc import Iterator
from typing import Final

from policies.rules.finding import Finding
from policies.rules.iam.statements.policy import IDENTITY, PlacedStatement, of_identity
from policies.rules.rule import ResourceRule

_FORM: Final = re.compile(r"\*|arn:\*|arn:[a-z0-9*?-]+:[a-z0-9*?-]+:[^:\s]*:[^:\s]*:\S(?:.*\S)?")
_S3: Final = re.compile(
    r"arn:[a-z-]+:s3:(?P<region>[^:]*):(?P<account>[^:]*):(?P<name>[a-z0-9][a-z0-9.-]{2,62})(?:/.*)?"
)


def _resources(placed: PlacedStatement) -> Iterator[Finding]:
    for element in ("Resource", "NotResource"):
        for path, resource in placed.texts(element):
            bucket = _S3.fullmatch(resource)
            if resource != "*" and not resource.startswith("arn:"):
                yield _finding(path, "no ARN", "IAM rejects the document: a resource is an ARN or '*'")
            elif _FORM.fullmatch(resource) is None:
                yield _finding(path, "an ARN with parts missing", "IAM rejects the document, or it never matches")
            elif bucket and (bucket["region"] or bucket["account"]):
                yield _finding(
                    path, "a bucket's ARN with a region or an account", "Buckets' ARNs have neither: S3 denies"
                )


def _finding(path: str, value: str, why: str) -> Finding:
    allowed = "arn:partition:service:region:account:resource; arn:aws:s3:::bucket/key"
    return Finding(path, value, allowed, why, "Use the resource's arn output")


RULE = ResourceRule(
    name="iam-resource-arns",
    description="Resources of a policy are whole ARNs in their service's form.",
    remediation="Build policies from the resources' own arn outputs.",
    types=IDENTITY,
    check=of_identity(_resources),
)
