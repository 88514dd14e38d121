"""From the provider's spelling to AWS's."""

from sandbox.cloud.wire import pascal


def test_keys_are_spelled_as_aws_does_all_the_way_down_and_null_is_left_out() -> None:
    rules = [
        {
            "id": "expire",
            "filter": {"prefix": "runs/"},
            "expiration": {"days": 3, "date": None},
            "applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256", "kmsMasterKeyId": "k"},
        }
    ]

    assert pascal(rules) == [
        {
            "ID": "expire",
            "Filter": {"Prefix": "runs/"},
            "Expiration": {"Days": 3},
            "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256", "KMSMasterKeyID": "k"},
        }
    ]
