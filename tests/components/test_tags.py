"""Tags that one of the services would reject are reported with what is allowed, before anything is created."""

import json

import pytest
from pulumi.runtime import set_all_config

from components.tags import tag_problems
from tests.components.isolation import isolated

OWN = ("longrun:role",)


def problems(tags: object, default: dict[str, str] | None = None, *, is_ascii: bool = False) -> list[str]:
    def run() -> list[str]:
        set_all_config({"aws:defaultTags": json.dumps({"tags": default})} if default else {})
        return tag_problems(tags, own=OWN, is_ascii=is_ascii)

    return isolated(run)


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {"team": "research", "cost-center": "1234", "a b": ""},
        {f"tag{number}": "x" for number in range(49)},
        {"k" * 128: "v" * 256},
        {"Größe": "groß"},
        {"url": "https://example.com/a_b@c+d=e"},
        {"later": object()},
    ],
)
def test_tags_that_every_service_accepts_have_no_problem(tags: object) -> None:
    assert problems(tags) == []


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        (
            {"Team": "a", "team": "b"},
            "tags has the name 'team', and tags has 'Team'; allowed: names that differ in more",
        ),
        ({"straße": "a", "STRASSE": "b", "Straße": "c"}, "tags has the name 'Straße', and tags has 'straße'"),
        ({f"tag{n}": "x" for n in range(50)}, "tags holds 50 tags, 51 with longrun:role; allowed: 50 on one resource"),
        ({"longrun:role": "worker"}, "tags has the name 'longrun:role'; allowed: a name not starting with longrun:"),
        ({"LongRun:owner": "me"}, "tags has the name 'LongRun:owner'; allowed: a name not starting with longrun:"),
        (
            {"aws:a": "1"},
            "tags has the name 'aws:a'; allowed: a name not starting with aws:, which is reserved for AWS",
        ),
        ({"AWS:a": "1"}, "tags has the name 'AWS:a'"),
        ({"a": "aws:b"}, "tags.a is 'aws:b'; allowed: a value not starting with aws:"),
        ({"": "x"}, "tags has the name ''; allowed: 1 to 128 letters"),
        ({" ": "x"}, "tags has the name ' '"),
        ({" team": "x"}, "tags has the name ' team'"),
        ({"k" * 129: "x"}, "allowed: 1 to 128 letters"),
        ({"a": "v" * 257}, "allowed: up to 256 letters"),
        ({"a,b": "x"}, "tags has the name 'a,b'"),
        ({"a": "line\nbreak"}, r"tags.a is 'line\nbreak'"),
        ({"a\tb": "x"}, r"tags has the name 'a\tb'"),
        ({"a": "50%"}, "tags.a is '50%'"),
    ],
)
def test_tag_that_a_service_rejects_is_reported(tags: object, message: str) -> None:
    (found,) = problems(tags)

    assert message in found


def test_tags_of_the_provider_count_too() -> None:
    tags = {f"tag{number}": "x" for number in range(25)}
    default = {f"more{number}": "x" for number in range(25)}

    (found,) = problems(tags, default)

    assert found.startswith("tags holds 25 tags, 51 with aws:defaultTags and longrun:role; allowed: 50 on one resource")


def test_tag_that_differs_in_case_from_one_of_the_provider_is_reported() -> None:
    (found,) = problems({"team": "a"}, {"Team": "b"})

    assert found.startswith("tags has the name 'team', and aws:defaultTags has 'Team'")


def test_tag_that_replaces_one_of_the_provider_counts_once() -> None:
    tags = {f"tag{number}": "x" for number in range(49)}

    assert problems(tags, tags) == []


@pytest.mark.parametrize("tags", [{"Größe": "x"}, {"size": "groß"}, {"a\u00a0b": "x"}])
def test_agentcore_accepts_ascii_only(tags: object) -> None:
    (found,) = problems(tags, is_ascii=True)

    assert "which AgentCore demands" in found
