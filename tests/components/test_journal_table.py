"""JournalTable: what it creates, what it lets others do, what it refuses."""

import json

import pytest

from components.journal_table import JournalTable, JournalTableArgs
from components.validation import ComponentInputError
from tests.components.harness import ACCOUNT, REGION, Deployment, deploy

TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/journal-table"
PAYLOADS = "arn:aws:s3:::journal-payloads-bucket"


@pytest.fixture(scope="module")
def journal() -> Deployment:
    return deploy(lambda: JournalTable("journal", {"retention_days": 30}))


def actions(policy: str) -> dict[str, list[str]]:
    return {statement["Sid"]: statement["Action"] for statement in json.loads(policy)["Statement"]}


def test_table_is_on_demand_recoverable_encrypted_and_streams_new_images(journal: Deployment) -> None:
    table = journal["journal-table"].inputs

    assert (table["hashKey"], table["rangeKey"]) == ("pk", "sk")
    assert table["attributes"] == [{"name": "pk", "type": "S"}, {"name": "sk", "type": "S"}]
    assert table["billingMode"] == "PAY_PER_REQUEST"
    assert table["pointInTimeRecovery"] == {"enabled": True}
    assert table["serverSideEncryption"] == {"enabled": True}
    assert (table["streamEnabled"], table["streamViewType"]) == (True, "NEW_IMAGE")
    assert table["ttl"] == {"attributeName": "expires_at", "enabled": True}


def test_payloads_and_sessions_expire_after_the_items_that_name_them(journal: Deployment) -> None:
    (rule,) = journal["journal-payloads-lifecycle"].inputs["rules"]

    assert rule["filter"] == {"prefix": ""}
    assert rule["expiration"]["days"] > 30


def test_readers_cannot_write_and_doors_cannot_write_payloads(journal: Deployment) -> None:
    outputs = journal.outputs["journal"]
    read, keep, steps, write = (actions(outputs[f"{kind}_policy"]) for kind in ("read", "keep", "steps", "write"))

    assert sorted(read) == ["ReadJournal", "ReadPayloads"]
    assert sorted(keep) == ["ReadJournal", "ReadPayloads", "WriteJournal"]
    assert sorted(steps.keys() - keep.keys()) == ["MissFiles", "WritePayloads"]
    assert sorted(write.keys() - keep.keys()) == ["KeepSessions", "MissSessions", "WritePayloads"]
    assert all(
        action.split(":")[1].startswith(("Get", "BatchGet", "Query")) for named in read.values() for action in named
    )
    assert write["WritePayloads"] == ["s3:PutObject"]


def test_policies_name_this_table_and_the_runs_and_sessions_of_this_bucket_only(journal: Deployment) -> None:
    statements = json.loads(journal.outputs["journal"]["write_policy"])["Statement"]

    assert {statement["Resource"] for statement in statements} == {
        TABLE,
        PAYLOADS,
        f"{PAYLOADS}/runs/*",
        f"{PAYLOADS}/sessions/*",
    }


def test_destroy_empties_the_journal_unless_data_is_retained(journal: Deployment) -> None:
    kept = deploy(lambda: JournalTable("journal", {"retention_days": 30, "retain": True}))

    assert not any(resource.retained for resource in journal.resources)
    assert journal["journal-payloads-bucket"].inputs["forceDestroy"] is True
    assert all(resource.retained for resource in kept.resources if resource.custom)
    assert kept["journal-payloads-bucket"].inputs["forceDestroy"] is False
    assert kept["journal-table"].inputs["deletionProtectionEnabled"] is True


@pytest.mark.parametrize(
    ("name", "args", "sentence"),
    [
        ("journal", {"retention_days": 0}, "retention_days is 0; allowed: 1 to 3650 days"),
        ("journal", {"retention_days": 4_000}, "retention_days is 4000; allowed: 1 to 3650 days"),
        ("Journal", {"retention_days": 1}, "name is 'Journal'; allowed: 2 to 24 lower-case letters"),
        ("j" * 25, {"retention_days": 1}, "allowed: 2 to 24 lower-case letters"),
        ("journal", {"retention_days": 1, "tags": {"aws:x": "1"}}, "tags has the name 'aws:x'"),
        ("journal", {"retention_days": 1, "tags": {"a": "x" * 257}}, "allowed: up to 256 letters"),
    ],
)
def test_what_aws_would_refuse_is_refused_before_anything_exists(
    name: str, args: JournalTableArgs, sentence: str
) -> None:
    with pytest.raises(ComponentInputError) as refused:
        JournalTable(name, args)

    assert str(refused.value).startswith(f"JournalTable '{name}' has invalid arguments: ")
    assert sentence in str(refused.value)
    assert refused.value.code == "INVALID_ARGUMENT"
