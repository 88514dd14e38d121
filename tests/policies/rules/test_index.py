"""Which resource a value names: by the engine's dependencies, by its name, or not to be told."""

import pytest

from policies.rules.index import Index, Reference, is_vague, names_of
from policies.rules.rule import Resource, Stack
from policies.rules.values import UNKNOWN

QUEUE = "aws:sqs/queue:Queue"
SECRET = "aws:secretsmanager/secret:Secret"


def queue(logical: str, /, **properties: object) -> Resource:
    return Resource(QUEUE, logical, f"urn::{logical}", properties)


def mapping(value: object, *sources: str) -> Resource:
    return Resource("m", "m", "urn::m", {"source": value}, dependencies={"source": sources} if sources else {})


def found(resources: list[Resource], value: object, *sources: str) -> Reference:
    return Index.of(Stack(tuple(resources))).target(mapping(value, *sources), "source", (QUEUE,))


@pytest.mark.parametrize(
    "value",
    [
        "failures",
        "arn:aws:sqs:us-east-1:000000000000:failures",
        "https://sqs.us-east-1.amazonaws.com/000000000000/failures",
    ],
)
def test_a_name_an_arn_and_a_url_name_a_resource(value: str) -> None:
    failures = queue("own", name="failures")

    assert found([failures, queue("other", name="others")], value) == Reference(failures)


def test_a_name_that_pulumi_made_belongs_to_the_logical_one() -> None:
    failures = queue("failures")

    assert found([failures, queue("fail")], "failures-1a2b3c4") == Reference(failures)
    assert found([failures], "failures-other").missing


def test_a_prefix_is_completed_by_aws() -> None:
    failures = queue("own", namePrefix="failures-")

    assert found([failures], "failures-20261101") == Reference(failures)


def test_dependencies_tell_what_a_value_that_is_not_known_names() -> None:
    failures = queue("failures", name=UNKNOWN)

    assert found([failures, queue("other")], UNKNOWN, "urn::failures") == Reference(failures)


def test_of_two_sources_the_text_decides() -> None:
    failures = queue("failures", name="failures")
    others = queue("others", name="others")
    sources = ("urn::failures", "urn::others")

    assert found([failures, others], "others", *sources) == Reference(others)
    assert found([failures, others], "lost", *sources) == Reference(None, uncertain=True)


def test_where_a_name_is_not_known_nothing_is_missing() -> None:
    assert found([queue("failures", name=UNKNOWN)], "lost") == Reference(None, uncertain=True)
    assert found([queue("failures", name="failures")], UNKNOWN) == Reference(None, uncertain=True)
    assert found([queue("failures", name="failures")], "lost").missing


def test_a_secret_is_named_without_the_suffix_of_its_arn() -> None:
    secret = Resource(SECRET, "key", "urn::key", {"name": "prod/key"})
    index = Index.of(Stack((secret,)))

    for suffix in ("AbCdEf", "??????", "*"):
        arn = f"arn:aws:secretsmanager:us-east-1:000000000000:secret:prod/key-{suffix}"
        assert index.find(arn, (SECRET,)) == Reference(secret)


def test_a_runtime_is_named_without_the_suffix_of_its_id() -> None:
    runtime = Resource("runtime", "analysts", "urn::analysts", {"agentRuntimeName": "longrun_dev_analysts"})
    index = Index.of(Stack((runtime,)))

    arn = "arn:aws:bedrock-agentcore:us-east-1:000000000000:runtime/longrun_dev_analysts-AbCdEf1234"
    assert index.find(f"{arn}/runtime-endpoint/live", ("runtime",)) == Reference(runtime)


def test_names_are_told_whole_or_not_at_all() -> None:
    assert names_of(queue("q", name="a", arn="arn:aws:sqs:us-east-1:0:a")) == frozenset(
        ("a", "arn:aws:sqs:us-east-1:0:a")
    )
    assert names_of(queue("q", name="a", arn=UNKNOWN)) is None
    assert names_of(queue("q")) is None
    assert is_vague(queue("q", arn=UNKNOWN))
    assert not is_vague(queue("q"))
