"""Traces go to the Langfuse of the continent that the stack is on."""

from collections.abc import Iterable

from policies.rules.finding import Finding
from policies.rules.regions import LANGFUSE_HOSTS, langfuse_hosts_named
from policies.rules.rule import Resource, Severity, Stack, StackRule
from policies.rules.stack.places.homes import stack_region
from policies.rules.values import texts


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    region = stack_region(stack)
    continent = "" if region is None else region.partition("-")[0]
    near = [host for host, place in LANGFUSE_HOSTS.items() if place == continent]
    if region is None or not near:
        return
    for resource in stack.resources:
        for path, value in texts(resource.properties):
            for host, place in dict(langfuse_hosts_named(value)).items():
                if place != continent:
                    yield (
                        resource,
                        Finding(
                            property=path,
                            value=host,
                            allowed=f"{' or '.join(near)} in {region}",
                            why="Each Langfuse has its own keys, and traces with prompts in them leave the continent",
                            fix=f"Use {near[0]} and keys of a project there, or state the reason in an exception",
                        ),
                    )


RULE = StackRule(
    name="stack-langfuse-region",
    description="Traces go to Langfuse's cloud on the continent of the stack's region.",
    remediation="Set LANGFUSE_HOST to https://us.cloud.langfuse.com in the US, https://cloud.langfuse.com in Europe.",
    severity=Severity.ADVISORY,
    check=_check,
)
