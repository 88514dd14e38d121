"""What a call of a model on Bedrock needs permission for, and whether a statement of a policy gives it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from policies.rules.aws_limits.partitions import partition_of
from policies.rules.resource_policy import conditions
from policies.rules.values import UNKNOWN

MODEL: Final = "foundation-model"
PROFILE: Final = "inference-profile"
_ANYWHERE: Final = "…"
_ARN_PARTS: Final = 6
_GEOGRAPHIC: Final = re.compile(r"(?P<geography>us-gov|us|eu|uk|ca|apac|jp|au|global)\.(?P<model>[a-z0-9]+\..+)")
_PLAIN: Final = re.compile(r"[a-z0-9]+\.[A-Za-z0-9.:-]+")
_ARN: Final = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):bedrock:(?P<region>[a-z0-9-]*):(?P<account>\d*):(?P<kind>[a-z-]+)/(?P<name>\S+)"
)
_PROFILE_KEY: Final = "bedrock:inferenceprofilearn"

DESTINATIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "us": ("us-east-1", "us-west-2"),
    "us-gov": ("us-gov-west-1",),
    "eu": ("eu-central-1", "eu-west-1", "eu-west-3"),
    "jp": ("ap-northeast-1", "ap-northeast-3"),
    "au": ("ap-southeast-2", "ap-southeast-4"),
    "global": ("",),
}
"""Regions to which every profile of a geography may route a call, whatever the model (INFERENCE_PROFILES in
policies.rules.regions); a model may have more. Global profiles need the model without a region, and in the caller's."""


@dataclass(frozen=True, slots=True)
class Needed:
    """A resource that a call must be allowed on. `region` and `partition` are None where they are not known, `profile`
    is the name of the profile by which the model is called."""

    kind: str
    name: str
    region: str | None
    partition: str | None
    profile: str = ""

    @property
    def arn(self) -> str:
        """For messages."""
        account = "" if self.kind == MODEL else _ANYWHERE
        region = _ANYWHERE if self.region is None else self.region
        return f"arn:{self.partition or 'aws'}:bedrock:{region}:{account}:{self.kind}/{self.name}"

    def is_given_by(self, statement: Mapping[str, object], resource: object) -> bool:
        """Whether a resource of an Allow statement is or takes in this one; what is not known may."""
        if self.kind == MODEL and not self._meets(statement.get("Condition")):
            return False
        return not isinstance(resource, str) or self._matches(resource)

    def _matches(self, pattern: str) -> bool:
        parts = pattern.split(":", _ARN_PARTS - 1)
        if len(parts) < _ARN_PARTS:
            return fnmatchcase(self.arn.replace(_ANYWHERE, "0"), pattern)
        _, partition, service, region, account, rest = parts
        return (
            (self.partition is None or fnmatchcase(self.partition, partition))
            and fnmatchcase("bedrock", service)
            and (self.region is None or fnmatchcase(self.region, region))
            and (self.kind != MODEL or fnmatchcase("", account))
            and fnmatchcase(f"{self.kind}/{self.name}", rest)
        )

    def _meets(self, condition: object) -> bool:
        """Whether the condition admits calls through the profile: without one the key is not in the request."""
        for operator, key, value in conditions(condition):
            if key != _PROFILE_KEY or value is UNKNOWN or operator.endswith("ifexists"):
                continue
            if operator.startswith(("stringequals", "stringlike", "arnequals", "arnlike")):
                listed = value if isinstance(value, list) else [value]
                if not self.profile or not any(self._is_profile(each) for each in listed):
                    return False
        return True

    def _is_profile(self, pattern: object) -> bool:
        if not isinstance(pattern, str):
            return True
        return fnmatchcase(self.profile, pattern.rpartition("/")[2])


def is_model(value: str) -> bool:
    """Whether a text is the id or the ARN of a model or of a profile."""
    return any(form.fullmatch(value) for form in (_GEOGRAPHIC, _PLAIN, _ARN))


def needed(model: str, region: str | None) -> Iterator[Needed]:
    """What a call of the model from a region must be allowed on: the model, or the profile and what it routes to."""
    match = _ARN.fullmatch(model)
    if match is not None:
        yield from _by_arn(match)
        return
    partition = None if region is None else partition_of(region).name
    profile = _GEOGRAPHIC.fullmatch(model)
    if profile is None:
        yield Needed(MODEL, model, region, partition)
        return
    yield Needed(PROFILE, model, region, partition)
    yield from _routed(profile, region, partition)


def _by_arn(match: re.Match[str]) -> Iterator[Needed]:
    yield Needed(match["kind"], match["name"], match["region"], match["partition"])
    profile = _GEOGRAPHIC.fullmatch(match["name"])
    if match["kind"] == PROFILE and profile is not None:
        yield from _routed(profile, match["region"], match["partition"])


def _routed(profile: re.Match[str], region: str | None, partition: str | None) -> Iterator[Needed]:
    destinations: tuple[str | None, ...] = DESTINATIONS.get(profile["geography"], (None,))
    if profile["geography"] == "global":
        destinations = (*destinations, region)
    for destination in destinations:
        yield Needed(MODEL, profile["model"], destination, partition, profile[0])
