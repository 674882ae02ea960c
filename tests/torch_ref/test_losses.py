"""Losses and distances against torch, where the samples of the differential suite do not reach."""

import itertools

import numpy as np
import pytest
import torch

import npnn
from npnn import functional as F
from torch_ref import compare, compare_functions, from_torch, layouts, to_torch
from torch_ref.cases import CASES
from torch_ref.convert import translate
from torch_ref.values import TORCH

RANDOM = np.random.default_rng(0)


def normal(*shape):
    return RANDOM.standard_normal(shape)


def uniform(*shape):
    return RANDOM.uniform(0.05, 0.95, shape)


def signs(*shape):
    return RANDOM.choice([-1, 1], shape)


# function, arguments in npnn's layout
CALLS = {
    "l1_loss": (normal(4, 3), normal(4, 3)),
    "mse_loss": (normal(4, 3), normal(4, 3)),
    "smooth_l1_loss": (normal(4, 3), normal(4, 3)),
    "huber_loss": (normal(4, 3), normal(4, 3)),
    "poisson_nll_loss": (normal(4, 3), uniform(4, 3) * 5),
    "gaussian_nll_loss": (normal(4, 3), normal(4, 3), uniform(4, 3)),
    "kl_div": (normal(4, 3), uniform(4, 3)),
    "binary_cross_entropy": (uniform(4, 3), uniform(4, 3)),
    "binary_cross_entropy_with_logits": (normal(4, 3), uniform(4, 3)),
    "soft_margin_loss": (normal(4, 3), signs(4, 3)),
    "hinge_embedding_loss": (normal(4, 3), signs(4, 3)),
    "multi_margin_loss": (normal(4, 3), np.array([2, 0, 1, 2])),
    "multilabel_margin_loss": (normal(2, 3), np.array([[2, 0, -1], [1, -1, 0]])),
    "multilabel_soft_margin_loss": (normal(4, 3), uniform(4, 3)),
    "margin_ranking_loss": (normal(4), normal(4), signs(4)),
    "cosine_embedding_loss": (normal(4, 3), normal(4, 3), signs(4)),
    "triplet_margin_loss": (normal(4, 3), normal(4, 3), normal(4, 3)),
    "triplet_margin_with_distance_loss": (normal(4, 3), normal(4, 3), normal(4, 3)),
    "nll_loss": (normal(4, 2, 3), RANDOM.integers(3, size=(4, 2))),
    "cross_entropy": (normal(4, 2, 3), RANDOM.integers(3, size=(4, 2))),
    "cosine_similarity": (normal(4, 3), normal(4, 3)),
    "pairwise_distance": (normal(4, 3), normal(4, 3)),
}

NOT_IN_FLOAT16 = {"multi_margin_loss", "multilabel_margin_loss"}
"""What torch does not compute in float16 on a CPU."""


def cast(value, dtype):
    return value.astype(dtype) if value.dtype.kind == "f" else value


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", sorted(set(CALLS) - NOT_IN_FLOAT16))
def test_float16(name, reduction):
    """torch rounds to float16 after every step of some losses and once in others: by 1e-3 each time."""
    inputs = [cast(value, np.float16) for value in CALLS[name]]
    options = {} if name in ("cosine_similarity", "pairwise_distance") else {"reduction": reduction}
    report = compare_functions(
        getattr(F, name), getattr(torch.nn.functional, name), *inputs, kwargs=options, rtol=2e-2, atol=2e-2
    )
    report.raise_if_failed()


@pytest.mark.parametrize(
    "options", [{"size_average": False}, {"reduce": False}, {"size_average": True}], ids=str
)
@pytest.mark.parametrize(
    "name",
    sorted(
        set(CALLS)
        - {"huber_loss", "gaussian_nll_loss", "triplet_margin_with_distance_loss"}
        - {"cosine_similarity", "pairwise_distance"}
    ),
)
def test_older_names_of_reductions(name, options):
    mine, theirs = getattr(F, name), getattr(torch.nn.functional, name)
    compare_functions(mine, theirs, *CALLS[name], kwargs=options).raise_if_failed()


@pytest.mark.parametrize("name", ["l1_loss", "mse_loss", "smooth_l1_loss", "huber_loss"])
@pytest.mark.parametrize("shape", [(3,), (4, 1), ()])
def test_broadcasting_is_warned_of(name, shape):
    x, t = normal(4, 3), np.asarray(normal(*shape))
    mine, theirs = getattr(F, name), getattr(torch.nn.functional, name)
    for function, tensor in ((mine, npnn.tensor), (theirs, torch.tensor)):
        with pytest.warns(UserWarning, match="Using a target size .* that is different to the input size"):
            function(tensor(x), tensor(t))
    compare_functions(mine, theirs, x, t, second=True).raise_if_failed()


def test_mean_of_a_divergence_is_warned_of():
    for functions, tensor in ((F, npnn.tensor), (torch.nn.functional, torch.tensor)):
        with pytest.warns(UserWarning, match="reduction: 'mean' divides the total loss by"):
            functions.kl_div(tensor(normal(4, 3)), tensor(uniform(4, 3)))


@pytest.mark.parametrize("name", ["l1_loss", "mse_loss", "huber_loss"])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_weight_of_each_element(name, reduction):
    mine, theirs = getattr(F, name), getattr(torch.nn.functional, name)
    inputs = {"weight": uniform(4, 3), "reduction": reduction}
    compare_functions(mine, theirs, normal(4, 3), normal(4, 3), kwargs=inputs, second=True).raise_if_failed()


@pytest.mark.parametrize("eps", [1e-6, 0.5])
@pytest.mark.parametrize("var", [0.7, uniform(4, 3), uniform(4), uniform(4, 1)], ids=np.shape)
def test_gaussian_variances(eps, var):
    """Some of them below eps, where the gradient is that at eps."""
    mine, theirs = F.gaussian_nll_loss, torch.nn.functional.gaussian_nll_loss
    inputs = normal(4, 3), normal(4, 3), var
    compare_functions(mine, theirs, *inputs, kwargs={"eps": eps}, second=True).raise_if_failed()


@pytest.mark.parametrize("p", [0.5, 1.0, 1.5, 2.0, 3.0, np.inf])
@pytest.mark.parametrize("shape", [(5, 3), (2, 4), (1, 3), (6, 1)])
def test_pdist(p, shape):
    mine, theirs = F.pdist, torch.nn.functional.pdist
    compare_functions(mine, theirs, normal(*shape), kwargs={"p": p}).raise_if_failed()


@pytest.mark.parametrize("p", [1.0, 2.0, 3.0])
def test_pdist_of_equal_rows(p):
    x = np.array([[1.0, 2.0, 0.5], [1.0, 2.0, 0.5], [3.0, -1.0, 0.25]])
    compare_functions(F.pdist, torch.nn.functional.pdist, x, kwargs={"p": p}).raise_if_failed()


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (1, 2)])
def test_pdist_of_little(shape):
    got = F.pdist(np.zeros(shape))
    np.testing.assert_array_equal(got.array, torch.pdist(torch.zeros(shape)).numpy())


def test_number_of_differences():
    """The norm of order 0: it has no gradient on torch, and one of 0 here."""
    a, b = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), np.array([[1.0, 0.0, 3.0]])
    got = F.pairwise_distance(a, b, p=0, eps=0)
    wanted = torch.nn.functional.pairwise_distance(torch.tensor(a), torch.tensor(b), p=0, eps=0)
    np.testing.assert_array_equal(got.array, wanted.numpy())


@pytest.mark.parametrize(
    "distance",
    [
        npnn.nn.PairwiseDistance(p=1),
        npnn.nn.CosineSimilarity(-1, eps=0.1),
        F.cosine_similarity,
        F.pairwise_distance,
    ],
    ids=["cityblock", "cosine module", "cosine", "euclidean"],
)
@pytest.mark.parametrize("swap", [True, False])
def test_triplets_with_a_distance(distance, swap):
    options = {"distance_function": distance, "swap": swap, "margin": 0.5}
    mine = npnn.nn.TripletMarginWithDistanceLoss(**options)
    theirs = torch.nn.TripletMarginWithDistanceLoss(**translate(options, TORCH))
    report = compare(mine, theirs, normal(4, 3), normal(4, 3), normal(4, 3), second=True)
    assert [c for c in report.checks if c.problem and c.name != "repr"] == []
    assert all(not difference.problem for difference in report.differences)


class TestCTC:
    LENGTHS = (np.array([6, 4]), np.array([3, 1]))

    @pytest.mark.parametrize(
        ("targets", "lengths"),
        [
            (np.array([[1, 2, 2], [3, 0, 0]]), LENGTHS),
            (np.array([1, 2, 2, 3]), LENGTHS),
            (np.array([[1, 2, 2], [3, 0, 0]]), ([6, 4], [3, 1])),
            (np.array([[1, 2, 2], [3, 0, 0]]), ((6, 4), (3, 1))),
            (np.array([[1, 2, 2, 3, 1], [3, 0, 0, 0, 0]], np.int32), LENGTHS),
        ],
        ids=["padded", "joined", "lists", "tuples", "int32, more padding"],
    )
    @pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
    def test_ways_to_give_targets(self, targets, lengths, reduction):
        mine, theirs = F.ctc_loss, torch.nn.functional.ctc_loss
        inputs = normal(6, 2, 4), targets, *lengths
        compare_functions(mine, theirs, *inputs, kwargs={"reduction": reduction}).raise_if_failed()

    def test_random_batches(self):
        """Long and short, with repetitions, some of which do not fit."""
        for seed in range(20):
            random = np.random.default_rng(seed)
            steps, count, classes, longest = random.integers([1, 1, 2, 1], [12, 6, 6, 9])
            targets = random.integers(1, classes, (count, longest))
            inputs = random.integers(1, steps + 1, count), random.integers(0, longest + 1, count)
            x = random.standard_normal((steps, count, classes))
            for zero_infinity in (True, False):
                compare_functions(
                    F.ctc_loss,
                    torch.nn.functional.ctc_loss,
                    x,
                    targets,
                    *inputs,
                    kwargs={"reduction": "none", "zero_infinity": zero_infinity},
                    seed=seed,
                ).raise_if_failed()


class TestAdaptiveLogSoftmax:
    def twins(self, *args, **options):
        theirs = torch.nn.AdaptiveLogSoftmaxWithLoss(*args, **options).double()
        return from_torch(theirs), theirs

    @pytest.mark.parametrize("cutoffs", [[4], [2, 9], [3, 8, 15]], ids=str)
    @pytest.mark.parametrize("scale", [0.0, 1.0, 20.0])
    def test_all_classes(self, cutoffs, scale):
        """With the scale of the input varies how many rows fall into the shortlist."""
        mine, theirs = self.twins(18, 20, cutoffs, div_value=2.0)
        x = scale * normal(30, 18)
        logs, wanted = mine.log_prob(npnn.tensor(x)), theirs.log_prob(torch.tensor(x))
        np.testing.assert_allclose(logs.array, wanted.detach().numpy(), rtol=1e-9, atol=1e-11)
        best, wanted = mine.predict(npnn.tensor(x)), theirs.predict(torch.tensor(x))
        np.testing.assert_array_equal(best.array, wanted.numpy())
        np.testing.assert_allclose(np.exp(logs.array).sum(1), 1)

    def test_same_weights_from_the_same_seed(self):
        torch.manual_seed(5)
        npnn.manual_seed(5)
        theirs = torch.nn.AdaptiveLogSoftmaxWithLoss(18, 20, [3, 8], head_bias=True)
        mine = npnn.nn.AdaptiveLogSoftmaxWithLoss(18, 20, [3, 8], head_bias=True)
        for reset in (False, True):
            if reset:
                theirs.reset_parameters()
                mine.reset_parameters()
            for one, two in zip(mine.parameters(), theirs.parameters(), strict=True):
                np.testing.assert_array_equal(one.array, two.detach().numpy().T)

    @pytest.mark.parametrize("cutoffs", [[], [0, 3], [5, 3], [3, 3], [20], [2.5]], ids=str)
    def test_cutoffs_that_are_refused(self, cutoffs):
        for library in (npnn.nn, torch.nn):
            with pytest.raises(ValueError, match="cutoffs should be a sequence"):
                library.AdaptiveLogSoftmaxWithLoss(8, 20, cutoffs)

    @pytest.mark.parametrize(
        ("x", "target", "pattern"),
        [
            (
                normal(3, 18),
                np.array([1, 20, 3]),
                r"Target values should be in \[0, 19\], but values in range",
            ),
            (normal(3, 18), np.array([1, -1, 3]), r"Target values should be in \[0, 19\]"),
            (normal(3, 18), np.array([1, 2]), "should have the same size in the batch dimension"),
            (normal(3, 2, 18), np.array([1, 2, 3]), "1D target tensor expects 2D input tensors"),
            (normal(3, 18), np.array(1), "0D target tensor expects 1D input tensors"),
            (normal(3, 18), np.array([[1]]), "0D or 1D target tensor expected, multi-target not supported"),
        ],
    )
    def test_calls_that_are_refused(self, x, target, pattern):
        mine, theirs = self.twins(18, 20, [3, 8])
        for module, library in ((mine, npnn), (theirs, torch)):
            with pytest.raises(RuntimeError, match=pattern):
                module(library.tensor(x), library.tensor(target))


class TestLinearCrossEntropy:
    def test_size_of_chunks(self):
        sizes, methods = (None, 1, 3), ("auto", "aspect_ratio", "aspect_ratio:4", None)
        shapes = itertools.product((1, 9, 512), (3, 64), (2, 50, 5000))
        for size, method, shape in itertools.product(sizes, methods, shapes):
            options = {"batch_chunk_size": size, "chunking_method": method}
            theirs = torch.nn.LinearCrossEntropyOptions(**options)
            mine = npnn.nn.LinearCrossEntropyOptions(**options)
            assert repr(mine) == repr(theirs)
            try:
                wanted = theirs._adjust(*shape, dtype=torch.float64, device=torch.device("cpu"))
            except ValueError:
                with pytest.raises(ValueError, match="give different chunk sizes"):
                    mine.chunk_size(*shape)
            else:
                assert mine.chunk_size(*shape) == wanted.batch_chunk_size, (options, shape)

    def test_options_are_ignored_with_a_warning(self):
        options = npnn.nn.LinearCrossEntropyOptions()
        x, w, t = normal(4, 3), normal(3, 2, 5), RANDOM.integers(5, size=(4, 2))
        mine, theirs = F.linear_cross_entropy, torch.nn.functional.linear_cross_entropy
        with pytest.warns(UserWarning, match="``options`` ignored"):
            mine(x, w, t, options=options)
        compare_functions(mine, theirs, x, w, t, kwargs={"options": options}, second=True).raise_if_failed()

    @pytest.mark.parametrize(
        ("given", "error", "pattern"),
        [
            ((normal(2, 4, 3), normal(3, 5), np.zeros(2, int)), RuntimeError, "dimensionality 1 or 2, got 3"),
            ((normal(4, 3), normal(3), np.zeros(4, int)), RuntimeError, "dimensionality at least 2, got 1"),
            ((normal(4, 3), normal(2, 5), np.zeros(4, int)), RuntimeError, r"\(in_features\), got 3 and 2"),
            ((normal(3), normal(3, 2, 5), np.zeros(2, int)), RuntimeError, "requires batched input"),
            ((normal(4, 3), normal(3, 5), np.zeros(6, int)), ValueError, r"batch_size \(4\) to match"),
        ],
    )
    def test_shapes_that_are_refused(self, given, error, pattern):
        rows = layouts.FUNCTIONS["linear_cross_entropy"]
        names = ("input", "linear_weight", "target")
        arrays = [
            layouts.to_torch(value, rows.of_input(n)) if rows.of_input(n).fits(value.ndim, "npnn") else value
            for n, value in zip(names, given, strict=True)
        ]
        with pytest.raises(error, match=pattern):
            F.linear_cross_entropy(*given)
        with pytest.raises(error, match=pattern):
            torch.nn.functional.linear_cross_entropy(*map(torch.from_numpy, arrays))

    def test_ignore_index_beside_probabilities(self):
        for library, tensor in ((F, npnn.tensor), (torch.nn.functional, torch.tensor)):
            x, t = tensor(normal(4, 3)), tensor(uniform(4, 3))
            with pytest.raises(RuntimeError, match="ignore_index cannot be specified when target contains"):
                library.linear_cross_entropy(x, tensor(np.eye(3)), t, ignore_index=0)


X, LABELS = np.zeros((3, 4)), np.zeros(3, np.int64)
REDUCTION = "abc is not a valid value for reduction"
NEVER_BROADCAST = r"The size of tensor a \(\d\) must match the size of tensor b \(\d\)"

REFUSED = [
    # function, exception, what both messages match (None where torch's says less), arguments, options
    *(
        (name, ValueError, REDUCTION, CALLS[name], {"reduction": "abc"})
        for name in sorted(set(CALLS) - {"gaussian_nll_loss", "multilabel_soft_margin_loss"})
        if "loss" in name
    ),
    ("gaussian_nll_loss", ValueError, "abc is not valid", (X, X, X + 1), {"reduction": "abc"}),
    ("gaussian_nll_loss", ValueError, "var has negative entry/entries", (X, X, X - 1), {}),
    ("gaussian_nll_loss", ValueError, "var is of incorrect size", (X, X, np.ones((3, 3))), {}),
    ("multilabel_soft_margin_loss", ValueError, "abc is not valid", (X, X), {"reduction": "abc"}),
    ("kl_div", ValueError, REDUCTION, (X, X), {"reduction": "abc"}),
    ("l1_loss", ValueError, "Weights and input must have the same size", (X, X), {"weight": np.ones(4)}),
    ("huber_loss", ValueError, "Weights and input must have the same size", (X, X), {"weight": np.ones(4)}),
    ("huber_loss", RuntimeError, "does not support non-positive values for delta", (X, X), {"delta": 0}),
    ("smooth_l1_loss", RuntimeError, "does not support negative values for beta", (X, X), {"beta": -1.0}),
    ("poisson_nll_loss", RuntimeError, NEVER_BROADCAST, (X, np.zeros((3, 5))), {}),
    ("kl_div", RuntimeError, NEVER_BROADCAST, (X, np.zeros((3, 5))), {"reduction": "sum"}),
    ("soft_margin_loss", RuntimeError, NEVER_BROADCAST, (X, np.zeros((3, 5))), {}),
    ("hinge_embedding_loss", RuntimeError, NEVER_BROADCAST, (X, np.zeros((3, 5))), {}),
    ("binary_cross_entropy", ValueError, "Using a target size .* that is different", (X, np.zeros(4)), {}),
    ("binary_cross_entropy", RuntimeError, "should be between 0 and 1", (X + 1.5, X), {}),
    ("binary_cross_entropy", RuntimeError, None, (X, X), {"weight": np.ones(5)}),
    ("binary_cross_entropy_with_logits", ValueError, "Target size .* must be the same", (X, np.zeros(4)), {}),
    ("binary_cross_entropy_with_logits", RuntimeError, NEVER_BROADCAST, (X, X), {"weight": np.ones(5)}),
    ("multi_margin_loss", ValueError, "only p == 1 and p == 2 supported", (X, LABELS), {"p": 3}),
    ("multi_margin_loss", ValueError, "weight must be one-dim", (X, LABELS), {"weight": np.ones((4, 1))}),
    ("multi_margin_loss", RuntimeError, "inconsistent weight size", (X, LABELS), {"weight": np.ones(5)}),
    ("multi_margin_loss", RuntimeError, r"Expected target size \[3\]", (X, LABELS[:2]), {}),
    ("multi_margin_loss", RuntimeError, "expected scalar type Long but found", (X, X[:, 0]), {}),
    ("multi_margin_loss", RuntimeError, "target out of range", (X, LABELS + 4), {}),
    ("multi_margin_loss", RuntimeError, "Expected non-empty vector or matrix", (X[:, :0], LABELS), {}),
    ("multilabel_margin_loss", RuntimeError, r"inconsistent target size: \[3\]", (X, LABELS), {}),
    ("multilabel_margin_loss", RuntimeError, "out of range", (X, X.astype(np.int64) + 4), {}),
    ("multilabel_margin_loss", RuntimeError, "Expected non-empty vector", (X[:, :0], LABELS), {}),
    ("margin_ranking_loss", RuntimeError, "All input tensors should have same dimension", (X, X, X[0]), {}),
    ("cosine_embedding_loss", RuntimeError, "multi-target not supported", (X, X, X), {}),
    ("cosine_embedding_loss", RuntimeError, "1D target tensor expects 2D", (X[0], X[0], LABELS), {}),
    ("cosine_embedding_loss", RuntimeError, "0D target tensor expects 1D", (X, X, np.array(1)), {}),
    ("triplet_margin_loss", ValueError, "margin must be greater than 0, got 0", (X, X, X), {"margin": 0}),
    ("triplet_margin_loss", RuntimeError, "expected to have the same number of dim", (X, X[0], X), {}),
    ("triplet_margin_loss", RuntimeError, None, (X, np.zeros((3, 5)), X), {}),
    ("pdist", RuntimeError, "pdist only supports 2D tensors, got: 1D", (X[0],), {}),
    ("pdist", RuntimeError, "pdist only supports floating-point dtypes", (X.astype(int),), {}),
    ("pdist", RuntimeError, "pdist only supports non-negative p values", (X,), {"p": -1.0}),
    ("pairwise_distance", RuntimeError, NEVER_BROADCAST, (X, np.zeros((3, 5))), {}),
    ("cosine_similarity", RuntimeError, NEVER_BROADCAST, (X, np.zeros((3, 5))), {}),
    ("cosine_similarity", RuntimeError, "expected common dtype to be floating point", (LABELS, LABELS), {}),
    ("cosine_similarity", IndexError, "Dimension out of range", (X[0], X[0]), {}),
    (
        "ctc_loss",
        RuntimeError,
        "blank must be in label range",
        (np.zeros((5, 1, 3)), LABELS[None], [5], [2]),
        {"blank": 3},
    ),
    (
        "ctc_loss",
        RuntimeError,
        "input_lengths must be of size batch_size",
        (np.zeros((5, 1, 3)), LABELS[None], [5, 5], [2]),
        {},
    ),
    (
        "ctc_loss",
        RuntimeError,
        "Expected input_lengths to have value at most 5, but got value 6",
        (np.zeros((5, 1, 3)), LABELS[None], [6], [2]),
        {},
    ),
    (
        "ctc_loss",
        RuntimeError,
        "Expected tensor to have size at least 4 at dimension 1, but got size 3",
        (np.zeros((5, 1, 3)), LABELS[None], [5], [4]),
        {},
    ),
    ("ctc_loss", ValueError, REDUCTION, (np.zeros((5, 1, 3)), LABELS[None], [5], [2]), {"reduction": "abc"}),
]


@pytest.mark.parametrize(("name", "error", "pattern", "given", "options"), REFUSED)
def test_what_torch_refuses(name, error, pattern, given, options):
    def attempt(functions, tensor):
        def converted(value):
            return tensor(value) if isinstance(value, np.ndarray) else value

        function = getattr(functions, name)
        rows = layouts.FUNCTIONS[name].inputs if functions is torch.nn.functional else {}
        arrays = [
            layouts.to_torch(value, rows["input"]) if place == 0 and rows else value
            for place, value in enumerate(given)
        ]
        with pytest.raises(error, match=pattern) as caught:
            function(*map(converted, arrays), **{key: converted(value) for key, value in options.items()})
        return caught.value

    assert type(attempt(F, npnn.tensor)) is type(attempt(torch.nn.functional, torch.tensor)) is error


@pytest.mark.parametrize("name", ["soft_margin_loss", "binary_cross_entropy"])
def test_constants_have_no_gradient(name):
    constant = {"soft_margin_loss": "target", "binary_cross_entropy": "weight"}[name]
    for library in (npnn, torch):
        x, t, w = (library.tensor([0.5], requires_grad=True) for _ in range(3))
        given = {"target": t} if constant == "target" else {"target": t, "weight": w}
        with pytest.raises(RuntimeError, match=f"not differentiable with respect to argument '{constant}'"):
            getattr(library.nn.functional, name)(x, **given)


@pytest.mark.parametrize(
    ("make", "error", "pattern"),
    [
        (lambda nn: nn.HuberLoss(delta=1j), TypeError, "delta must be a float or int"),
        (lambda nn: nn.MultiMarginLoss(p=3), ValueError, "only p == 1 and p == 2 supported"),
        (lambda nn: nn.TripletMarginLoss(margin=0), ValueError, "TripletMarginLoss: expected margin to be"),
        (lambda nn: nn.TripletMarginWithDistanceLoss(margin=-1), ValueError, "expected margin to be greater"),
    ],
)
def test_constructors_that_refuse(make, error, pattern):
    for nn in (npnn.nn, torch.nn):
        with pytest.raises(error, match=pattern):
            make(nn)


def test_deprecated_name_warns():
    for nn in (npnn.nn, torch.nn):
        with pytest.warns(FutureWarning, match="`NLLLoss2d` has been deprecated"):
            nn.NLLLoss2d()


LOSSES = sorted(
    {case.module for case in CASES if case.module.endswith(("Loss", "Loss2d", "Distance", "Similarity"))}
)


@pytest.mark.parametrize("name", LOSSES)
def test_converted_there_and_back(name):
    """With the arguments of the last case of each class, every one of which must arrive."""
    case = [case for case in CASES if case.module == name][-1]
    theirs = case.sample().torch
    mine = from_torch(theirs)
    back = to_torch(mine)
    assert repr(back) == repr(theirs) == repr(mine)
    for name, value in vars(theirs).items():
        if not name.startswith("_"):
            assert getattr(mine, name) == getattr(back, name) == value


def test_values_of_every_option_are_converted():
    theirs = torch.nn.LinearCrossEntropyLoss(
        6, 5, out_features=(2,), bias=True, ignore_index=3, label_smoothing=0.1, weight=torch.ones(5)
    )
    mine = from_torch(theirs)
    assert repr(mine) == repr(theirs) == repr(to_torch(mine))
    assert list(mine.state_dict()) == list(theirs.state_dict())


@pytest.mark.parametrize(
    ("name", "target_dtype", "message"),
    [
        ("binary_cross_entropy", "float64", "Found dtype"),
        ("binary_cross_entropy", "int64", "Found dtype"),
        ("binary_cross_entropy", "bool", "Found dtype"),
        ("binary_cross_entropy_with_logits", "int64", "result type Float|Integral inputs not supported"),
        ("binary_cross_entropy_with_logits", "bool", "Subtraction, the `-` operator, with"),
        ("kl_div", "int64", "Integral inputs not supported"),
    ],
)
def test_targets_of_a_dtype_that_is_refused(name, target_dtype, message):
    for library in (torch, npnn):
        target = library.ones(3, dtype=getattr(library, target_dtype))
        with pytest.raises(RuntimeError, match=message):
            getattr(library.nn.functional, name)(library.full((3,), 0.5), target, reduction="sum")


P, T = [[0.3, 0.6, 0.2], [0.5, 0.1, 0.9]], [[0.5, 0.2, 0.8], [0.1, 0.7, 0.4]]
OF_TWO_DTYPES = {
    **{
        name: lambda F, x, t, name=name: getattr(F, name)(x, t)
        for name in (
            *("huber_loss", "smooth_l1_loss", "mse_loss", "l1_loss", "soft_margin_loss", "kl_div"),
            *("binary_cross_entropy", "multilabel_soft_margin_loss", "pairwise_distance"),
        )
    },
    "huber_loss of each": lambda F, x, t: F.huber_loss(x, t, reduction="none"),
    "mse_loss with weights": lambda F, x, t: F.mse_loss(x, t, weight=x),
    "triplet_margin_loss": lambda F, x, t: F.triplet_margin_loss(x, t, x),
}


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", OF_TWO_DTYPES)
def test_inputs_and_targets_of_all_dtypes(name):
    """The dtype of the loss, or the error; and what comes of backward."""

    def outcome(lib, input_dtype, target_dtype):
        x = lib.tensor(P).to(getattr(lib, input_dtype)).requires_grad_(input_dtype.startswith("float"))
        t = lib.tensor(T).to(getattr(lib, target_dtype))
        seen = []
        try:
            loss = OF_TWO_DTYPES[name](lib.nn.functional, x, t)
            seen.append(str(loss.dtype).removeprefix("torch."))
            loss.sum().backward() if loss.requires_grad else seen.append("no gradient")
        except (RuntimeError, TypeError) as error:
            seen.append(type(error).__name__)
        return seen

    dtypes = ("float32", "float64", "int64", "bool")
    for pair in [(x, t) for x in dtypes for t in dtypes if (name[:5], x, t) != ("huber", "bool", "int64")]:
        assert outcome(npnn, *pair) == outcome(torch, *pair), pair
