"""The table of partitions against AWS's own."""

import json
from pathlib import Path
from typing import Any

import botocore
import pytest

from policies.rules.aws_limits.partitions import PARTITIONS, STANDARD, partition_of
from policies.rules.regions import is_region

PUBLISHED = json.loads((Path(botocore.__file__).parent / "data" / "partitions.json").read_text())["partitions"]


def test_partitions_are_those_that_aws_publishes_with_their_suffixes() -> None:
    published = {
        each["id"]: (each["outputs"]["dnsSuffix"], each["outputs"]["dualStackDnsSuffix"]) for each in PUBLISHED
    }

    assert {partition.name: partition.suffixes for partition in PARTITIONS} == published


@pytest.mark.parametrize("partition", PUBLISHED, ids=lambda partition: partition["id"])
def test_every_region_is_known_and_in_its_partition(partition: dict[str, Any]) -> None:
    regions = [name for name in partition["regions"] if not name.endswith("-global")]

    assert regions
    assert all(is_region(name) for name in regions)
    assert {partition_of(name).name for name in regions} == {partition["id"]}


def test_a_region_of_no_partition_is_in_the_standard_one() -> None:
    assert partition_of("xx-new-1") is STANDARD
