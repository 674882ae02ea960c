"""Published files: fetched by torchvision, checked by hash."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from urllib.error import URLError

from torchvision.datasets import VisionDataset

from competition.errors import CompetitionError


def ensure_files(dataset: type[VisionDataset], root: Path, files: Mapping[str, str]) -> None:
    """Downloads a data set unless it is there, and checks every file of it.

    Args:
        dataset: the torchvision class that knows where to get it.
        root: the folder of the data sets.
        files: path below root -> MD5 of what was published.

    Raises:
        CompetitionError: a file is missing and cannot be downloaded, or is not what was published.
    """
    if not all((root / file).is_file() for file in files):
        name = dataset.__name__
        command = f"python -c \"import torchvision; torchvision.datasets.{name}('{root}', download=True)\""
        try:
            dataset(str(root), download=True)
        except (URLError, OSError, RuntimeError) as error:
            raise CompetitionError(
                f"{name} is not in {root} and could not be downloaded ({error}). Where there is a"
                f" network, this gets it: {command}. Then copy {root}, or say --data.root. Without any data:"
                " -c competition/configs/offline.yaml"
            ) from error
    for file, published in files.items():
        found = hashlib.md5((root / file).read_bytes()).hexdigest()
        if found != published:
            raise CompetitionError(
                f"{root / file} is damaged: its MD5 is {found}, but {published} was published."
                " Delete it and run the command again, and it is downloaded"
            )
