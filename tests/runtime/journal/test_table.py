"""What the table answers when it is busy, and what becomes of it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from contract.errors import ErrorCode, RunError
from runtime.journal.items import head_key
from runtime.journal.table import ATTEMPTS, ConditionFailed, Put, Table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ITEM = {**head_key("r1"), "epoch": 1}


@pytest.fixture
def client() -> Iterator["DynamoDBClient"]:
    client = boto3.client(
        "dynamodb", region_name="us-east-1", aws_access_key_id="stubbed", aws_secret_access_key="stubbed"
    )
    yield client
    client.close()


@pytest.fixture
def stub(client: "DynamoDBClient") -> Iterator[Stubber]:
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


@pytest.fixture
def pauses() -> list[float]:
    """The pauses that the table has made, in seconds."""
    return []


@pytest.fixture
def table(client: "DynamoDBClient", pauses: list[float]) -> Table:
    return Table("journal", client, pauses.append)


def cancelled(*codes: str) -> dict[str, Any]:
    return {"CancellationReasons": [{"Code": code} for code in codes]}


def test_a_write_that_meets_a_transaction_is_repeated(table: Table, stub: Stubber, pauses: list[float]) -> None:
    stub.add_client_error("put_item", "TransactionConflictException", http_status_code=400)
    stub.add_response("put_item", {})

    table.put(Put(ITEM))

    assert len(pauses) == 1
    assert 0 < pauses[0] < 0.01


def test_a_transaction_that_meets_another_is_repeated(table: Table, stub: Stubber) -> None:
    reasons = cancelled("None", "TransactionConflict")
    stub.add_client_error("transact_write_items", "TransactionCanceledException", modeled_fields=reasons)
    stub.add_response("transact_write_items", {})

    table.transact(Put(ITEM), Put({**head_key("r2"), "epoch": 1}))


def test_a_condition_that_fails_decides_also_beside_a_conflict(table: Table, stub: Stubber) -> None:
    reasons = cancelled("TransactionConflict", "ConditionalCheckFailed")
    stub.add_client_error("transact_write_items", "TransactionCanceledException", modeled_fields=reasons)

    with pytest.raises(ConditionFailed):
        table.transact(Put(ITEM))


def test_a_transaction_that_is_wrong_is_not_repeated(table: Table, stub: Stubber, pauses: list[float]) -> None:
    reasons = cancelled("ValidationError")
    stub.add_client_error("transact_write_items", "TransactionCanceledException", modeled_fields=reasons)

    with pytest.raises(ClientError):
        table.transact(Put(ITEM))
    assert pauses == []


def test_endless_conflicts_are_told_as_throttling(table: Table, stub: Stubber, pauses: list[float]) -> None:
    for _ in range(ATTEMPTS):
        stub.add_client_error("put_item", "TransactionConflictException")

    with pytest.raises(RunError) as busy:
        table.put(Put(ITEM))

    assert busy.value.code is ErrorCode.THROTTLED
    assert sum(pauses) < 1


def test_throttling_that_botocore_gave_up_on_is_told(table: Table, stub: Stubber, pauses: list[float]) -> None:
    stub.add_client_error("get_item", "ThrottlingException")

    with pytest.raises(RunError, match="try again in a few seconds") as throttled:
        table.get(head_key("r1"))

    assert throttled.value.code is ErrorCode.THROTTLED
    assert pauses == []


def test_keys_that_a_batch_left_over_are_asked_for_again(table: Table, stub: Stubber, pauses: list[float]) -> None:
    first, second, third = (head_key(name) for name in ("r1", "r2", "r3"))
    rest = {"journal": {"Keys": [{"pk": {"S": second["pk"]}, "sk": {"S": "HEAD"}}], "ConsistentRead": True}}
    found = {name: {"pk": {"S": f"RUN#{name}"}, "sk": {"S": "HEAD"}} for name in ("r1", "r2")}
    stub.add_response("batch_get_item", {"Responses": {"journal": [found["r1"]]}, "UnprocessedKeys": rest})
    stub.add_response("batch_get_item", {"Responses": {"journal": [found["r2"]]}}, {"RequestItems": rest})

    items = table.get_all([second, third, first])

    assert items == [{"pk": "RUN#r2", "sk": "HEAD"}, None, {"pk": "RUN#r1", "sk": "HEAD"}]
    assert len(pauses) == 1


def test_many_keys_are_asked_for_in_batches_of_a_hundred(table: Table, stub: Stubber) -> None:
    for _ in range(3):
        stub.add_response("batch_get_item", {"Responses": {"journal": []}})

    assert table.get_all([head_key(str(number)) for number in range(201)]) == [None] * 201


@pytest.mark.dynamodb
def test_a_table_that_does_not_exist_is_named_with_its_region(dynamodb: "DynamoDBClient") -> None:
    table = Table("longrun-dev-journal", dynamodb)

    with pytest.raises(RunError) as missing:
        table.get({"pk": "RUN#1", "sk": "HEAD"})

    assert missing.value.code is ErrorCode.INTERNAL
    assert "There is no table longrun-dev-journal" in missing.value.message
    assert f"in the region {dynamodb.meta.region_name}; deploy the stack again" in missing.value.message
