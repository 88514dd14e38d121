"""The journal table as Python values: single calls, transactions, and the retries that botocore leaves to us."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

from contract.errors import ErrorCode, RunError
from runtime.journal.codec import expressions, from_attributes, to_attributes
from runtime.journal.items import PARTITION_KEY, SORT_KEY, Item, Key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_Answer = TypeVar("_Answer")

ATTEMPTS = 8
BATCH_KEYS = 100
"""BatchGetItem takes no more keys in one call."""

_CONDITION = "ConditionalCheckFailed"
_CONTENTION = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
_THROTTLED = {"ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded"}


class ConditionFailed(Exception):  # noqa: N818  a decision that the caller takes, seldom an error
    """A condition of the write did not hold; nothing was written."""


@dataclass(frozen=True, slots=True)
class Put:
    """A new item, on a condition. Names in expressions are written `#name`, so no word is reserved."""

    item: Mapping[str, Any]
    condition: str = f"attribute_not_exists(#{PARTITION_KEY})"

    def request(self, table: str) -> dict[str, Any]:
        return {"TableName": table, "Item": to_attributes(self.item)} | expressions(self.condition)


@dataclass(frozen=True, slots=True)
class Update:
    """A change of an item, on a condition; `names` maps the `#names` that are not an attribute's own."""

    key: Key
    change: str
    condition: str
    values: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    def request(self, table: str) -> dict[str, Any]:
        return {"TableName": table, "Key": to_attributes(self.key), "UpdateExpression": self.change} | expressions(
            self.condition, self.change, self.values, self.names
        )


@dataclass(frozen=True, slots=True)
class Delete:
    """An item that goes, whether there is one or not."""

    key: Key

    def request(self, table: str) -> dict[str, Any]:
        return {"TableName": table, "Key": to_attributes(self.key)}


Write = Put | Update | Delete


class Table:
    """Reads are strongly consistent: a writer decides on what it has read, and a reader must not miss an event."""

    def __init__(self, name: str, client: DynamoDBClient, sleep: Callable[[float], None] = time.sleep) -> None:
        self._name = name
        self._client = client
        self._sleep = sleep

    def get(self, key: Key) -> Item | None:
        answer = self._call(self._client.get_item, TableName=self._name, Key=to_attributes(key), ConsistentRead=True)
        return from_attributes(answer["Item"]) if "Item" in answer else None

    def get_all(self, keys: Sequence[Key]) -> list[Item | None]:
        """The items of different keys, in the keys' order, None where there is none."""
        found: dict[tuple[str, str], Item] = {}
        for start in range(0, len(keys), BATCH_KEYS):
            for item in self._batch(keys[start : start + BATCH_KEYS]):
                found[item[PARTITION_KEY], item[SORT_KEY]] = item
        return [found.get((key["pk"], key["sk"])) for key in keys]

    def query(self, partition: str, first: str, last: str, limit: int, *, newest_first: bool = False) -> list[Item]:
        """At most `limit` items whose sort key is in [first, last], over as many 1 MB pages as that takes."""
        request: dict[str, Any] = {
            "TableName": self._name,
            "KeyConditionExpression": f"#{PARTITION_KEY} = :pk AND #{SORT_KEY} BETWEEN :first AND :last",
            "ExpressionAttributeNames": {f"#{name}": name for name in (PARTITION_KEY, SORT_KEY)},
            "ExpressionAttributeValues": to_attributes({":pk": partition, ":first": first, ":last": last}),
            "ScanIndexForward": not newest_first,
            "ConsistentRead": True,
        }
        items: list[Item] = []
        while len(items) < limit:
            page = self._call(self._client.query, **request, Limit=limit - len(items))
            items += [from_attributes(attributes) for attributes in page["Items"]]
            if "LastEvaluatedKey" not in page:
                break
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        return items

    def put(self, put: Put) -> None:
        """Raises ConditionFailed."""
        self._call(self._client.put_item, **put.request(self._name))

    def replace(self, item: Mapping[str, Any]) -> None:
        self._call(self._client.put_item, TableName=self._name, Item=to_attributes(item))

    def update(self, update: Update) -> Item:
        """The item as it is after the change. Raises ConditionFailed."""
        answer = self._call(self._client.update_item, **update.request(self._name), ReturnValues="ALL_NEW")
        return from_attributes(answer["Attributes"])

    def delete(self, key: Key) -> None:
        self._call(self._client.delete_item, TableName=self._name, Key=to_attributes(key))

    def transact(self, *writes: Write) -> None:
        """All writes or none. Raises ConditionFailed."""
        actions: Any = [{type(write).__name__: write.request(self._name)} for write in writes]
        # botocore gives each call a ClientRequestToken of its own, so that its repeats of one call count once
        self._call(self._client.transact_write_items, TransactItems=actions)

    def _batch(self, keys: Sequence[Key]) -> Iterator[Item]:
        pending: Any = {self._name: {"Keys": [to_attributes(key) for key in keys], "ConsistentRead": True}}
        for pause in _pauses():
            if not pending:
                return
            answer = self._call(self._client.batch_get_item, RequestItems=pending)
            yield from (from_attributes(attributes) for attributes in answer["Responses"].get(self._name, ()))
            pending = answer.get("UnprocessedKeys")
            if pending:
                self._sleep(pause)
        if pending:
            raise _throttled()

    def _call(self, operation: Callable[..., _Answer], **request: Any) -> _Answer:  # noqa: ANN401  as boto3 takes it
        for pause in _pauses():
            try:
                return operation(**request)
            except ClientError as error:
                if error.response["Error"]["Code"] == "ResourceNotFoundException":
                    raise self._missing() from error
                _settle(error)
            self._sleep(pause)
        raise _throttled()

    def _missing(self) -> RunError:
        message = (
            f"There is no table {self._name}, which has the journal of all runs, in the region "
            f"{self._client.meta.region_name}; deploy the stack again, in that region."
        )
        return RunError(ErrorCode.INTERNAL, message)


def _settle(error: ClientError) -> None:
    """Returns where a repeat may succeed: botocore repeats neither a transaction nor a write that met a transaction."""
    code = error.response["Error"]["Code"]
    if code == "ConditionalCheckFailedException":
        raise ConditionFailed from error
    if code == "TransactionCanceledException":
        reasons: Any = error.response.get("CancellationReasons", ())
        codes = {reason.get("Code") for reason in reasons}
        if _CONDITION in codes:
            raise ConditionFailed from error
        if codes & _CONTENTION:
            return
    if code in _THROTTLED:
        raise _throttled() from error
    if code != "TransactionConflictException":
        raise error


def _throttled() -> RunError:
    return RunError(ErrorCode.THROTTLED, "The run journal takes no more requests now; try again in a few seconds.")


def _pauses() -> Iterator[float]:
    for attempt in range(ATTEMPTS):
        yield random.uniform(0.5, 1) * min(0.005 * 2**attempt, 0.2)  # noqa: S311  jitter, no secret
