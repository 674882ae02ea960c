"""Batches: order, flips, shifts and cutout, image by image against slices and flips of the image itself."""

import pytest
import torch
from torch.nn import functional as F

from competition.data.batches import Augmentation, BatchLoader, EpochSampler, flips, reflected

COUNT, HEIGHT, WIDTH, CHANNELS = 23, 9, 7, 3
MEAN, STD = (0.4, 0.5, 0.6), (0.2, 0.25, 0.3)


@pytest.fixture
def images():
    return torch.randint(256, (COUNT, HEIGHT, WIDTH, CHANNELS), dtype=torch.uint8)


def normalized(images):
    mean, std = (torch.tensor(values)[:, None, None] for values in (MEAN, STD))
    return (images.permute(0, 3, 1, 2) / 255 - mean) / std


def epoch(images, number, augmentation=None, batch_size=5, shuffle=True, **options):
    """All images of an epoch by their index."""
    sampler = EpochSampler(len(images), batch_size, shuffle, seed=3, **options)
    sampler.set_epoch(number)
    loader = BatchLoader(images, torch.arange(len(images)), MEAN, STD, sampler, augmentation)
    batches = list(loader)
    assert len(batches) == len(loader)
    for batch in batches:
        torch.testing.assert_close(batch.labels, batch.index, rtol=0, atol=0)
    return {int(i): image for batch in batches for i, image in zip(batch.index, batch.images, strict=True)}


def test_without_augmentation_batches_are_the_normalised_images_in_order(images):
    found = epoch(images, 4, shuffle=False)
    assert list(found) == list(range(COUNT))
    torch.testing.assert_close(torch.stack(list(found.values())), normalized(images), rtol=1e-5, atol=1e-5)


def test_batches_are_channels_last_in_memory(images):
    loader = BatchLoader(images, torch.arange(COUNT), MEAN, STD, EpochSampler(COUNT, 5, shuffle=True))
    assert next(iter(loader)).images.is_contiguous(memory_format=torch.channels_last)


def test_each_epoch_has_an_order_of_its_own_and_keeps_it():
    sampler = EpochSampler(COUNT, 5, shuffle=True, seed=1)
    orders = []
    for number in (0, 1, 0):
        sampler.set_epoch(number)
        orders.append(torch.cat(list(sampler)).tolist())
    assert orders[0] == orders[2] != orders[1]
    assert len(set(orders[0])) == 20 == 5 * len(sampler)


def test_neighbouring_seeds_share_no_epoch():
    orders = set()
    for seed in range(3):
        sampler = EpochSampler(COUNT, 5, shuffle=True, seed=seed)
        for number in range(3):
            sampler.set_epoch(number)
            orders.add(tuple(torch.cat(list(sampler)).tolist()))
    assert len(orders) == 9


@pytest.mark.parametrize("shuffle", [True, False])
def test_processes_share_each_batch(shuffle):
    alone = list(EpochSampler(COUNT, 6, shuffle, seed=1))
    shared = zip(
        *(EpochSampler(COUNT, 6, shuffle, seed=1, rank=rank, world_size=2) for rank in (0, 1)), strict=True
    )
    for whole, parts in zip(alone, shared, strict=True):
        assert sorted(whole.tolist()) == sorted(torch.cat(parts).tolist())
        assert not set(parts[0].tolist()) & set(parts[1].tolist())


def test_alternating_flip_alternates(images):
    plain, flipped = normalized(images), normalized(images).flip(-1)
    mirrored = []
    for number in range(4):
        found = epoch(images, number, Augmentation("alternating"), batch_size=1)
        sides = [torch.allclose(found[i], flipped[i], rtol=1e-5, atol=1e-5) for i in range(COUNT)]
        assert all(
            side or torch.allclose(found[i], plain[i], rtol=1e-5, atol=1e-5) for i, side in enumerate(sides)
        )
        mirrored.append(sides)
    assert mirrored[0] == mirrored[2] != mirrored[1] == mirrored[3]
    assert all(one != other for one, other in zip(mirrored[0], mirrored[1], strict=True))
    assert 0 < sum(mirrored[0]) < COUNT


def test_random_flip_is_drawn_anew_and_fair():
    drawn = torch.stack([flips("random", 1000, 0, number) for number in range(8)])
    assert (drawn.double().mean(1) - 0.5).abs().max() < 0.08  # five standard deviations
    assert len({tuple(row.tolist()) for row in drawn}) == 8


def test_reflection_is_that_of_torch():
    row = torch.arange(7.0)
    expected = F.pad(row[None], (3, 3), mode="reflect")[0]
    torch.testing.assert_close(row[reflected(torch.arange(-3, 10), 7)], expected, rtol=0, atol=0)


def test_shifts_are_crops_of_the_reflected_image(images):
    reach = 2
    around = F.pad(normalized(images), (reach,) * 4, mode="reflect")
    found, seen = epoch(images, 1, Augmentation(translate=reach), batch_size=1), set()
    for i, image in found.items():
        crops = {
            (y, x): around[i, :, y : y + HEIGHT, x : x + WIDTH]
            for y in range(2 * reach + 1)
            for x in range(2 * reach + 1)
        }
        matches = [
            place for place, crop in crops.items() if torch.allclose(image, crop, rtol=1e-5, atol=1e-5)
        ]
        assert len(matches) == 1
        seen.update(matches)
    assert len(seen) > 10


def test_cutout_blanks_one_square_and_nothing_else(images):
    side, plain = 4, normalized(images)
    corners = set()
    for i, image in epoch(images, 0, Augmentation(cutout=side), batch_size=1).items():
        blank = (image == 0).all(0)
        rows, columns = blank.any(1).nonzero().flatten(), blank.any(0).nonzero().flatten()
        assert len(rows) == len(columns) == side
        assert blank.sum() == side**2
        torch.testing.assert_close(image[:, ~blank], plain[i][:, ~blank], rtol=1e-5, atol=1e-5)
        corners.add((int(rows[0]), int(columns[0])))
    assert len(corners) > 5


def test_what_happens_to_an_image_does_not_depend_on_batches_or_processes(images):
    varied = Augmentation("random", 2, 3)
    whole = epoch(images, 5, varied, batch_size=1)
    halves = epoch(images, 5, varied, batch_size=4, rank=0, world_size=2)
    for i, image in halves.items():
        torch.testing.assert_close(image, whole[i], rtol=0, atol=0)
