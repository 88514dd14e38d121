"""The table of AWS's numbers: each with its source and the day on which it was read."""

from datetime import date
from importlib import import_module
from pkgutil import iter_modules

import pytest

from policies.rules import aws_limits
from policies.rules.aws_limits import BUCKET_NAME, LOG_GROUP_NAME, QUEUE_NAME, Name, Range, Source

MODULES = [import_module(module.name) for module in iter_modules(aws_limits.__path__, f"{aws_limits.__name__}.")]
PUBLISHED_SINCE = date(2026, 11, 1)


def test_every_limit_names_a_page_and_the_day_it_was_read() -> None:
    limits = [value for module in MODULES for value in vars(module).values() if isinstance(value, Range | Name)]
    sources = [limit.source for limit in limits] + [
        value for module in MODULES for value in vars(module).values() if isinstance(value, Source)
    ]

    assert len(limits) > len(MODULES)
    for source in sources:
        assert source is not None
        assert source.address.startswith("https://")
        assert source.read > PUBLISHED_SINCE


def test_every_exported_name_is_the_one_of_its_module() -> None:
    known = [value for module in MODULES for value in vars(module).values()]

    assert len(aws_limits.__all__) == len(set(aws_limits.__all__))
    assert not [name for name in aws_limits.__all__ if not any(getattr(aws_limits, name) is value for value in known)]


@pytest.mark.parametrize(
    ("names", "accepted", "rejected"),
    [
        (QUEUE_NAME, "q" * 75 + ".fifo", "q" * 76 + ".fifo"),
        (QUEUE_NAME, "orders.fifo", "orders.first"),
        (BUCKET_NAME, "reports-2026", "reports..2026"),
        (LOG_GROUP_NAME, "/aws/lambda/worker", "aws/lambda/worker"),
    ],
)
def test_names_are_judged_by_length_and_pattern(names: Name, accepted: str, rejected: str) -> None:
    assert names.allows(accepted)
    assert not names.allows(rejected)
