"""CloudWatch Logs of the sandbox returns events page by page."""

import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.emulator_process.control_plane.services import Services, name

MOST = 10_000
"""Events of one call of PutLogEvents, and of one page of FilterLogEvents."""


def _filled(services: Services, *streams: list[str]) -> str:
    """A log group with these messages, all of one moment; each list is a stream of its own."""
    group, now = name(), int(time.time() * 1000)
    services.logs.create_log_group(logGroupName=group)
    for number, messages in enumerate(streams):
        services.logs.create_log_stream(logGroupName=group, logStreamName=str(number))
        for first in range(0, len(messages), MOST):
            events = [{"timestamp": now, "message": message} for message in messages[first : first + MOST]]
            services.logs.put_log_events(logGroupName=group, logStreamName=str(number), logEvents=events)
    return group


def _messages(services: Services, group: str, **filters: Any) -> list[str]:  # noqa: ANN401  the call's arguments
    pages = services.logs.get_paginator("filter_log_events").paginate(logGroupName=group, **filters)
    return [event["message"] for page in pages for event in page["events"]]


def test_a_reader_gets_more_events_than_a_page_has(services: Services) -> None:
    written = [f"line {number}" for number in range(MOST + 2_500)]
    group = _filled(services, written, ["other"])

    assert sorted(_messages(services, group)) == sorted([*written, "other"])
    assert len(services.logs.filter_log_events(logGroupName=group)["events"]) == MOST


def test_pages_hold_what_the_filter_lets_through(services: Services) -> None:
    group = _filled(services, [f"{'odd' if number % 2 else 'even'} {number}" for number in range(25)])

    assert _messages(services, group, filterPattern="odd", PaginationConfig={"PageSize": 5}) == [
        f"odd {number}" for number in range(1, 25, 2)
    ]


def test_a_pattern_of_alternatives_lets_lines_with_one_of_them_through(services: Services) -> None:
    group = _filled(services, ['{"level": "ERROR"}', "no error", "Task timed out after 3.00 seconds", "timed out"])

    assert _messages(services, group, filterPattern='?ERROR ?"Task timed out"') == [
        '{"level": "ERROR"}',
        "Task timed out after 3.00 seconds",
    ]


def test_the_last_page_has_no_token(services: Services) -> None:
    group = _filled(services, ["one", "two"])

    assert "nextToken" in services.logs.filter_log_events(logGroupName=group, limit=1)
    assert "nextToken" not in services.logs.filter_log_events(logGroupName=group, limit=2)


def test_a_group_that_is_not_there_is_an_error(services: Services) -> None:
    with pytest.raises(ClientError, match="does not exist") as caught:
        services.logs.filter_log_events(logGroupName=name())
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"
