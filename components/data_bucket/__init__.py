"""DataBucket: the agents' data in a private bucket."""

from components.data_bucket.data_bucket import DataBucket, DataBucketArgs

__all__ = ["DataBucket", "DataBucketArgs"]
