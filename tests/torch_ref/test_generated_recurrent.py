"""Recurrent layers and cells that Hypothesis draws: directions, projections, states, packed sequences."""

from hypothesis import given
from hypothesis import strategies as st

from torch_ref.case import case, normal, packed
from torch_ref.strategies import agree, memories, wrongly

FLAGS = st.booleans()
SIZE = st.integers(1, 3)


@st.composite
def layers(draw):
    """A layer without dropout, which would draw in the order of memory, and the shape of its states."""
    name = draw(st.sampled_from(["RNN", "LSTM", "GRU"]))
    features, hidden, count, both = draw(SIZE), draw(SIZE), draw(st.integers(1, 3)), draw(FLAGS)
    options = {"num_layers": count, "bidirectional": both, "bias": draw(FLAGS), "batch_first": draw(FLAGS)}
    if name == "RNN":
        options["nonlinearity"] = draw(st.sampled_from(["tanh", "relu"]))
    out = hidden
    if name == "LSTM" and hidden > 1 and draw(FLAGS):
        out = options["proj_size"] = draw(st.integers(1, hidden - 1) | wrongly(st.just(hidden), 1))
    return case(name, features, hidden, **options), features, (count * (1 + both), out, hidden)


def states(draw, name, shape, rows):
    """None, or the states to begin with, once in a while for one sequence too many."""
    count, out, hidden = shape
    if draw(FLAGS):
        return ()
    rows = tuple(row + draw(wrongly(st.just(1), 0)) for row in rows)
    first = normal(count, *rows, out)
    return ((first, normal(count, *rows, hidden)),) if name == "LSTM" else (first,)


@st.composite
def of_sequences(draw):
    layer, features, shape = draw(layers())
    rows = draw(st.sampled_from([(), (1,), (2,), (3,)]))
    steps = draw(st.integers(1, 4))
    lead = (*rows, steps) if layer.kwargs["batch_first"] else (steps, *rows)
    x = normal(*lead, features + draw(wrongly(st.just(1), 0)))
    return layer.on(x, *states(draw, layer.module, shape, rows))


@given(of_sequences(), memories())
def test_sequences(case, memory):
    agree(case, memory)


@st.composite
def of_packed_sequences(draw):
    layer, features, shape = draw(layers())
    lengths = draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    x = packed(lengths, features + draw(wrongly(st.just(1), 0)))
    return layer.on(x, *states(draw, layer.module, shape, (len(lengths),)))


@given(of_packed_sequences(), memories())
def test_packed_sequences(case, memory):
    agree(case, memory)


@st.composite
def cells(draw):
    name = draw(st.sampled_from(["RNNCell", "LSTMCell", "GRUCell"]))
    features, hidden = draw(SIZE), draw(SIZE)
    options = {"nonlinearity": draw(st.sampled_from(["tanh", "relu"]))} if name == "RNNCell" else {}
    cell = case(name, features, hidden, bias=draw(FLAGS), **options)
    rows = draw(st.sampled_from([(), (0,), (1,), (3,)]))
    x = normal(*rows, features + draw(wrongly(st.just(1), 0)))
    if draw(FLAGS):
        return cell.on(x)
    state = normal(*(row + draw(wrongly(st.just(1), 0)) for row in rows), hidden)
    return cell.on(x, (state, state) if name == "LSTMCell" else state)


@given(cells(), memories())
def test_cells(case, memory):
    agree(case, memory)
