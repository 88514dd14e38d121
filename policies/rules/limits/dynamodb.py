"""DynamoDB's numbers."""

from typing import Final

MINIMUM_CAPACITY: Final = 1
"""Read or write units of a provisioned table."""

ATTRIBUTE_TYPES: Final = ("S", "N", "B")
STREAM_VIEWS: Final = ("NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY")
ITEM_COLLECTION_GB: Final = 10
"""All items of one partition key together, in a table that has a local secondary index."""
