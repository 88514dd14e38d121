"""Answers a program's questions about what exists in an account that is not asked.

A program that looks something up needs a value to go on with. It gets a planned one: of the shape that the SDK
declares for the result, and with what the program asked for in it. The texts of planned values contain `MARK`, so that
a recorded property that is made from one is unknown to the rules, as it should be.
"""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.program.launcher import ANY_KEY, MARK
from sandbox.program.policy_document import policy_document

_ITEMS: Final = 3
"""The number of texts in a planned list: programs take the first two or three subnets or zones."""

_FORMATS: Final = (
    (r"arn$", "arn:{partition}:{service}:{region}:{account}:{kind}/{mark}{item}"),
    (r"ipv6.*cidr", "2001:db8:1234:1a00::/56"),
    (r"cidr", "10.0.0.0/16"),
    (r"zoneid$", "Z{mark}{item}"),
    (r"^(owner|account|registry)id$", "{account}"),
    (r"^region(name)?$", "{region}"),
    (r"id$", "{thing}-0{mark}{item:0>4}"),
    (r"(url|endpoint|issuer)$", "https://{mark}{item}.example.com"),
    (r"domain|dns", "{mark}{item}.example.com"),
    (r"", "{mark}{item}-{key}"),
)
"""The format that the name of a property promises, in lower case; the first that fits."""

_ABBREVIATED: Final = {"securitygroup": "sg", "instance": "i", "routetable": "rtb", "internetgateway": "igw"}
_NUMBERS: Final[Mapping[str, Any]] = {"bool": False, "int": 1, "float": 1}
_TYPES: Final[Mapping[str, type]] = {"str": str, "bool": bool, "int": int, "float": float}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the stack is deployed."""

    account: str
    region: str
    partition: str


def look_up(token: str, arguments: Mapping[str, Any], shape: object, place: Place) -> Mapping[str, Any] | None:
    """Returns the result of a provider function, None for one whose shape is not known."""
    if token in _COMPUTED:
        return _COMPUTED[token](arguments)
    if not isinstance(shape, dict):
        return None
    kind = re.sub(r"^get", "", token.rpartition(":")[2])
    planned = {key: _planned(key, of, kind, token, place) for key, of in shape.items()}
    asked = {key: value for key, value in arguments.items() if _fits(value, shape.get(key))}
    return {**planned, **_known(token, place), **asked}


def _fits(value: Any, shape: object) -> bool:  # noqa: ANN401 any JSON
    """Whether an argument may stand in the result: a program may pass "true" where the result has a boolean."""
    if isinstance(shape, dict | list):
        return isinstance(value, type(shape))
    return shape is not None and isinstance(value, _TYPES.get(str(shape), ()))


def _planned(key: str, shape: object, kind: str, token: str, place: Place) -> Any:  # noqa: ANN401 any JSON
    if isinstance(shape, dict):
        members = {name: _planned(name, of, kind, token, place) for name, of in shape.items()}
        return members or {ANY_KEY: MARK}
    if isinstance(shape, list):
        of = shape[0] if shape else "str"
        if of == "str":
            return [_text(key.removesuffix("s"), kind, token, place, str(item)) for item in range(_ITEMS)]
        return [_planned(key, of, kind, token, place)]
    if shape == "str":
        return _text(key, kind, token, place)
    return _NUMBERS.get(str(shape))


def _text(key: str, kind: str, token: str, place: Place, item: str = "0") -> str:
    """Returns a text in the format that the name of the property promises."""
    lower, kind = key.lower(), kind.lower()
    thing = kind.removesuffix("s") if lower == "id" else lower.removesuffix("id")
    text = next(text for pattern, text in _FORMATS if re.search(pattern, lower))
    return text.format(
        mark=MARK,
        item=item,
        key=lower,
        kind=kind,
        thing=_ABBREVIATED.get(thing, thing),
        service=token.split(":")[1].partition("/")[0],
        account=place.account,
        region=place.region,
        partition=place.partition,
    )


def _known(token: str, place: Place) -> Mapping[str, Any]:
    """Returns what is the same in every account, or has a format that programs take apart."""
    zones = [f"{place.region}{letter}" for letter in "abc"]
    password = base64.b64encode(f"AWS:{MARK}".encode()).decode()
    registry = f"https://{place.account}.dkr.ecr.{place.region}.amazonaws.com"
    known: Mapping[str, Mapping[str, Any]] = {
        "aws:index/getAvailabilityZones:getAvailabilityZones": {"names": zones, "groupNames": [place.region]},
        "aws:index/getAvailabilityZone:getAvailabilityZone": {"name": zones[0], "nameSuffix": "a"},
        "aws:ecr/getAuthorizationToken:getAuthorizationToken": {
            "authorizationToken": password,
            "userName": "AWS",
            "proxyEndpoint": registry,
        },
        "aws:ecr/getCredentials:getCredentials": {"authorizationToken": password, "proxyEndpoint": registry},
    }
    return known.get(token, {})


def _arn(arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    parts = [*str(arguments.get("arn", "")).split(":", 5), "", "", "", "", "", ""]
    names = ("partition", "service", "region", "account", "resource")
    return {**arguments, "id": arguments.get("arn"), **dict(zip(names, parts[1:6], strict=True))}


_COMPUTED: Final[Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]]] = {
    "aws:iam/getPolicyDocument:getPolicyDocument": policy_document,
    "aws:index/getArn:getArn": _arn,
    "kubernetes:yaml:decode": lambda _: {"result": []},
    "kubernetes:helm:template": lambda _: {"result": []},
    "kubernetes:kustomize:directory": lambda _: {"result": []},
}
