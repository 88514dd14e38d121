from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from runtime.gateway.file_links import FileLinks

RUN_ID = "01926e3c-7c1a-7d00-8000-0123456789ab"
FOLDER = f"runs/{RUN_ID}/files/"


class Bucket:
    """Links over a stubbed client."""

    def __init__(self) -> None:
        client = boto3.client(
            "s3",
            region_name="eu-central-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(signature_version="s3v4"),
        )
        self.stub = Stubber(client)
        self.links = FileLinks("payloads", client)

    def lists(self, *names: str, more: bool = False, after: str = "") -> None:
        answer = {"Contents": [{"Key": FOLDER + name} for name in names], "IsTruncated": more}
        asked = {"Bucket": "payloads", "Prefix": FOLDER, "StartAfter": FOLDER + after, "MaxKeys": 10}
        self.stub.add_response("list_objects_v2", answer if names else {"IsTruncated": more}, asked)

    def holds(self, name: str, content_type: str, size: int) -> None:
        asked = {"Bucket": "payloads", "Key": FOLDER + name}
        self.stub.add_response("head_object", {"ContentType": content_type, "ContentLength": size}, asked)


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    made = Bucket()
    with made.stub:
        yield made
    made.stub.assert_no_pending_responses()


def _described(file: dict[str, Any]) -> tuple[str, int, str]:
    return file["name"], file["bytes"], file["content_type"]


def test_files_are_listed_by_name_with_what_they_are(bucket: Bucket) -> None:
    bucket.lists("plots/balance.png", "report.md")
    bucket.holds("plots/balance.png", "image/png", 12_345)
    bucket.holds("report.md", "text/markdown", 678)

    page = bucket.links.page(RUN_ID, None)

    assert [_described(file) for file in page.files] == [
        ("plots/balance.png", 12_345, "image/png"),
        ("report.md", 678, "text/markdown"),
    ]
    assert page.more is False


def test_an_address_gives_that_file_alone_for_a_quarter_of_an_hour(bucket: Bucket) -> None:
    bucket.lists("report.md")
    bucket.holds("report.md", "text/markdown", 678)

    (file,) = bucket.links.page(RUN_ID, None).files

    address = urlsplit(file["url"])
    query = parse_qs(address.query)
    assert address.path.endswith(f"/{FOLDER}report.md")
    assert query["X-Amz-Expires"] == ["900"]
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert "eu-central-1" in query["X-Amz-Credential"][0]


def test_a_list_goes_on_behind_a_name(bucket: Bucket) -> None:
    bucket.lists("report.md", more=True, after="plots/z.png")
    bucket.holds("report.md", "text/markdown", 678)

    page = bucket.links.page(RUN_ID, "plots/z.png")

    assert [file["name"] for file in page.files] == ["report.md"]
    assert page.more is True


def test_a_run_that_made_nothing_has_no_files(bucket: Bucket) -> None:
    bucket.lists()

    assert bucket.links.page(RUN_ID, None).files == []


def test_a_file_that_is_gone_meanwhile_is_left_out(bucket: Bucket) -> None:
    bucket.lists("a.txt", "b.txt")
    bucket.stub.add_client_error("head_object", "404", http_status_code=404)
    bucket.holds("b.txt", "text/plain", 1)

    assert [file["name"] for file in bucket.links.page(RUN_ID, None).files] == ["b.txt"]


def test_a_bucket_that_refuses_is_an_error(bucket: Bucket) -> None:
    bucket.lists("a.txt")
    bucket.stub.add_client_error("head_object", "403", http_status_code=403)

    with pytest.raises(ClientError):
        bucket.links.page(RUN_ID, None)
