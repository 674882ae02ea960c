"""torch_ref: npnn held against torch. The only library code of this repository that imports torch.

    import torch
    from npnn import nn
    from torch_ref import compare, from_torch, to_torch

    twin = from_torch(torch_net)                          # weights and all, channels last
    compare(twin, torch_net, x, second=True).raise_if_failed()

What to read, from the bottom up:

    layouts.py    how torch and npnn order the axes of everything, as a table
    values.py     the two libraries side by side
    flow.py       from the table to the layouts of a whole network
    weights.py    the layouts of the weights of a class of one's own
    convert.py    from_torch, to_torch, load_torch_state_dict, torch_state_dict
    optim.py      the same for the states of optimizers
    files.py      the same from file to file: .pt, safetensors, .npz
    report.py     what a comparison found
    calls.py      one call on one library, and its derivatives
    compare.py    compare, compare_functions
    exemptions.py what is not compared as strictly as the rest, and why
    strategies.py what Hypothesis draws to be compared
    samples.py    what is to be compared, made ready:
      case.py       in one line; and the tables of such lines:
        cases.py, network_cases.py              of layers
        function_cases.py                       of functions
        utility_cases.py, utility_scripts.py    of torch.nn.init and torch.nn.utils
      database.py   from torch's test databases
    census.py     every name of torch.nn, and how far from torch npnn's is
    golden.py     what torch computes, in files, for where there is no torch
    homework.py   the same for the homework's tests
    swap/         a script on torch, and with other imports on npnn: what it prints on both
    __main__.py   the command line: python -m torch_ref --help

A layer of your own can be held against a torch one in the same way: `compare` takes its layouts as an
argument, or add a row for it to `layouts.MODULES`.
"""

from torch_ref.compare import compare, compare_functions
from torch_ref.convert import from_torch, load_torch_state_dict, to_torch, torch_state_dict
from torch_ref.files import convert_file, load_file, read, save_file
from torch_ref.flow import UnknownLayoutError, layout_of
from torch_ref.layouts import ANY, SAME, Layout, ModuleLayout, channels_last
from torch_ref.optim import load_torch_optimizer_state_dict, torch_optimizer_state_dict
from torch_ref.report import Report
from torch_ref.weights import state_layout

__all__ = [
    "ANY",
    "SAME",
    "Layout",
    "ModuleLayout",
    "Report",
    "UnknownLayoutError",
    "channels_last",
    "compare",
    "compare_functions",
    "convert_file",
    "from_torch",
    "layout_of",
    "load_file",
    "load_torch_optimizer_state_dict",
    "load_torch_state_dict",
    "read",
    "save_file",
    "state_layout",
    "to_torch",
    "torch_optimizer_state_dict",
    "torch_state_dict",
]
