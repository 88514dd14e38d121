"""Settings of a stage's routes have both throttling numbers, and neither is 0."""

from collections.abc import Iterable, Iterator
from typing import Final

from policies.rules.api_gateway.api import STAGE
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import lookup, members

NUMBERS: Final = ("throttlingRateLimit", "throttlingBurstLimit")


def _check(stage: Resource) -> Iterable[Finding]:
    return [
        Finding(
            property=f"{path}.{number}",
            value="unset" if settings.get(number) is None else "0",
            allowed="a number above 0, whenever there are route settings",
            why="The provider sends 0 for the number that is missing, and every call is answered with 429",
            fix=f"Set {' and '.join(NUMBERS)}",
        )
        for path, settings in _settings(stage)
        for number in NUMBERS
        if settings.get(number) in (None, 0)
    ]


def _settings(stage: Resource) -> Iterator[tuple[str, dict[str, object]]]:
    default = lookup(stage.properties, "defaultRouteSettings")
    if isinstance(default, dict):
        yield "defaultRouteSettings", default
    for index, settings in enumerate(members(stage.properties, "routeSettings")):
        if isinstance(settings, dict):
            yield f"routeSettings[{index}]", settings


RULE = ResourceRule(
    name="api-gateway-throttling-paired",
    description="Route settings of a stage have a throttling rate and a burst, both above 0.",
    remediation="Set throttling_rate_limit and throttling_burst_limit together.",
    types=frozenset({STAGE}),
    check=_check,
)
