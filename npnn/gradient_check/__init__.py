"""Checks whether a backward is the derivative of its forward, and says what is wrong where it is not.

    differences     the gradient by central differences, and how far another one is from it
    contract        what forward and backward may be given, return and leave alone
    subjects        an activation, a layer, a loss or a module as the one thing that is checked
    check           contract and differences together, for one subject
    homework        CS 189's classes, with the arguments and shapes that they are checked with
    modules         the same for the classes of npnn.nn
    catalogue       both, by name
    student         anyone's class, by its name

`npnn.autograd.gradcheck` is for functions of tensors; here are classes, also those that know nothing of npnn.
"""

from npnn.gradient_check.catalogue import matching, subjects
from npnn.gradient_check.check import Report, check
from npnn.gradient_check.contract import ContractError
from npnn.gradient_check.differences import Difference, numeric_gradient
from npnn.gradient_check.student import StudentError, student_subjects
from npnn.gradient_check.subjects import (
    Subject,
    activation_subject,
    layer_subject,
    loss_subject,
    module_subject,
)

__all__ = [
    "ContractError",
    "Difference",
    "Report",
    "StudentError",
    "Subject",
    "activation_subject",
    "check",
    "layer_subject",
    "loss_subject",
    "matching",
    "module_subject",
    "numeric_gradient",
    "student_subjects",
    "subjects",
]
