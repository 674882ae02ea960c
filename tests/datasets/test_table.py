"""read_table: where columns are found, and what each bad file is told."""

import numpy as np
import pytest

from npnn.datasets import DataError, read_table

COLUMNS = ("petal_length", "petal_width")


def write(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "flowers.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    "text",
    [
        "petal_length,petal_width\n1.4,0.2\n4.7,1.5\n",
        "petal_width,species,petal_length\n0.2,setosa,1.4\n1.5,versicolor,4.7\n",
        "Petal.Length,Petal.Width\n1.4,0.2\n4.7,1.5\n",
        "petal length (cm),petal width (cm)\n1.4,0.2\n4.7,1.5\n",
        "PetalLengthCm,PetalWidthCm\n1.4,0.2\n4.7,1.5\n",
        "1.4,0.2\n4.7,1.5\n",
        "1.4,0.2\n4.7,1.5",
        "\n 1.4 , 0.2 \n\n4.7,1.5\n , \n",
        '"petal_length","petal_width"\r\n"1.4","0.2"\r\n4.7,15e-1\r\n',
        "\ufeffpetal_length,petal_width\n1.4,0.2\n4.7,1.5\n",
    ],
)
def test_finds_the_columns(tmp_path, text):
    table = read_table(write(tmp_path, text), COLUMNS)
    np.testing.assert_array_equal(table.numbers(COLUMNS), [[1.4, 0.2], [4.7, 1.5]])


def test_columns_come_in_the_order_asked_for(tmp_path):
    table = read_table(write(tmp_path, "petal_length,petal_width\n1,2\n"), ("petal_width", "petal_length"))
    assert table.rows == [["2", "1"]]
    assert table.texts("petal_length") == ["1"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty, expected the columns petal_length, petal_width"),
        ("\n\n", "is empty"),
        ("petal_length,petal_width\n", "has a header but no rows"),
        (
            "petal_length,width\n1,2\n",
            r"lacks the column petal_width: expected petal_length, petal_width .* petal_length,width",
        ),
        ("a,b\n1,2\n", "lacks the columns petal_length, petal_width"),
        ("petal_length,petal_width,PetalWidthCm\n1,2,3\n", "more than one column petal_width"),
        (
            "1.4,0.2,setosa\n",
            r"row 1 \(line 1\) has 3 columns, expected 2 without a header: petal_length, petal_width",
        ),
        ("1.4\n", "row 1 .line 1. has 1 columns, expected 2"),
        ("petal_length,petal_width\n1,2\n\n1,2,3\n", r"row 2 \(line 4\) has 3 columns, but the header has 2"),
        ('petal_length,petal_width\n"1,2\n', "is no CSV text in UTF-8"),
    ],
)
def test_refuses_files_of_another_shape(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        read_table(write(tmp_path, text), COLUMNS)


def test_refuses_what_is_no_text(tmp_path):
    path = tmp_path / "flowers.csv"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe\x00")
    with pytest.raises(DataError, match="is no CSV text in UTF-8"):
        read_table(path, COLUMNS)


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        ("", "the cell is empty, expected a number"),
        ("  ", "the cell is empty, expected a number"),
        ("NaN", "'NaN' is no finite number"),
        ("-inf", "'-inf' is no finite number"),
        ("1e999", "'1e999' is no finite number"),
        ("abc", "'abc' is no number"),
        ("1_000", "'1_000' is no number"),
        ("1;2", "'1;2' is no number"),
    ],
)
@pytest.mark.parametrize("header", ["petal_length,petal_width\n", ""])
def test_names_row_and_column_of_a_bad_cell(tmp_path, header, cell, problem):
    line = 3 if header else 2
    path = write(tmp_path, f"{header}1.4,0.2\n4.7,{cell}\n")
    table = read_table(path, COLUMNS)
    with pytest.raises(DataError) as caught:
        table.numbers(COLUMNS)
    assert str(caught.value) == f"{path}: row 2 (line {line}), column petal_width: {problem}"


def test_a_missing_file_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_table(tmp_path / "none.csv", COLUMNS)
