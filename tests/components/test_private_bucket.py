"""PrivateBucket: nobody reads it by accident."""

import json

import pytest

from components.private_bucket import PrivateBucket
from components.validation import ComponentInputError
from tests.components.harness import Deployment, deploy


@pytest.fixture(scope="module")
def bucket() -> Deployment:
    return deploy(lambda: PrivateBucket("vault", {}))


def test_all_public_access_is_blocked(bucket: Deployment) -> None:
    inputs = bucket["vault-public-access"].inputs
    switches = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")

    assert all(inputs[switch] is True for switch in switches)


def test_requests_without_tls_are_denied(bucket: Deployment) -> None:
    (statement,) = json.loads(bucket["vault-tls-only"].inputs["policy"])["Statement"]

    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert statement["Resource"] == ["arn:aws:s3:::vault-bucket", "arn:aws:s3:::vault-bucket/*"]


def test_policy_waits_for_the_public_access_block(bucket: Deployment) -> None:
    assert "vault-public-access" in bucket["vault-tls-only"].dependencies


def test_content_is_encrypted(bucket: Deployment) -> None:
    (rule,) = bucket["vault-encryption"].inputs["rules"]

    assert rule == {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}


def test_objects_stay_unless_a_period_is_given(bucket: Deployment) -> None:
    assert bucket.names("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration") == []


def test_period_of_no_days_is_rejected() -> None:
    with pytest.raises(ComponentInputError, match="expiration_days is 0; allowed: 1 or more"):
        PrivateBucket("vault", {"expiration_days": 0})
