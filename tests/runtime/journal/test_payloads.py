"""The payload bucket."""

import io

import boto3
from botocore.response import StreamingBody
from botocore.stub import Stubber

from runtime.journal import S3Payloads


def test_a_payload_is_kept_in_the_bucket_under_its_key() -> None:
    client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="stubbed", aws_secret_access_key="stubbed")
    payloads = S3Payloads("payloads", client)
    place = {"Bucket": "payloads", "Key": "runs/r1/n.json"}
    with Stubber(client) as stub:
        stub.add_response("put_object", {}, {**place, "Body": b"{}", "ContentType": "application/json"})
        stub.add_response("get_object", {"Body": StreamingBody(io.BytesIO(b"{}"), 2)}, place)

        payloads.put("runs/r1/n.json", b"{}")

        assert payloads.get("runs/r1/n.json") == b"{}"
        stub.assert_no_pending_responses()
    client.close()
