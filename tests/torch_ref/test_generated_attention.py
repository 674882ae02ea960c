"""Attention and transformers that Hypothesis draws: heads, masks of any kind, sizes of keys and values."""

from hypothesis import example, given
from hypothesis import strategies as st

from torch_ref.case import Draw, call, case, normal
from torch_ref.strategies import agree, memories, wrongly

FLAGS = st.booleans()
SIZE = st.integers(1, 3)


def hidden(*shape):
    """A mask that is true where nothing is to be seen, never for all: of that torch makes nan."""
    return Draw(f"hidden{shape}", lambda random: random.random(shape) < [False, *[0.5] * (shape[-1] - 1)])


def seen(*shape):
    """The same the other way round."""
    return Draw(f"seen{shape}", lambda random: random.random(shape) >= [0.0, *[0.5] * (shape[-1] - 1)])


def masks(*shape, boolean=hidden):
    """No mask, one that hides, or one that is added to the scores."""
    return st.sampled_from([None, boolean(*shape), normal(*shape)])


@st.composite
def products(draw):
    """Scaled dot products, in which heads have keys and values of their own, or share them in groups."""
    heads, keys_for = draw(st.integers(1, 2)), draw(st.integers(1, 2))
    queries, keys, features, out = (draw(st.integers(1, 4)) for _ in range(4))
    lead = draw(st.sampled_from([(), (2,), (2, 1)]))
    grouped = draw(FLAGS)
    q = normal(*lead, heads * keys_for if grouped else heads, queries, features)
    k = normal(*lead, heads, keys, features + draw(wrongly(st.just(1), 0)))
    v = normal(*lead, heads, keys, out)
    causal = draw(FLAGS)
    return call(
        "scaled_dot_product_attention",
        *(q, k, v),
        attn_mask=None if causal else draw(masks(queries, keys, boolean=seen)),
        is_causal=causal,
        scale=draw(st.sampled_from([None, 0.7])),
        enable_gqa=grouped,
    )


@given(products(), memories())
def test_products(case, memory):
    agree(case, memory)


@st.composite
def attentions(draw):
    heads, each, queries, keys = draw(st.integers(1, 2)), draw(SIZE), draw(SIZE), draw(SIZE)
    width, first, batch = heads * each, draw(FLAGS), draw(st.sampled_from([(), (1,), (2,)]))
    own = {"kdim": draw(SIZE), "vdim": draw(SIZE)} if draw(FLAGS) else {}
    layer = case(
        "MultiheadAttention",
        *(width, heads),
        bias=draw(FLAGS),
        add_bias_kv=draw(FLAGS),
        add_zero_attn=draw(FLAGS),
        batch_first=first,
        **own,
    )

    def sequence(steps, features):
        return normal(*((*batch, steps) if first else (steps, *batch)), features)

    rows = batch[0] if batch else 1
    return layer.on(
        sequence(queries, width),
        sequence(keys, own.get("kdim", width)),
        sequence(keys, own.get("vdim", width) + draw(wrongly(st.just(1), 0))),
        draw(st.sampled_from([None, hidden(*batch, keys)])),
        draw(FLAGS),
        draw(masks(queries, keys) | masks(rows * heads, queries, keys)),
        draw(FLAGS),
    )


@example(case("MultiheadAttention", 2, 1).on(normal(3, 2), normal(3, 2), normal(3, 4)), ("plain",))
@example(case("MultiheadAttention", 2, 1, vdim=3).on(normal(3, 2), normal(3, 2), normal(3, 4)), ("plain",))
@given(attentions(), memories())
def test_attention(case, memory):
    agree(case, memory)


@st.composite
def coders(draw):
    heads, each = draw(st.integers(1, 2)), draw(SIZE)
    width, batch, first = heads * each, draw(st.sampled_from([(), (2,)])), draw(FLAGS)
    targets, memories = draw(SIZE), draw(SIZE)
    options = {
        "dim_feedforward": draw(st.integers(1, 4)),
        "dropout": 0.0,
        "activation": draw(st.sampled_from(["relu", "gelu"])),
        "batch_first": first,
        "norm_first": draw(FLAGS),
        "bias": draw(FLAGS),
    }

    def sequence(steps):
        return normal(*((*batch, steps) if first else (steps, *batch)), width)

    kind = draw(st.sampled_from(["Encoder", "Decoder"]))
    layer = case(f"Transformer{kind}Layer", width, heads, **options)
    if draw(FLAGS):
        more = {"enable_nested_tensor": False} if kind == "Encoder" else {}
        layer = case(f"Transformer{kind}", layer, draw(st.integers(1, 2)), **more)
    own = draw(masks(targets, targets))
    if kind == "Encoder":
        layer = layer.on(sequence(targets), own, draw(st.sampled_from([None, hidden(*batch, targets)])))
    else:
        layer = layer.on(sequence(targets), sequence(memories), own, draw(masks(targets, memories)))
    return layer if draw(FLAGS) else layer.eval()


@given(coders(), memories())
def test_transformer(case, memory):
    agree(case, memory)
