"""Named tuples of results, which print as torch's."""

import pytest

import npnn
from npnn.tensors.results import return_type


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("max", (0,)),
        ("min", (0,)),
        ("sort", ()),
        ("topk", (1,)),
        ("kthvalue", (1,)),
        ("median", (0,)),
        ("nanmedian", (0,)),
        ("mode", ()),
        ("cummax", (0,)),
        ("cummin", (0,)),
    ],
)
def test_each_has_the_name_of_its_function(name, arguments):
    found = getattr(npnn.tensor([2.0]), name)(*arguments)
    values, indices = found
    assert (found.values, found.indices) == (values, indices)
    assert repr(found) == f"torch.return_types.{name}(\nvalues={values!r},\nindices={indices!r})"
    assert type(found) is return_type(name, "values", "indices")


def test_histogram():
    assert (
        repr(npnn.ones(2).histogram(1))
        == "torch.return_types.histogram(\nhist=tensor([2.]),\nbin_edges=tensor([0.5000, 1.5000]))"
    )
