"""AWS regions in text: which ones an ARN, an endpoint or a model id names, and which models a region may call."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from policies.rules.aws_limits.partitions import ANY_SUFFIX

INFERENCE_PROFILES: Final = "https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html"
LANGFUSE_REGIONS: Final = "https://langfuse.com/security/data-regions"

REGION: Final = (
    r"(?:us|eu|ap|sa|ca|me|af|il|mx|cn|eusc)(?:-gov|-iso[a-z]?|-de)?"
    r"-(?:north|south|east|west|central|northeast|northwest|southeast|southwest)-\d+"
)
"""A pattern for the name of a region, in any partition."""

_ARN: Final = re.compile(rf"arn:aws[a-z-]*:(?P<service>[a-z0-9-]+):(?P<region>{REGION}):[^:\s]*:(?P<rest>[^\s\"',]*)")
_HOST: Final = re.compile(rf"(?<![a-z0-9])(?P<region>{REGION})\.(?:[a-z0-9-]+\.)*(?:{ANY_SUFFIX}|on\.aws)(?![a-z0-9-])")
_MODEL: Final = re.compile(
    r"(?<![\w.-])(?P<id>(?P<geography>us-gov|us|eu|uk|ca|apac|jp|au|global)\."
    r"(?:ai21|amazon(?!\.com)|anthropic|cohere|deepseek|google|meta|minimax|mistral|moonshot|nvidia|openai|qwen|stability"
    r"|twelvelabs|writer|zai)\.[\w.:-]+)"
)

SOURCE_REGIONS: Final[Mapping[str, str]] = {
    "us": r"us-(?!gov|iso)|ca-",
    "us-gov": r"us-gov-",
    "eu": r"eu-(?!iso)|il-central-1$",
    "uk": r"eu-west-2$",
    "ca": r"ca-",
    "apac": r"ap-(?!east-1$|southeast-6$)|me-central-1$",
    "jp": r"ap-northeast-[13]$",
    "au": r"ap-southeast-[246]$",
    "global": r"(?!cn-|us-gov-|us-iso|eu-iso|eusc-)",
}
"""From which regions a model id with this prefix can be called: a pattern of the region's start (INFERENCE_PROFILES).
Wider than AWS's tables, which differ from model to model: what it rejects, no table allows."""


WITHOUT_BEDROCK: Final = frozenset({"cn-north-1", "cn-northwest-1"})
"""Regions of China: they have AgentCore's runtime, but no models (botocore 1.44's endpoints, November 2026)."""

WITHOUT_FUNCTION_URLS: Final = frozenset({"cn-north-1", "cn-northwest-1"})
"""Regions of China: AWS lists URLs of functions as not available there (Getting Started with AWS services in China)."""

LANGFUSE_HOSTS: Final[Mapping[str, str]] = {
    "cloud.langfuse.com": "eu",
    "us.cloud.langfuse.com": "us",
    "hipaa.cloud.langfuse.com": "us",
    "jp.cloud.langfuse.com": "ap",
}
"""Langfuse's own clouds, each with its users and keys, and the continent that it is on (LANGFUSE_REGIONS)."""

_LANGFUSE: Final = re.compile(r"(?<![a-z0-9.-])(?:[a-z]{2,5}\.)?cloud\.langfuse\.com(?![a-z0-9.-])")


@dataclass(frozen=True, slots=True)
class Mention:
    """A region named in a text. `what` is where ("ARN of bedrock", "endpoint")."""

    region: str
    what: str


def is_region(text: str) -> bool:
    return re.fullmatch(REGION, text) is not None


def regions_named(text: str) -> Iterator[Mention]:
    """The regions that ARNs and AWS host names in a text pin, except where AWS itself demands a foreign one."""
    for match in _ARN.finditer(text):
        if not _is_meant_to_be_foreign(match["service"], match["region"], match["rest"]):
            yield Mention(match["region"], f"an ARN of {match['service']}")
    for match in _HOST.finditer(text):
        yield Mention(match["region"], "an endpoint")


def _is_meant_to_be_foreign(service: str, region: str, rest: str) -> bool:
    # CloudFront and edge APIs take their certificates and web ACLs from us-east-1 only. A geographic inference profile
    # needs permission for the foundation model in each region it may route to; its prefix is judged by itself.
    edge = service in {"acm", "wafv2"} and region == "us-east-1"
    return edge or (service == "bedrock" and rest.startswith("foundation-model/"))


def models_named(text: str) -> Iterator[tuple[str, str]]:
    """(model id, geography prefix) of each geographic model id in a text."""
    for match in _MODEL.finditer(text):
        yield match["id"], match["geography"]


def is_callable_from(geography: str, region: str) -> bool:
    """Whether Bedrock in this region knows model ids with this prefix."""
    return re.match(SOURCE_REGIONS[geography], region) is not None


def langfuse_hosts_named(text: str) -> Iterator[tuple[str, str]]:
    """(host, continent) of each of Langfuse's clouds that a text names."""
    for match in _LANGFUSE.finditer(text):
        if match[0] in LANGFUSE_HOSTS:
            yield match[0], LANGFUSE_HOSTS[match[0]]
