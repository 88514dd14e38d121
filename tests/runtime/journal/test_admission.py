"""Acceptance where two calls cross; what needs no crossing is in test_journal.py."""

from collections.abc import Callable

import boto3
from botocore.stub import Stubber

from runtime.journal import Journal, NewRun, S3Payloads
from runtime.journal.codec import to_attributes
from runtime.journal.head import new_head
from runtime.journal.items import head_key, session_key


def test_a_start_that_crosses_its_repeat_is_not_in_its_own_way(new_run: Callable[[], NewRun]) -> None:
    run = new_run()
    client = boto3.client(
        "dynamodb", region_name="us-east-1", aws_access_key_id="stubbed", aws_secret_access_key="stubbed"
    )
    session = {**session_key(run.session_id), "owner": run.owner, "last_run": run.run_id}
    head = {**head_key(run.run_id), **new_head(run, "2026-11-21T09:00:00.000Z", 0.0)}
    with Stubber(client) as stub:
        stub.add_response("batch_get_item", {"Responses": {"journal": [to_attributes(session)]}})
        stub.add_response("get_item", {"Item": to_attributes(head)})

        accepted, created = Journal("journal", client, S3Payloads("payloads"), 30).accept(run)

        stub.assert_no_pending_responses()
    client.close()
    assert (accepted.run_id, created) == (run.run_id, False)
