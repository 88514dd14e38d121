"""Which names begin like the stack's own, so that a missing resource is a fault and not something outside."""

import pytest

from policies.check import Registration, stack_of
from policies.rules.stack.references.naming import Naming


def naming(*names: str, project: str = "site") -> Naming:
    kind = "aws:sqs/queue:Queue"
    resources: list[Registration] = [
        {
            "type": kind,
            "name": name,
            "urn": f"urn:pulumi:dev::{project}::{kind}::{name}",
            "parent": None,
            "properties": {"name": f"{name}-0123abc"},
        }
        for name in names
    ]
    return Naming.of(stack_of(resources))


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("catalog-import", True),
        ("catalog_import", True),
        ("arn:aws:lambda:us-east-1:000000000000:function:catalog-import", True),
        ("arn:aws:iam::000000000000:role/service/catalog-role", True),
        ("https://sqs.us-east-1.amazonaws.com/000000000000/catalog-lost", True),
        ("site-import", True),
        ("platform-import", False),
        ("arn:aws:iam::000000000000:role/shared-lambda", False),
        ("catalogue", False),
        ("", False),
    ],
)
def test_name_is_own_that_begins_like_several_resources_or_the_project(name: str, own: bool) -> None:
    assert naming("catalog-search", "catalog-index").is_own(name) is own


def test_one_resource_makes_no_naming() -> None:
    assert not naming("catalog-search", "orders").is_own("catalog-import")


def test_words_that_many_stacks_use_make_no_naming() -> None:
    common = naming("lambda-role-reader", "lambda-role-writer", "shared", "dev-a", "dev-b", project="infra")

    assert not common.is_own("lambda-execution")
    assert not common.is_own("dev-other")
    assert not common.is_own("infra-role")


def test_words_after_a_common_one_identify() -> None:
    names = naming("dev-orders-in", "dev-orders-out")

    assert names.is_own("dev-orders-lost")
    assert not names.is_own("dev-invoices")
