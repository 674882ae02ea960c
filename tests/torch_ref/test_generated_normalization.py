"""Normalisation that Hypothesis draws: shapes, groups, statistics that are kept or not, both modes."""

from hypothesis import given
from hypothesis import strategies as st

from torch_ref.case import call, case, normal
from torch_ref.strategies import agree, batches, memories, shapes, wrongly

SIZES = st.integers(0, 3).flatmap(lambda axes: st.tuples(*[st.integers(1, 4)] * axes))
EPS = st.sampled_from([1e-5, 1e-3, 0.5])


def in_mode(draw, case):
    return case if draw(st.booleans()) else case.eval()


@st.composite
def batch_norms(draw):
    sizes, channels = draw(SIZES), draw(st.integers(1, 4))
    axes = draw(st.just(max(len(sizes), 1)) | wrongly(st.integers(1, 3), 1))
    # Without parameters torch takes any number of channels.
    affine = draw(st.booleans())
    layer = case(
        draw(st.sampled_from([f"BatchNorm{axes}d", "SyncBatchNorm"])),
        channels + (affine and draw(wrongly(st.just(1), 0))),
        eps=draw(EPS),
        momentum=draw(st.sampled_from([0.1, 0.7, 0.0, 1.0, None])),
        affine=affine,
        track_running_stats=draw(st.booleans()),
    )
    return in_mode(draw, layer.on(normal(*draw(batches(unbatched=False)), *sizes, channels)))


@given(batch_norms(), memories())
def test_batch(case, memory):
    agree(case, memory)


@st.composite
def instance_norms(draw):
    axes, channels = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    affine = draw(st.booleans())
    layer = case(
        f"InstanceNorm{axes}d",
        channels + (affine and draw(wrongly(st.just(1), 0))),
        eps=draw(EPS),
        momentum=draw(st.sampled_from([0.1, 0.7, None])),
        affine=affine,
        track_running_stats=draw(st.booleans()),
    )
    sizes = draw(st.tuples(*[st.integers(1, 4)] * axes))
    return in_mode(draw, layer.on(normal(*draw(batches()), *sizes, channels)))


@given(instance_norms(), memories())
def test_instance(case, memory):
    agree(case, memory)


@st.composite
def group_norms(draw):
    groups = draw(st.integers(1, 3))
    channels = groups * draw(st.integers(1, 3))
    layer = case("GroupNorm", groups + draw(wrongly(st.just(1), 0)), channels, draw(EPS), draw(st.booleans()))
    return layer.on(normal(*draw(batches(unbatched=False)), *draw(SIZES), channels))


@given(group_norms(), memories())
def test_group(case, memory):
    agree(case, memory)


@st.composite
def layer_norms(draw):
    shape = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple))
    lead = draw(shapes(most=2))
    options = (
        {"bias": draw(st.booleans())} if (kind := draw(st.sampled_from(["Layer", "RMS"]))) == "Layer" else {}
    )
    layer = case(
        f"{kind}Norm",
        shape[0] if len(shape) == 1 and draw(st.booleans()) else shape,
        eps=draw(EPS),
        elementwise_affine=draw(st.booleans()),
        **options,
    )
    return layer.on(normal(*lead, *shape[:-1], shape[-1] + draw(wrongly(st.just(1), 0))))


@given(layer_norms(), memories())
def test_layer(case, memory):
    agree(case, memory)


@st.composite
def response_norms(draw):
    kind = draw(st.sampled_from(["LocalResponseNorm", "CrossMapLRN2d"]))
    sizes = draw(SIZES if kind == "LocalResponseNorm" else st.tuples(*[st.integers(1, 4)] * 2))
    layer = case(
        kind,
        draw(st.integers(1, 6) | wrongly(st.just(0), 1)),
        alpha=draw(st.sampled_from([1e-4, 0.5, 2.0])),
        beta=draw(st.sampled_from([0.75, 1.0, 2.5])),
        k=draw(st.sampled_from([1.0, 0.3, 2.0])),
    )
    return layer.on(normal(*draw(batches(unbatched=False)), *sizes, draw(st.integers(1, 6))))


@given(response_norms(), memories())
def test_response(case, memory):
    agree(case, memory)


@st.composite
def norm_functions(draw):
    """Statistics, weights and biases as tensors, each there or not."""
    sizes, channels = draw(SIZES), draw(st.integers(1, 4))
    batch = draw(batches(unbatched=False))
    x = normal(*batch, *sizes, channels)

    def perhaps(array):
        return draw(st.sampled_from([None, array, array]))

    weight, bias = perhaps(normal(channels)), perhaps(normal(channels + draw(wrongly(st.just(1), 0))))
    if draw(st.booleans()):
        return call("group_norm", x, channels, weight, bias, draw(EPS))
    if draw(st.booleans()):
        name = draw(st.sampled_from(["layer_norm", "rms_norm"]))
        return call(name, x, (channels,), weight, *([bias] if name == "layer_norm" else []), eps=draw(EPS))
    # Statistics would be leaves, by which torch does not differentiate.
    return call("batch_norm", x, None, None, weight, bias, training=True, eps=draw(EPS))


@given(norm_functions(), memories())
def test_functions(case, memory):
    agree(case, memory)


@st.composite
def normalizes(draw):
    shape = draw(shapes(1, 3))
    p = draw(st.sampled_from([2.0, 1.0, 3.5, 0.5, 0.0]))
    return call("normalize", normal(*shape), p, draw(st.integers(-len(shape), len(shape))), draw(EPS))


@given(normalizes(), memories())
def test_normalize(case, memory):
    agree(case, memory)
