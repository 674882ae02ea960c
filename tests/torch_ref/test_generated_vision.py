"""Padding, interpolation, sampling and rearrangements that Hypothesis draws: sizes, sides, modes, scales."""

from hypothesis import assume, example, given
from hypothesis import strategies as st

from torch_ref.case import call, case, normal, uniform
from torch_ref.strategies import agree, axes_of, batches, memories, per_axis, shapes, wrongly

FLAGS = st.booleans()
AXES = st.integers(1, 3)
CHANNELS = st.integers(1, 3)
MODES = {
    1: ["nearest", "nearest-exact", "linear", "area"],
    3: ["nearest", "nearest-exact", "trilinear", "area"],
}
MODES[2] = ["nearest", "nearest-exact", "bilinear", "bicubic", "area"]


@st.composite
def paddings(draw):
    axes, kind = (
        draw(AXES),
        draw(st.sampled_from(["Circular", "Constant", "Reflection", "Replication", "Zero"])),
    )
    sides = st.integers(-1 if kind in ("Constant", "Zero", "Replication") else 0, 3)
    padding = draw(sides | st.tuples(*[sides] * (2 * axes)))
    sizes = draw(st.tuples(*[st.integers(1, 5)] * axes))
    value = (draw(st.floats(-2, 2)),) if kind == "Constant" else ()
    return case(f"{kind}Pad{axes}d", padding, *value).on(normal(*draw(batches()), *sizes, draw(CHANNELS)))


@given(paddings(), memories())
def test_padding(case, memory):
    agree(case, memory)


@st.composite
def constant_paddings(draw):
    shape = draw(shapes(1, 4))
    count = draw(st.integers(1, len(shape)) | wrongly(st.just(len(shape) + 1), 1))
    sides = draw(st.lists(st.integers(-2, 3), min_size=2 * count, max_size=2 * count).map(tuple))
    return call("pad", normal(*shape), sides, value=draw(st.none() | st.floats(-2, 2)))


@example(call("pad", normal(2), (-3, 3)), ("plain",))
@given(constant_paddings(), memories())
def test_constant_padding(case, memory):
    agree(case, memory)


@st.composite
def interpolations(draw):
    axes = draw(AXES)
    mode = draw(st.sampled_from(MODES[axes]))
    options = {"mode": mode}
    if mode.endswith(("linear", "cubic")):
        options["align_corners"] = draw(st.sampled_from([None, True, False]))
    if draw(FLAGS):
        options["size"] = draw(per_axis(axes, st.integers(1, 7) | wrongly(st.just(0), 1)))
    else:
        scale = st.sampled_from([0.5, 0.75, 1.0, 1.3, 2.0, 2.5])
        options["scale_factor"] = draw(per_axis(axes, scale))
        options["recompute_scale_factor"] = draw(st.sampled_from([None, True]))
    sizes = draw(st.tuples(*[st.integers(1, 5)] * axes))
    if axes != 2 and mode.startswith("nearest") and not options.get("recompute_scale_factor", True):
        # Where a scale leaves a size as it is, torch's gradient is that of a copy, but its output is none.
        scales = options["scale_factor"]
        scales = (scales,) * axes if isinstance(scales, float) else scales
        assume(all(int(n * scale) != n or scale == 1 for n, scale in zip(sizes, scales, strict=True)))
    size, scale = (
        given[-1] if isinstance(given, tuple) else given
        for given in (options.get("size"), options.get("scale_factor"))
    )
    width = min(sizes[-1], int(sizes[-1] * scale) if size is None else size)
    # Of images one pixel wide, torch's antialiased values are not those that its own gradient is of.
    if mode in ("bilinear", "bicubic") and not options["align_corners"] and width > 1:
        options["antialias"] = draw(FLAGS)
    return call("interpolate", normal(*draw(batches(unbatched=False)), *sizes, draw(CHANNELS)), **options)


@given(interpolations(), memories())
def test_interpolation(case, memory):
    agree(case, memory)


@st.composite
def samplings(draw):
    axes, batch = draw(st.integers(2, 3)), draw(batches(unbatched=False))
    sizes, out = (draw(st.tuples(*[st.integers(1, 4)] * axes)) for _ in range(2))
    return call(
        "grid_sample",
        normal(*batch, *sizes, draw(CHANNELS)),
        uniform(*batch, *out, axes + draw(wrongly(st.just(1), 0)), low=-1.7, high=1.7),
        draw(st.sampled_from(["bilinear", "nearest", "bicubic"][: 3 if axes == 2 else 2])),
        draw(st.sampled_from(["zeros", "border", "reflection"])),
        draw(FLAGS),
    )


@given(samplings(), memories())
def test_sampling(case, memory):
    agree(case, memory)


@st.composite
def grids(draw):
    axes, batch = draw(st.integers(2, 3)), draw(st.integers(1, 2))
    size = (batch, *draw(st.tuples(*[st.integers(1, 4)] * axes)), draw(CHANNELS))
    return call("affine_grid", normal(batch, axes, axes + 1), size, align_corners=draw(FLAGS))


@given(grids(), memories())
def test_affine_grid(case, memory):
    agree(case, memory)


@st.composite
def shuffles(draw):
    name = draw(st.sampled_from(["PixelShuffle", "PixelUnshuffle", "ChannelShuffle"]))
    factor, lead = draw(st.integers(1, 3)), draw(st.lists(st.integers(0, 2), max_size=2))
    rows, columns, channels = (draw(st.integers(1, 3)) for _ in range(3))
    more = draw(wrongly(st.just(1), 0))
    if name == "PixelUnshuffle":
        return case(name, factor).on(normal(*lead, rows * factor, columns * factor + more, channels))
    channels = channels * factor ** (2 if name == "PixelShuffle" else 1) + more
    lead = lead if name == "PixelShuffle" else [*lead[:1], 2][:1]
    return case(name, factor).on(normal(*lead, rows, columns, channels))


@given(shuffles(), memories())
def test_shuffle(case, memory):
    agree(case, memory)


@st.composite
def foldings_of_axes(draw):
    shape = draw(shapes(1, 4))
    if draw(FLAGS):
        return case("Flatten", draw(axes_of(shape)), draw(axes_of(shape))).on(normal(*shape))
    place = draw(axes_of(shape))
    parts = draw(st.lists(st.integers(1, 3), min_size=1, max_size=3).map(tuple))
    size = 1
    for part in parts:
        size *= part
    place_ = place % len(shape)
    wide = (*shape[:place_], size + draw(wrongly(st.just(1), 0)), *shape[place_ + 1 :])
    return case("Unflatten", place, parts).on(normal(*wide))


@given(foldings_of_axes(), memories())
def test_flatten_and_unflatten(case, memory):
    agree(case, memory)
