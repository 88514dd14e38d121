import pytest

from cli.commands.sandbox import document, parse_fault
from cli.errors import CliError


def test_a_fault_is_ordered_by_name_with_or_without_a_count() -> None:
    assert parse_fault("slow") == {"name": "slow"}
    assert parse_fault("throttle=2") == {"name": "throttle", "count": 2}


@pytest.mark.parametrize("word", ["throttle=", "throttle=x", "throttle=-1"])
def test_a_fault_whose_count_is_no_number_is_rejected_with_an_example(word: str) -> None:
    with pytest.raises(CliError, match="throttle=2") as refused:
        parse_fault(word)

    assert refused.value.code == "USAGE"


def test_without_a_sandbox_the_document_has_all_its_keys() -> None:
    assert document(None) == {
        "running": False,
        "endpoint": None,
        "websocket_url": None,
        "region": None,
        "outputs": {},
        "environment": {},
    }
