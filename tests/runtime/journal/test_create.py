"""The journal that a function makes for itself."""

import subprocess
import sys
from collections.abc import Callable

import botocore.session
import pytest

from runtime.environment import JournalEnvironment
from runtime.journal import Journal, NewRun


def test_the_package_is_imported_without_boto3() -> None:
    program = "import sys, runtime.journal; sys.exit('boto3' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0  # noqa: S603  this interpreter


@pytest.mark.dynamodb
@pytest.mark.usefixtures("dynamodb")
def test_a_journal_is_made_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, dynamodb_endpoint: str, new_run: Callable[[], NewRun]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", dynamodb_endpoint)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "local")
    # the process's session keeps the credentials that it has found first, and the table is of these
    monkeypatch.setattr("runtime.process.aws_clients._session", botocore.session.get_session)

    journal = Journal.create(JournalEnvironment(table="journal", payload_bucket="payloads", retention_days=30))

    head, _ = journal.accept(new_run())
    assert journal.head(head.run_id) == head
