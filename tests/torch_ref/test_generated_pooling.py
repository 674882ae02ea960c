"""Pooling, unpooling and windows that Hypothesis draws: kernels, strides, dilations, padding, ceil_mode."""

from dataclasses import replace

import numpy as np
from hypothesis import assume, example, given
from hypothesis import strategies as st

from torch_ref.case import call, case, literal, normal, places, uniform
from torch_ref.strategies import agree, batches, memories, per_axis, wrongly

AXES = st.integers(1, 3)
CHANNELS = st.integers(1, 3)


@st.composite
def windows(draw, axes, dilated=False):
    """The options of windows, and sizes in which, for the most part, they lie."""
    kernel = draw(st.tuples(*[st.integers(1, 3)] * axes))
    dilation = draw(st.tuples(*[st.integers(1, 2)] * axes)) if dilated else (1,) * axes
    sizes = tuple(
        max(1, d * (k - 1) + draw(st.integers(1, 5)) + draw(wrongly(st.just(-2), 0)))
        for k, d in zip(kernel, dilation, strict=True)
    )
    options = {
        "stride": draw(st.none() | per_axis(axes)),
        "padding": tuple(draw(st.integers(0, k // 2) | wrongly(st.just(2), 0)) for k in kernel),
        "ceil_mode": draw(st.booleans()),
    }
    return kernel, {**options, "dilation": dilation} if dilated else options, sizes


@st.composite
def max_pools(draw):
    axes = draw(AXES)
    kernel, options, sizes = draw(windows(axes, dilated=True))
    # Where two elements of a window can lie on either side of the input, torch's gradient goes out of bounds.
    assume(all(size >= step for size, step in zip(sizes, options["dilation"], strict=True)))
    layer = case(f"MaxPool{axes}d", kernel, return_indices=draw(st.booleans()), **options)
    return layer.on(normal(*draw(batches()), *sizes, draw(CHANNELS)))


@example(case("MaxPool3d", (1, 3, 1), padding=(0, 2, 0), dilation=2).on(normal(2, 4, 5, 6, 1)), ("plain",))
@given(max_pools(), memories())
def test_max(case, memory):
    agree(case, memory)


@st.composite
def tied_pools(draw):
    """Few values, so that many windows have their largest more than once, and nan."""
    values = draw(st.lists(st.sampled_from([0.0, 1.0, 2.0, -np.inf, np.nan]), min_size=9, max_size=9))
    layer = case("MaxPool1d", draw(st.integers(1, 4)), draw(st.integers(1, 3)), return_indices=True)
    return layer.on(literal([[[value] for value in values]]))


@given(tied_pools(), memories())
def test_max_of_ties(case, memory):
    agree(case, memory)


@st.composite
def average_pools(draw):
    axes = draw(AXES)
    kernel, options, sizes = draw(windows(axes))
    if axes > 1:
        options["divisor_override"] = draw(st.none() | st.integers(1, 5) | wrongly(st.just(0), None))
    layer = case(f"AvgPool{axes}d", kernel, count_include_pad=draw(st.booleans()), **options)
    return layer.on(normal(*draw(batches()), *sizes, draw(CHANNELS)))


@given(average_pools(), memories())
def test_average(case, memory):
    agree(case, memory)


@st.composite
def power_pools(draw):
    axes = draw(AXES)
    kernel, options, sizes = draw(windows(axes))
    p = draw(st.sampled_from([1, 2, 3, 1.5, 2.5, np.inf]))
    del options["padding"]
    # Over one axis torch wants plain numbers.
    window = kernel if axes > 1 else kernel[0]
    stride = options["stride"][0] if axes == 1 and isinstance(options["stride"], tuple) else options["stride"]
    layer = case(f"LPPool{axes}d", p, window, **{**options, "stride": stride})
    return layer.on(uniform(*draw(batches()), *sizes, draw(CHANNELS), low=0.1))


@given(power_pools(), memories())
def test_power_average(case, memory):
    agree(case, memory)


@st.composite
def adaptive_pools(draw):
    axes, kind = draw(AXES), draw(st.sampled_from(["Max", "Avg"]))
    size = st.integers(1, 5) | wrongly(st.just(0), 1)
    wanted = draw(size) if axes == 1 else draw(per_axis(axes, st.none() | size))
    options = {"return_indices": draw(st.booleans())} if kind == "Max" else {}
    sizes = draw(st.tuples(*[st.integers(1, 7)] * axes))
    layer = case(f"Adaptive{kind}Pool{axes}d", wanted, **options)
    return layer.on(normal(*draw(batches()), *sizes, draw(CHANNELS)))


@given(adaptive_pools(), memories())
def test_adaptive(case, memory):
    agree(case, memory)


@st.composite
def fractional_pools(draw):
    axes, channels = draw(st.integers(2, 3)), draw(CHANNELS)
    kernel = draw(st.tuples(*[st.integers(1, 3)] * axes))
    sizes = tuple(k + draw(st.integers(1, 5)) for k in kernel)
    batch = draw(batches())
    if draw(st.booleans()):
        room = [size - k + 1 for size, k in zip(sizes, kernel, strict=True)]
        options = {"output_size": tuple(draw(st.integers(1, most)) for most in room)}
    else:
        options = {"output_ratio": tuple(draw(st.sampled_from([0.3, 0.5, 0.75])) for _ in kernel)}
    if draw(st.booleans()):
        options["_random_samples"] = uniform(*(batch or (1,)), channels, axes)
    layer = case(f"FractionalMaxPool{axes}d", kernel, return_indices=draw(st.booleans()), **options)
    return layer.on(normal(*batch, *sizes, channels))


@given(fractional_pools(), memories())
def test_fractional(case, memory):
    agree(case, memory)


@st.composite
def unpools(draw):
    axes, channels, batch = draw(AXES), draw(CHANNELS), draw(batches())
    kernel = draw(st.tuples(*[st.integers(1, 3)] * axes))
    stride = draw(st.tuples(*[st.integers(1, 3)] * axes))
    pooled = draw(st.tuples(*[st.integers(1, 4)] * axes))
    sizes = tuple((n - 1) * s + k for n, s, k in zip(pooled, stride, kernel, strict=True))
    # Room for places of which no two are equal: where they are, the last one stays, in no order that is told.
    volume = max(int(np.prod(sizes)), int(np.prod(pooled)))
    rows = batch or (1,)
    index = places(volume, *rows, *pooled, channels)
    index = index if batch else replace(index, values=lambda random, drawn=index.values: drawn(random)[0])
    more = draw(st.tuples(*[st.integers(-1, 1)] * axes))
    wanted = tuple(size + extra for size, extra in zip(sizes, more, strict=True))
    inputs = (normal(*batch, *pooled, channels), index)
    layer = case(f"MaxUnpool{axes}d", kernel, stride)
    return layer.on(*inputs, *draw(st.sampled_from([(), (wanted,)])))


@given(unpools(), memories())
def test_unpool(case, memory):
    agree(case, memory)


@st.composite
def unfolds(draw):
    kernel, options, sizes = draw(windows(2, dilated=True))
    del options["ceil_mode"]
    options["stride"] = options["stride"] or 1
    folding = draw(st.booleans())
    if not folding:
        return case("Unfold", kernel, **options).on(normal(*draw(batches()), *sizes, draw(CHANNELS)))
    stride = (options["stride"],) * 2 if isinstance(options["stride"], int) else options["stride"]
    counts = [
        max(0, (size + 2 * p - d * (k - 1) - 1) // s + 1)
        for size, p, d, k, s in zip(
            sizes, options["padding"], options["dilation"], kernel, stride, strict=True
        )
    ]
    blocks = int(np.prod(counts)) + draw(wrongly(st.just(1), 0))
    features = draw(CHANNELS) * int(np.prod(kernel)) + draw(wrongly(st.just(1), 0))
    return case("Fold", sizes, kernel, **options).on(normal(*draw(batches()), blocks, features))


@given(unfolds(), memories())
def test_unfold_and_fold(case, memory):
    agree(case, memory)


@st.composite
def pool_functions(draw):
    """What the functions take and the layers do not: a kernel of one number in a tuple, and no stride."""
    axes = draw(AXES)
    name = draw(st.sampled_from(["max_pool", "avg_pool"]))
    kernel = draw(st.sampled_from([2, (2,), (2,) * axes]) | wrongly(st.just((2,) * (axes + 1)), 2))
    sizes = draw(st.tuples(*[st.integers(2, 6)] * axes))
    return call(f"{name}{axes}d", normal(*draw(batches()), *sizes, draw(CHANNELS)), kernel)


@given(pool_functions(), memories())
def test_functions(case, memory):
    agree(case, memory)
