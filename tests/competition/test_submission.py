"""submission.csv: its columns, and what is checked before it is written."""

import pandas as pd
import pytest
import torch

from competition.errors import CompetitionError
from competition.submission import write_submission


def test_ids_from_one_and_categories(tmp_path):
    logits = torch.eye(10)[[3, 0, 9]]
    write_submission(tmp_path / "submission.csv", torch.arange(3), logits, 3)
    assert (tmp_path / "submission.csv").read_text() == "Id,Category\n1,3\n2,0\n3,9\n"
    assert pd.read_csv(tmp_path / "submission.csv").dtypes.tolist() == ["int64", "int64"]


@pytest.mark.parametrize("index", [[0, 1], [0, 2, 1], [0, 1, 1], [1, 2, 3], [0, 1, 2, 3]])
def test_predictions_that_are_not_about_all_images_in_order(tmp_path, index):
    path = tmp_path / "submission.csv"
    with pytest.raises(CompetitionError, match=f"{len(index)} predictions do not stand for the 3 images"):
        write_submission(path, torch.tensor(index), torch.zeros(len(index), 10), 3)
    assert not path.exists()


def test_logits_that_are_not_finite(tmp_path):
    with pytest.raises(CompetitionError, match="some logits are not finite"):
        write_submission(
            tmp_path / "submission.csv", torch.arange(2), torch.tensor([[0.0, 1.0], [0.0, torch.nan]]), 2
        )
