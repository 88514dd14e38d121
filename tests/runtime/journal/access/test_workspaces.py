"""Workspaces and their secrets against AWS's own engine."""

from typing import TYPE_CHECKING

import pytest

from contract.errors import ErrorCode, RunError
from contract.run_ids import new_run_id
from contract.workspaces import secret_hash
from runtime.journal import Journal
from runtime.journal.access.workspaces import WorkspaceAgent
from tests.runtime.journal_table import TABLE, Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.dynamodb


@pytest.fixture
def workspace() -> str:
    return f"w-{new_run_id()}"


def listed(journal: Journal, workspace: str) -> list[WorkspaceAgent]:
    return [entry for entry in journal.workspaces.list() if entry.workspace_id == workspace]


def test_an_unknown_workspace_has_no_secret(journal: Journal, workspace: str) -> None:
    assert dict(journal.workspaces.hashes(workspace)) == {}


def test_a_workspace_has_a_secret_for_each_agent(journal: Journal, workspace: str) -> None:
    first = journal.workspaces.create(workspace, "data_analyst")
    second = journal.workspaces.create(workspace, "explorer")

    assert first != second
    hashes = {"data_analyst": secret_hash(first), "explorer": secret_hash(second)}
    assert dict(journal.workspaces.hashes(workspace)) == hashes


def test_the_table_holds_no_secret(journal: Journal, dynamodb: "DynamoDBClient", workspace: str) -> None:
    secret = journal.workspaces.create(workspace, "data_analyst")

    assert len(secret) == 43
    assert secret not in str(dynamodb.scan(TableName=TABLE, ConsistentRead=True)["Items"])


def test_an_item_of_a_workspace_does_not_expire(journal: Journal, dynamodb: "DynamoDBClient", workspace: str) -> None:
    journal.workspaces.create(workspace, "data_analyst")

    key = {"pk": {"S": f"WORKSPACE#{workspace}"}, "sk": {"S": "AGENT#data_analyst"}}
    item = dynamodb.get_item(TableName=TABLE, Key=key)["Item"]
    assert item.keys() >= {"hash", "created_at"}
    assert "expires_at" not in item


def test_what_exists_is_not_created_again(journal: Journal, workspace: str) -> None:
    secret = journal.workspaces.create(workspace, "data_analyst")

    with pytest.raises(RunError, match="rotate its secret") as caught:
        journal.workspaces.create(workspace, "data_analyst")

    assert caught.value.code is ErrorCode.CONFLICT
    assert journal.workspaces.hashes(workspace)["data_analyst"] == secret_hash(secret)


def test_a_rotated_secret_replaces_the_old_one(journal: Journal, workspace: str, clock: Clock) -> None:
    journal.workspaces.create(workspace, "data_analyst")
    (before,) = listed(journal, workspace)
    clock.advance(60)

    secret = journal.workspaces.rotate(workspace, "data_analyst")

    assert dict(journal.workspaces.hashes(workspace)) == {"data_analyst": secret_hash(secret)}
    (after,) = listed(journal, workspace)
    assert after.created_at == before.created_at
    assert after.changed_at > before.changed_at


def test_what_does_not_exist_is_not_rotated(journal: Journal, workspace: str) -> None:
    with pytest.raises(RunError, match="create it first"):
        journal.workspaces.rotate(workspace, "data_analyst")

    assert dict(journal.workspaces.hashes(workspace)) == {}
    assert listed(journal, workspace) == []


def test_a_removed_agent_has_no_secret(journal: Journal, workspace: str) -> None:
    journal.workspaces.create(workspace, "data_analyst")
    journal.workspaces.create(workspace, "explorer")

    assert journal.workspaces.remove(workspace, "data_analyst")
    assert not journal.workspaces.remove(workspace, "data_analyst")

    assert list(journal.workspaces.hashes(workspace)) == ["explorer"]
    assert [entry.agent for entry in listed(journal, workspace)] == ["explorer"]


def test_an_item_that_a_deployment_has_written_can_be_rotated(
    journal: Journal, dynamodb: "DynamoDBClient", workspace: str
) -> None:
    item = {"pk": f"WORKSPACE#{workspace}", "sk": "AGENT#data_analyst", "hash": "0", "created_at": "2026-11-30"}
    dynamodb.put_item(TableName=TABLE, Item={name: {"S": value} for name, value in item.items()})

    secret = journal.workspaces.rotate(workspace, "data_analyst")

    assert journal.workspaces.hashes(workspace)["data_analyst"] == secret_hash(secret)
    assert [entry.agent for entry in listed(journal, workspace)] == ["data_analyst"]


@pytest.mark.parametrize(
    ("workspace_id", "agent"),
    [("", "a"), ("a#b", "a"), ("a/b", "a"), ("-a", "a"), ("a" * 65, "a"), ("a", ""), ("a", "a/b"), ("a", "a" * 129)],
)
def test_names_that_no_url_can_have_are_rejected(journal: Journal, workspace_id: str, agent: str) -> None:
    with pytest.raises(RunError) as caught:
        journal.workspaces.create(workspace_id, agent)

    assert caught.value.code is ErrorCode.INVALID_REQUEST
