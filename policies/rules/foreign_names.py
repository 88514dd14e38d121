"""Names of other partitions in a text: ARNs, endpoints and service principals that do not exist where the stack is."""

import re
from collections.abc import Iterator
from typing import Final

from policies.rules.aws_limits.partitions import ANY_SUFFIX, PARTITIONS, STANDARD, SUFFIX, Partition, partition_of
from policies.rules.regions import REGION
from policies.rules.values import UNKNOWN

_NAMES: Final = frozenset(partition.name for partition in PARTITIONS)
_GLOBAL: Final = "(?:s3|sqs|sns|sts|iam|dynamodb|lambda|states|secretsmanager|ssm|kms|ecr)"
"""Services that are known to have, or to have had, an endpoint whose name has no region."""

_ARN: Final = re.compile(r"(?<![\w-])arn:(?P<partition>aws(?:-[a-z]+)*):(?P<service>[a-z0-9-]+):")
_HOST: Final = re.compile(
    rf"(?:://(?:[\w-]+\.)*?|(?<![\w.-])(?:(?:[\w-]+\.){{2,}}?|(?:[\w-]+\.)+?(?=s3\.)))"
    rf"(?P<place>{REGION}|{_GLOBAL})\.(?P<suffix>{ANY_SUFFIX})(?![\w.-])"
)
_BARE: Final = re.compile(rf"(?<![\w./-])[a-z0-9-]+\.(?:(?P<place>{REGION})\.)?(?P<suffix>{ANY_SUFFIX})(?![\w.-])")
_REGION: Final = re.compile(REGION)
_PRINCIPAL: Final = re.compile(rf"(?P<service>[a-z0-9-]+)(?:\.{REGION})?\.(?:{SUFFIX})")


def arns_of_other_partitions(text: str, partition: Partition) -> Iterator[str]:
    """The beginnings (`arn:aws-cn:states:`) of the ARNs in a text that belong to another partition, each once."""
    found = (match for match in _ARN.finditer(text) if match["partition"] in _NAMES)
    yield from dict.fromkeys(match[0] for match in found if match["partition"] != partition.name)


def hosts_of_other_partitions(text: str, partition: Partition) -> Iterator[str]:
    """The host names of endpoints and service principals in a text whose suffix is another partition's, each once.

    A principal ends in amazonaws.com everywhere, or in its partition's suffix. So that alone (`states.amazonaws.com`,
    `states.cn-north-1.amazonaws.com`) is no finding: an endpoint has a scheme, or names its account or API before."""
    own = partition.suffixes
    found = [match for match in _HOST.finditer(text) if match["suffix"] not in own and not _is_namespace(text, match)]
    found += [match for match in _BARE.finditer(text) if match["suffix"] not in (*own, STANDARD.suffix)]
    yield from dict.fromkeys(match[0].removeprefix("://") for match in found if not _is_elsewhere(match))


def _is_namespace(text: str, match: re.Match[str]) -> bool:
    """Whether it is the name of S3's XML, which is the same everywhere."""
    return text.startswith("/doc/", match.end())


def _is_elsewhere(match: re.Match[str]) -> bool:
    """Whether it is a right name in another region, which is the matter of the rule about regions."""
    place = match["place"] or ""
    return _REGION.fullmatch(place) is not None and match["suffix"] in partition_of(place).suffixes


def service_of(principal: str) -> str:
    """The service that a principal names, in the form that is the same everywhere: `states.amazonaws.com` for
    `states.eu-west-1.amazonaws.com` and `ec2.amazonaws.com` for `ec2.amazonaws.com.cn`. Other texts stay."""
    match = _PRINCIPAL.fullmatch(principal)
    return principal if match is None else f"{match['service']}.amazonaws.com"


def is_principal(given: object, service: str) -> bool:
    """Whether a principal is the service in any of its forms, is everyone, or is not known."""
    return given is UNKNOWN or (isinstance(given, str) and service_of(given) in (service, "*"))
