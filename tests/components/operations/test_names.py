import pytest

from components.operations.names import shortened


@pytest.mark.parametrize(("name", "longest"), [("longrun-dev-worker-errors", 255), ("x" * 255, 255)])
def test_a_name_that_fits_stays_as_it_is(name: str, longest: int) -> None:
    assert shortened(name, longest) == name


def test_long_names_stay_within_the_limit_and_differ_where_the_whole_differs() -> None:
    first, second = (shortened("p" * 300 + end, 255) for end in ("a", "b"))

    assert len(first) == len(second) == 255
    assert first != second
