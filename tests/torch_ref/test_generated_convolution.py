"""Convolutions that Hypothesis draws: kernels of any shape, strides, dilations, groups, all padding."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from torch_ref.case import call, case, filled, normal
from torch_ref.strategies import agree, batches, memories, per_axis, wrongly

MODES = ["zeros", "zeros", "reflect", "replicate", "circular"]


@st.composite
def kernels(draw):
    """The number of axes, channels in and out, groups, kernel, dilation, and sizes that it fits in."""
    axes = draw(st.integers(1, 3))
    groups = draw(st.sampled_from([1, 1, 2, 3]))
    channels, out = (groups * draw(st.integers(1, 2)) + draw(wrongly(st.just(1), 0)) for _ in range(2))
    kernel = draw(st.tuples(*[st.integers(1, 4 if axes < 3 else 3)] * axes))
    dilation = draw(st.tuples(*[st.integers(1, 3 if axes < 3 else 2)] * axes))
    sizes = tuple(
        max(1, d * (k - 1) + draw(st.integers(1, 4)) + draw(wrongly(st.just(-2), 0)))
        for k, d in zip(kernel, dilation, strict=True)
    )
    return axes, channels, out, groups, kernel, dilation, sizes


@st.composite
def layers(draw):
    axes, channels, out, groups, kernel, dilation, sizes = draw(kernels())
    padding = draw(per_axis(axes, st.integers(0, 3)) | st.sampled_from(["same", "valid"]))
    stride = draw(wrongly(per_axis(axes, st.integers(0, 3)), 1) if padding == "same" else per_axis(axes))
    layer = case(
        f"Conv{axes}d",
        channels,
        out,
        kernel,
        stride=stride,
        padding=padding,
        dilation=dilation,
        groups=groups,
        bias=draw(st.booleans()),
        padding_mode=draw(st.sampled_from(MODES)),
    )
    return layer.on(normal(*draw(batches()), *sizes, channels + draw(wrongly(st.just(1), 0))))


@given(layers(), memories())
def test_layer(case, memory):
    agree(case, memory)


@st.composite
def transposed_layers(draw):
    axes, channels, out, groups, kernel, dilation, _ = draw(kernels())
    stride = draw(st.tuples(*[st.integers(1, 3)] * axes))
    room = max(*stride, *dilation)
    layer = case(
        f"ConvTranspose{axes}d",
        channels,
        out,
        kernel,
        stride=stride,
        padding=draw(per_axis(axes, st.integers(0, 2))),
        output_padding=draw(per_axis(axes, st.integers(0, room - 1)) | wrongly(st.just(room), 0)),
        dilation=dilation,
        groups=groups,
        bias=draw(st.booleans()),
    )
    sizes = draw(st.tuples(*[st.integers(1, 5)] * axes))
    return layer.on(normal(*draw(batches()), *sizes, channels))


@given(transposed_layers(), memories())
def test_transposed_layer(case, memory):
    agree(case, memory)


@st.composite
def sizes_asked_for(draw):
    """A transposed layer and a size that one output_padding or another gives, or none does."""
    layer = draw(transposed_layers())
    x = filled(layer.inputs[0], 0, np.float64)
    options = layer.kwargs
    spatial = x.shape[-1 - len(options["stride"]) : -1]
    size = tuple(
        (n - 1) * s + d * (k - 1) + 1 + draw(st.integers(0, s - 1)) + draw(wrongly(st.integers(-s, s), 0))
        for n, s, d, k in zip(spatial, options["stride"], options["dilation"], layer.args[2], strict=True)
    )
    if draw(st.booleans()):
        size = (*x.shape[: -1 - len(spatial)], *size, layer.args[1])
    return replace(layer, kwargs={**options, "padding": 0}).on(layer.inputs[0], size)


@given(sizes_asked_for())
def test_output_size_of_transposed_layer(case):
    agree(case)


@st.composite
def functions(draw):
    axes, channels, out, groups, kernel, dilation, sizes = draw(kernels())
    transposed = draw(st.booleans())
    weight = (channels, out // groups) if transposed else (channels // groups, out)
    return call(
        f"conv_transpose{axes}d" if transposed else f"conv{axes}d",
        normal(*draw(batches()), *sizes, channels),
        normal(*kernel, *weight),
        draw(st.sampled_from([None, normal(out), normal(out), wrong(out)])),
        stride=draw(per_axis(axes)),
        padding=draw(per_axis(axes, st.integers(0, 2))),
        dilation=dilation,
        groups=groups,
    )


def wrong(out):
    """A bias that has one number too many."""
    return normal(out + 1)


@given(functions(), memories())
def test_function(case, memory):
    agree(case, memory)
