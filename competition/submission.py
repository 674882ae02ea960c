"""The file that Kaggle takes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from torch import Tensor

from competition.errors import CompetitionError
from npnn.serialization import open_atomically


def write_submission(path: Path, index: Tensor, logits: Tensor, images: int) -> pd.DataFrame:
    """Writes the columns Id, from 1, and Category, after checking that they are about all images in order.

    Args:
        path: the CSV file.
        index: the number of the image that each row of logits is about, (N,).
        logits: (N, classes).
        images: how many images there are to classify.

    Returns:
        The table.

    Raises:
        CompetitionError: an image is missing, stands twice or is out of place, or logits are not finite.
    """
    if index.tolist() != list(range(images)):
        raise CompetitionError(
            f"{len(index)} predictions do not stand for the {images} images in their order: no {path.name} is"
            " written"
        )
    if not logits.isfinite().all():
        raise CompetitionError(f"some logits are not finite: no {path.name} is written")
    table = pd.DataFrame({"Id": range(1, images + 1), "Category": logits.argmax(1).numpy()})
    if not table["Category"].between(0, logits.shape[1] - 1).all():
        raise CompetitionError(
            f"a category is not one of 0 to {logits.shape[1] - 1}: no {path.name} is written"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    with open_atomically(path) as stream:
        table.to_csv(stream, index=False)
    return table
