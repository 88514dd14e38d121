"""A journal is kept until well after the longest run, and what it points to as long as itself."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from policies.rules.finding import Finding
from policies.rules.index import Index
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.s3.bucket import BUCKETS, LIFECYCLES
from policies.rules.stack.references.variables import PAYLOAD_BUCKET, RETENTION_DAYS, RUN_TIMEOUT, Host, hosts
from policies.rules.step_functions.states.machine import MACHINE, parsed
from policies.rules.values import format_number, lookup, members, number

_DAY: Final = 86_400
_RUNS: Final = "runs"


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    index = Index.of(stack)
    keepers = [(host, days) for host in hosts(index) if (days := host.seconds(RETENTION_DAYS)) is not None]
    longest = max(_runs(index), default=0.0)
    for host, days in keepers:
        if days * _DAY <= longest:
            yield (
                host.resource,
                Finding(
                    property=host.path(RETENTION_DAYS),
                    value=format_number(days),
                    allowed=f"days that exceed {format_number(longest)} s, the longest that a run of the stack may "
                    "take",
                    why="DynamoDB removes the first events of a run that is still active, and it cannot be resumed",
                    fix="Keep journals for days beyond the longest run",
                ),
            )
    for urn, days in _kept(index, keepers).items():
        yield from _payloads(index, urn, days)


def _runs(index: Index) -> Iterator[float]:
    """Returns the seconds that runs may take, as state machines and variables set them."""
    for machine in index.of_types(MACHINE):
        definition = parsed(machine)
        yield (number(definition, "TimeoutSeconds") if definition is not None else None) or 0.0
    for host in hosts(index):
        yield host.seconds(RUN_TIMEOUT) or 0.0


def _kept(index: Index, keepers: Sequence[tuple[Host, float]]) -> dict[str, float]:
    """By the URN of a bucket: the most days for which a journal points into it."""
    kept: dict[str, float] = {}
    for host, days in keepers:
        bucket = index.find(host.variables.get(PAYLOAD_BUCKET, ""), BUCKETS).resource
        if bucket is not None:
            kept[bucket.urn] = max(days, kept.get(bucket.urn, 0.0))
    return kept


def _payloads(index: Index, bucket_urn: str, days: float) -> Iterator[tuple[Resource, Finding]]:
    for lifecycle in index.of_types(*LIFECYCLES):
        bucket = index.target(lifecycle, "bucket", BUCKETS).resource
        if bucket is None or bucket.urn != bucket_urn:
            continue
        for position, rule in enumerate(members(lifecycle.properties, "rules")):
            given = number(rule, "expiration", "days") if isinstance(rule, dict) else None
            if given is not None and given < days and isinstance(rule, dict) and _holds_for_runs(rule):
                yield (
                    lifecycle,
                    Finding(
                        property=f"rules[{position}].expiration.days",
                        value=format_number(given),
                        allowed=f"at least {format_number(days)} days, for which journals are kept",
                        why="A journal would point to payloads that are gone, and a replay ends in NoSuchKey",
                        fix="Expire payloads some days after the journal's items",
                    ),
                )


def _holds_for_runs(rule: Mapping[str, object]) -> bool:
    prefix = lookup(rule, "filter", "prefix") or lookup(rule, "prefix") or ""
    return rule.get("status") == "Enabled" and isinstance(prefix, str) and (prefix == "" or prefix.startswith(_RUNS))


RULE = StackRule(
    name="stack-journal-outlasts-runs",
    description="Journals are kept longer than the longest run, and payloads at least as long as journals.",
    remediation="Raise LONGRUN_RETENTION_DAYS, and expire payloads some days later.",
    check=_check,
)
