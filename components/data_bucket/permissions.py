"""What the users of a data bucket may do with it: pure statements."""

from components.iam import Statement, allow


def read_files(bucket_arn: str) -> list[Statement]:
    """The list of the files, so that they can be found, and each file."""
    return [
        allow("ListFiles", ["s3:ListBucket"], [bucket_arn]),
        allow("ReadFiles", ["s3:GetObject"], [f"{bucket_arn}/*"]),
    ]
