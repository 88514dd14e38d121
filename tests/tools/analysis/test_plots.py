import struct

import pytest

from tools.analysis.plots import plot_distribution
from tools.analysis.sample import NamedTable, Question, Sample, build_sample


def test_a_plot_is_a_png_of_readable_size(survey: Sample) -> None:
    picture = plot_distribution(survey)

    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", picture[16:24]) == (960, 540)
    assert 5_000 < len(picture) < 200_000


def test_the_same_data_give_the_same_file_and_other_data_another(experiment: Sample, survey: Sample) -> None:
    assert plot_distribution(experiment) == plot_distribution(experiment)
    assert plot_distribution(experiment) != plot_distribution(survey)


@pytest.mark.parametrize("name", ["costs in $ and \\$^{", "a_b^c"])
def test_a_columns_name_is_no_formula(nsw: NamedTable, name: str) -> None:
    table = NamedTable("nsw", nsw.frame.rename(columns={"re78": name}))

    assert plot_distribution(build_sample(table, None, Question("treat", name)))


def test_a_column_that_is_nearly_constant_has_a_plot(nsw: NamedTable) -> None:
    frame = nsw.frame.assign(rare=(nsw.frame.index == 3).astype(int))

    assert plot_distribution(build_sample(NamedTable("nsw", frame), None, Question("treat", "rare")))
