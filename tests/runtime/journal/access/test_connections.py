"""Connections, the tokens that they were opened with, and what a revocation does, against AWS's own engine."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from contract.run_ids import new_run_id
from contract.tokens import LONGEST_SECONDS
from runtime.journal import Journal
from runtime.journal.access.connections import TokenUse
from tests.runtime.journal_table import TABLE, Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.dynamodb


@pytest.fixture
def owner() -> str:
    return f"token:longrun:{new_run_id()}"


def test_a_revoked_token_opens_nothing_and_other_tokens_do(journal: Journal, clock: Clock, owner: str) -> None:
    tokens = journal.connections.tokens
    first, second = TokenUse(owner, "t-1", int(clock())), TokenUse(owner, "t-2", int(clock()))
    assert tokens.open("c1", first)
    assert tokens.open("c2", first)
    assert tokens.open("c3", second)

    assert tokens.revoke(owner, "t-1") == ["c1", "c2"]

    assert not tokens.open("c4", first)
    assert tokens.open("c5", second)
    assert tokens.open("c6", TokenUse(f"{owner}-other", "t-1", int(clock())))
    assert tokens.revoke(owner, "t-2") == ["c3", "c5"]


def test_all_tokens_until_now_are_revoked_and_later_ones_are_not(
    journal: Journal, clock: Clock, owner: str, advance: Callable[[float], None]
) -> None:
    tokens = journal.connections.tokens
    issued = int(clock())
    assert tokens.open("c1", TokenUse(owner, "t-1", issued))

    assert tokens.revoke(owner, None) == ["c1"]

    assert tokens.is_revoked(TokenUse(owner, "t-2", issued - 100))
    assert tokens.is_revoked(TokenUse(owner, "t-3", issued))
    advance(5)
    assert not tokens.is_revoked(TokenUse(owner, "t-4", int(clock())))


def test_a_closed_connection_is_not_closed_again(journal: Journal, clock: Clock, owner: str) -> None:
    tokens = journal.connections.tokens
    assert tokens.open("c1", TokenUse(owner, "t-1", int(clock())))
    tokens.close("c1", owner)

    assert tokens.revoke(owner, "t-1") == []


def test_a_revocation_is_kept_as_long_as_a_token_may_be_valid(
    journal: Journal, dynamodb: "DynamoDBClient", clock: Clock, owner: str
) -> None:
    journal.connections.tokens.revoke(owner, "t-1")

    key = {"pk": {"S": f"TOKENS#{owner}"}, "sk": {"S": "REVOKED#t-1"}}
    item = dynamodb.get_item(TableName=TABLE, Key=key)["Item"]

    assert float(item["expires_at"]["N"]) > clock() + LONGEST_SECONDS
