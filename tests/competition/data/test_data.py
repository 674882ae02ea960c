"""The data modules: the published files, the split, what is refused."""

import pytest
import torch

from competition.data import CIFAR10, FashionMNIST, GeneratedImages, download
from competition.errors import CompetitionError

DATA = [(CIFAR10, 50_000), (FashionMNIST, 60_000)]


@pytest.mark.parametrize(("module", "count"), DATA)
def test_published_files(module, count, data_root, trainer):
    data = module(root=str(data_root), validation=5000)
    data.trainer = trainer
    data.prepare_data()  # checks every hash
    data.setup("fit")
    data.setup("test")
    sizes = {part: len(images) for part, (images, _) in data.parts.items()}
    assert sizes == {"train": count - 5000, "validation": 5000, "test": 10_000}
    assert torch.bincount(data.parts["test"][1]).tolist() == [1000] * 10
    labels = torch.cat([data.parts["train"][1], data.parts["validation"][1]])
    assert torch.bincount(labels).tolist() == [count // 10] * 10
    images = torch.cat([data.parts["train"][0], data.parts["validation"][0]])
    assert images.shape == (count, *data.shape)
    for channel in range(data.shape[-1]):
        values = images[..., channel].double() / 255
        assert abs(values.mean() - data.mean[channel]) < 1e-4
        assert abs(values.std() - data.std[channel]) < 1e-4


def test_validation_images_are_set_aside_the_same_for_every_seed():
    parts = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        data = GeneratedImages(train_size=60, test_size=20, validation=15)
        data.setup("fit")
        parts.append(data.parts)
    for part in ("train", "validation"):
        torch.testing.assert_close(parts[0][part], parts[1][part], rtol=0, atol=0)
    whole, _ = data.read(train=True)
    together = torch.cat([data.parts["train"][0], data.parts["validation"][0]])
    assert {image.numpy().tobytes() for image in whole} == {image.numpy().tobytes() for image in together}


def test_without_validation_images_all_are_trained_on_and_the_curve_shows_the_test():
    data = GeneratedImages(train_size=60, test_size=20, validation=0)
    data.setup("fit")
    data.setup("test")
    assert len(data.parts["train"][0]) == 60
    torch.testing.assert_close(data.parts["validation"], data.parts["test"], rtol=0, atol=0)


def test_generated_images_are_the_same_everywhere():
    one, other = (GeneratedImages(train_size=30).read(train=True) for _ in range(2))
    torch.testing.assert_close(one, other, rtol=0, atol=0)
    train, _ = one
    test, _ = GeneratedImages(test_size=30).read(train=False)
    assert not torch.equal(train, test)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"validation": 60}, "data.validation is 60, but must leave some of the 60 training images"),
        ({"validation": 10, "batch_size": 51}, "data.batch_size is 51, but there are 50 training images"),
    ],
)
def test_refused(options, message, trainer):
    data = GeneratedImages(train_size=60, test_size=20, **options)
    data.trainer = trainer

    def prepare():
        data.setup("fit")
        data.train_dataloader()

    with pytest.raises(CompetitionError, match=message):
        prepare()


class Unreachable:
    """A torchvision data set without a network."""

    def __init__(self, root, download):
        raise OSError("Name or service not known")


def test_missing_files_say_which_command_gets_them(tmp_path):
    with pytest.raises(
        CompetitionError, match=r"Unreachable is not in .*not known.*download=True.*offline.yaml"
    ):
        download.ensure_files(Unreachable, tmp_path, {"a": "0"})


def test_damaged_file_is_named(tmp_path):
    (tmp_path / "a").write_bytes(b"1")
    with pytest.raises(
        CompetitionError, match="a is damaged: its MD5 is c4ca4238a0b923820dcc509a6f75849b, but 0 was"
    ):
        download.ensure_files(Unreachable, tmp_path, {"a": "0"})
