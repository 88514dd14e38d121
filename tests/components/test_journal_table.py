"""JournalTable: what it creates, what others may do with it, and which arguments it rejects."""

import pytest

from components.iam import Statement
from components.journal_table import JournalTable, JournalTableArgs
from components.journal_table.permissions import record_runs, write_run_files, write_runs, write_steps
from components.refs import JournalRef
from components.validation import ComponentInputError
from tests.components.harness import ACCOUNT, REGION, Deployment, deploy

TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/journal-table"
PAYLOADS = "arn:aws:s3:::journal-payloads-bucket"


@pytest.fixture(scope="module")
def journal() -> Deployment:
    return deploy(lambda: JournalTable("journal", {"retention_days": 30}))


def actions(statements: list[Statement]) -> dict[str, list[str]]:
    return {statement["Sid"]: statement["Action"] for statement in statements}


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


def test_entry_points_cannot_write_payloads_and_each_user_may_do_only_its_work() -> None:
    record, steps, write = (actions(allowed(TABLE, PAYLOADS)) for allowed in (record_runs, write_steps, write_runs))
    read = {sid: named for sid, named in record.items() if sid.startswith("Read")}

    assert sorted(record) == ["ReadJournal", "ReadPayloads", "WriteJournal"]
    assert sorted(steps.keys() - record.keys()) == ["MissFiles", "WritePayloads"]
    assert sorted(write.keys() - record.keys()) == ["KeepSessions", "MissSessions", "WritePayloads"]
    assert all(
        action.split(":")[1].startswith(("Get", "BatchGet", "Query")) for named in read.values() for action in named
    )
    assert write["WritePayloads"] == ["s3:PutObject"]


def test_tools_may_use_the_files_of_runs_only() -> None:
    files, listing = write_run_files(PAYLOADS)

    assert files["Resource"] == f"{PAYLOADS}/runs/*/files/*"
    assert listing["Condition"] == {"StringLike": {"s3:prefix": "runs/*"}}


def test_reference_names_table_and_bucket_and_how_long_runs_are_kept() -> None:
    found: list[JournalRef] = []
    outputs = deploy(lambda: found.append(JournalTable("journal", {"retention_days": 30}).ref)).outputs["journal"]

    assert found[0]["retention_days"] == 30
    assert sorted(found[0].keys() - {"retention_days"}) == sorted(outputs)
    assert outputs == {
        "table_name": "journal-table",
        "table_arn": TABLE,
        "payload_bucket": "journal-payloads-bucket",
        "payload_bucket_arn": PAYLOADS,
    }


def test_statements_name_this_table_and_the_runs_and_sessions_of_this_bucket_only() -> None:
    assert {statement["Resource"] for statement in write_runs(TABLE, PAYLOADS)} == {
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
    ("name", "args", "message"),
    [
        ("journal", {"retention_days": 0}, "retention_days is 0; allowed: 1 to 3,650 days"),
        ("journal", {"retention_days": 4_000}, "retention_days is 4000; allowed: 1 to 3,650 days"),
        ("Journal", {"retention_days": 1}, "name is 'Journal'; allowed: 2 to 24 lower-case letters"),
        ("j" * 25, {"retention_days": 1}, "allowed: 2 to 24 lower-case letters"),
        ("journal", {"retention_days": 1, "tags": {"aws:x": "1"}}, "tags has the name 'aws:x'"),
        ("journal", {"retention_days": 1, "tags": {"a": "x" * 257}}, "allowed: up to 256 letters"),
    ],
)
def test_what_aws_would_reject_is_rejected_before_anything_exists(
    name: str, args: JournalTableArgs, message: str
) -> None:
    with pytest.raises(ComponentInputError) as rejected:
        JournalTable(name, args)

    assert str(rejected.value).startswith(f"JournalTable '{name}' has invalid arguments: ")
    assert message in str(rejected.value)
    assert rejected.value.code == "INVALID_ARGUMENT"
