"""One region everywhere: provider, ARNs, endpoints, region variables and the model's geography."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from policies.rules.finding import Finding
from policies.rules.regions import SOURCE_REGIONS, is_callable_from, is_region, models_named, regions_named
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.stack.places.homes import PROVIDER, Homes, stack_region
from policies.rules.values import texts

ELSEWHERE: Final = "Resources in another region are not found, or access is denied, when the run starts"

_REGION: Final = "region"


def region_problems(values: Mapping[str, str], region: str) -> list[str]:
    """Returns a message for each named value (a region, an ARN, an endpoint, a model id) that names another region."""
    return [finding.explanation() for name, value in values.items() for finding in _findings(name, value, (region,))]


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    region = stack_region(stack)
    if region is None:
        return
    homes = Homes.of(stack, region)
    for resource in stack.resources:
        own, regions = homes.of_resource(resource), homes.regions_of(resource)
        of_aws = resource.type.startswith(("aws:", PROVIDER))
        if of_aws and isinstance(own, str) and not homes.is_at_home(resource, stack):
            yield resource, _misaligned(_REGION, own, region)
        for path, value in texts(resource.properties) if regions else ():
            if path == _REGION and not of_aws:
                continue  # of another cloud
            for finding in _findings(path, value, regions):
                yield resource, finding


def _findings(path: str, value: str, regions: Sequence[str]) -> Iterator[Finding]:
    """What names none of the regions; the first one is where the model is called."""
    if is_region(value):
        if value not in regions and _names_region(path):
            yield _misaligned(path, value, regions[-1])
        return
    for mention in {mention.region: mention for mention in regions_named(value)}.values():
        if mention.region not in regions:
            yield _misaligned(path, f"{mention.what} in {mention.region}", regions[-1])
    yield from _model_findings(path, value, regions[0])


def _names_region(path: str) -> bool:
    """Whether what stands at the path is meant as the region to work in: `region`, `modelRegion`, `BEDROCK_REGION`."""
    return path.rsplit(".", 1)[-1].lower().endswith("region")


def _misaligned(path: str, value: str, region: str) -> Finding:
    return Finding(
        property=path,
        value=value,
        allowed=f"{region}, the stack's region",
        why=ELSEWHERE,
        fix=f"Use {region}, or set aws:region to the region that is meant",
    )


def _model_findings(path: str, value: str, region: str) -> Iterator[Finding]:
    for model_id, geography in dict(models_named(value)).items():
        if not is_callable_from(geography, region):
            fitting = [f"{prefix}." for prefix in SOURCE_REGIONS if is_callable_from(prefix, region)]
            yield Finding(
                property=path,
                value=model_id,
                allowed=f"model ids that start with {' or '.join(fitting)} in {region}"
                if fitting
                else f"no id of a model on Bedrock, which has none in {region}",
                why="Bedrock answers a model id of another geography with a ValidationException at the first question",
                fix=f"Choose the model's id for {region}, or set aws:region to a region of the model's geography",
            )


RULE = StackRule(
    name="stack-region-alignment",
    description="Provider, ARNs, endpoints, region variables and model ids of a stack all name one region.",
    remediation="Set aws:region once and build ARNs and addresses from the resources' own outputs.",
    check=_check,
)
