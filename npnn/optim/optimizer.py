"""Optimizer: parameter groups, per-parameter state, hooks and checkpoints; what every optimizer shares."""

from __future__ import annotations

import functools
import warnings
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from copy import deepcopy
from itertools import chain
from typing import Any, TypeAlias, TypeVar, cast

from npnn.autograd.hooks import RemovableHandle
from npnn.tensors import Tensor

__all__ = ["Optimizer", "register_optimizer_step_post_hook", "register_optimizer_step_pre_hook"]

StateDict: TypeAlias = dict[str, Any]
ParamsT: TypeAlias = Iterable[Tensor] | Iterable[dict[str, Any]] | Iterable[tuple[str, Tensor]]

StepPreHook: TypeAlias = Callable[
    ["Optimizer", tuple[Any, ...], dict[str, Any]], tuple[tuple[Any, ...], dict[str, Any]] | None
]
StepPostHook: TypeAlias = Callable[["Optimizer", tuple[Any, ...], dict[str, Any]], None]
OptimizerHook: TypeAlias = Callable[["Optimizer"], None]
StateDictHook: TypeAlias = Callable[["Optimizer", StateDict], StateDict | None]

_Hook = TypeVar("_Hook")
_Step = TypeVar("_Step", bound=Callable[..., Any])

_global_step_pre_hooks: OrderedDict[int, StepPreHook] = OrderedDict()
_global_step_post_hooks: OrderedDict[int, StepPostHook] = OrderedDict()


class _RequiredParameter:
    """The default of an option that has none: every parameter group must give it."""

    def __repr__(self) -> str:
        return "<required parameter>"


required = _RequiredParameter()


def register_optimizer_step_pre_hook(hook: StepPreHook) -> RemovableHandle:
    """Registers a hook that runs before every step of every optimizer.

    Args:
        hook: called as `hook(optimizer, args, kwargs)` with the arguments of the step, the optimizer being
            the first of them. It returns None, or a new `(args, kwargs)`.

    Returns:
        A handle; `handle.remove()` takes the hook off again.

    Source: torch.optim.optimizer.register_optimizer_step_pre_hook.
    """
    return _register(_global_step_pre_hooks, hook)


def register_optimizer_step_post_hook(hook: StepPostHook) -> RemovableHandle:
    """Registers a hook that runs after every step of every optimizer.

    Args:
        hook: called as `hook(optimizer, args, kwargs)` with the arguments of the step, the optimizer being
            the first of them.

    Returns:
        A handle; `handle.remove()` takes the hook off again.

    Source: torch.optim.optimizer.register_optimizer_step_post_hook.
    """
    return _register(_global_step_post_hooks, hook)


def _register(hooks: OrderedDict[int, _Hook], hook: _Hook, prepend: bool = False) -> RemovableHandle:
    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


def _apply(hooks: OrderedDict[int, StateDictHook], optimizer: Optimizer, state_dict: StateDict) -> StateDict:
    """Hands a state dict from hook to hook; one that returns None has left it in place."""
    for hook in hooks.values():
        result = hook(optimizer, state_dict)
        if result is not None:
            state_dict = result
    return state_dict


def _with_step_hooks(step: _Step) -> _Step:
    """Wraps a `step` method so that the global hooks and the optimizer's own run around it."""

    @functools.wraps(step)
    def hooked_step(*args: Any, **kwargs: Any) -> Any:
        optimizer: Optimizer = args[0]
        for pre_hook in (*_global_step_pre_hooks.values(), *optimizer._optimizer_step_pre_hooks.values()):
            result = pre_hook(optimizer, args, kwargs)
            if result is not None:
                if not (isinstance(result, tuple) and len(result) == 2):
                    raise RuntimeError(
                        f"{step.__qualname__} must return None or a tuple of (new_args, new_kwargs) from its "
                        f"pre-hooks, but got {result}."
                    )
                args, kwargs = result

        out = step(*args, **kwargs)

        for post_hook in chain(
            optimizer._optimizer_step_post_hooks.values(), _global_step_post_hooks.values()
        ):
            post_hook(optimizer, args, kwargs)
        return out

    return cast(_Step, hooked_step)


class Optimizer:
    """Holds the parameters to optimize, in groups with their options, and the state kept for each of them.

    A subclass passes its options and their defaults to `__init__` and overrides `step`; hooks run around
    every `step` that a subclass defines.

    Args:
        params: what to optimize: tensors, `(name, tensor)` pairs as `Module.named_parameters` gives them, or
            dicts, one for each group, with the group's tensors (or pairs) under "params" and its own options
            beside them. Either every tensor has a name or none has. The order must be the same from run to
            run.
        defaults: each option's name and the value it has in the groups that do not give their own.

    Attributes:
        param_groups: list of dicts: "params" and the options, which may be changed between steps.
        state: what the optimizer keeps for each parameter between steps, keyed by the parameter.
        defaults: the defaults.

    Raises:
        TypeError: `params` is a lone tensor, a group's "params" is a set, or one of the params is no tensor.
        ValueError: there are no params, only some have names, one is not a leaf, or one stands in two groups.

    Source: torch.optim.Optimizer.

    Examples:
        >>> import npnn
        >>> model = npnn.Linear(3, 2)
        >>> optimizer = npnn.optim.SGD(
        ...     [{"params": [model.weight], "weight_decay": 0.1}, {"params": [model.bias]}], lr=0.5
        ... )
        >>> [group["weight_decay"] for group in optimizer.param_groups]
        [0.1, 0]
    """

    def __init__(self, params: ParamsT, defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self._reset_hooks()
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, "
                f"but got {type(params).__name__}"
            )

        self.state: defaultdict[Any, Any] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []

        groups: list[Any] = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "step" in cls.__dict__:
            cls.step = _with_step_hooks(cls.step)  # type: ignore[method-assign]

    def _reset_hooks(self) -> None:
        self._optimizer_step_pre_hooks: OrderedDict[int, StepPreHook] = OrderedDict()
        self._optimizer_step_post_hooks: OrderedDict[int, StepPostHook] = OrderedDict()
        self._optimizer_state_dict_pre_hooks: OrderedDict[int, OptimizerHook] = OrderedDict()
        self._optimizer_state_dict_post_hooks: OrderedDict[int, StateDictHook] = OrderedDict()
        self._optimizer_load_state_dict_pre_hooks: OrderedDict[int, StateDictHook] = OrderedDict()
        self._optimizer_load_state_dict_post_hooks: OrderedDict[int, OptimizerHook] = OrderedDict()

    def __getstate__(self) -> dict[str, Any]:
        # Hooks are closures over a running program, so a copy and a pickle leave them behind, as torch's do.
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if "_optimizer_step_pre_hooks" not in self.__dict__:
            self._reset_hooks()
        self.defaults.setdefault("differentiable", False)

    def __repr__(self) -> str:
        groups = []
        for index, group in enumerate(self.param_groups):
            lines = [f"    {option}: {group[option]}\n" for option in sorted(group) if option != "params"]
            groups.append(f"\nParameter Group {index}\n" + "".join(lines))
        return f"{type(self).__name__} (" + "".join(groups) + ")"

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Updates the parameters once from their gradients; every optimizer overrides it.

        Args:
            closure: evaluates the model again, with gradients, and returns the loss.

        Returns:
            What the closure returned, or None without one.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define step")

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forgets the gradients of all optimized tensors.

        Args:
            set_to_none: True sets each `.grad` to None, so that a step skips the tensors which got no
                gradient since. False fills the gradients with zeros in place, and a step treats them like any
                other.
        """
        for group in self.param_groups:
            for param in group["params"]:
                if set_to_none:
                    param.grad = None
                elif param.grad is not None:
                    if param.grad.grad_fn is not None:
                        param.grad.detach_()
                    else:
                        param.grad.requires_grad_(False)
                    param.grad.zero_()

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Adds a group of parameters, for instance layers that are thawed while training goes on.

        Args:
            param_group: the tensors, or `(name, tensor)` pairs, under "params", and options of the group's
                own. The dict itself becomes the group, completed with the defaults.

        Raises:
            TypeError: the group is no dict, its "params" is a set, or one of the params is no tensor.
            ValueError: a required option is missing, only some params have names, one is not a leaf, or one
                already stands in another group.
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        names, params = _names_and_tensors(param_group["params"])
        param_group["params"] = params
        if names:
            param_group["param_names"] = names

        for param in params:
            if not isinstance(param, Tensor):
                raise TypeError(
                    f"optimizer can only optimize Tensors, but one of the params is {type(param).__name__}"
                )
            if not (self.defaults.get("differentiable") or param.is_leaf or param.retains_grad):
                raise ValueError("can't optimize a non-leaf Tensor: only leaves receive a .grad")

        for option, default in self.defaults.items():
            if default is required and option not in param_group:
                raise ValueError(
                    f"parameter group didn't specify a value of required optimization parameter {option}"
                )
            param_group.setdefault(option, default)

        if len(params) != len(set(params)):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters: "
                "each of its steps moves such a parameter more than once",
                stacklevel=3,
            )
        self._check_against_other_groups(param_group)
        self.param_groups.append(param_group)

    def _check_against_other_groups(self, param_group: dict[str, Any]) -> None:
        named = "param_names" in param_group
        if any(("param_names" in group) != named for group in self.param_groups):
            raise ValueError(
                "all optimizer param groups should be with/without names. cannot add param group "
                f"{'with' if named else 'without'} names to the optimizer"
            )
        known = set(chain.from_iterable(group["params"] for group in self.param_groups))
        if not known.isdisjoint(param_group["params"]):
            raise ValueError("some parameters appear in more than one parameter group")

    def state_dict(self) -> StateDict:
        """The optimizer's state as plain containers, in the structure of torch's.

        Parameters are stood for by their index, counted through all groups. Values are the optimizer's own,
        not copies: take a `copy.deepcopy` to keep them while training goes on.

        Returns:
            {"state": {index: {name: value}}, "param_groups": [{option: value, ..., "params": [index]}]},
            where a group whose parameters have names also holds them under "param_names".

        Examples:
            >>> import npnn
            >>> optimizer = npnn.optim.SGD(npnn.Linear(3, 2).parameters(), lr=0.5)
            >>> optimizer.state_dict()["param_groups"][0]["params"]
            [0, 1]
        """
        for pre_hook in self._optimizer_state_dict_pre_hooks.values():
            pre_hook(self)

        params = chain.from_iterable(group["params"] for group in self.param_groups)
        index_of = {id(param): index for index, param in enumerate(params)}
        state_dict: StateDict = {
            "state": {
                index_of[id(key)] if isinstance(key, Tensor) else key: value
                for key, value in self.state.items()
            },
            "param_groups": [
                {option: value for option, value in group.items() if option != "params"}
                | {"params": [index_of[id(param)] for param in group["params"]]}
                for group in self.param_groups
            ],
        }
        return _apply(self._optimizer_state_dict_post_hooks, self, state_dict)

    def load_state_dict(self, state_dict: StateDict) -> None:
        """Takes over the state and the options of a state dict, in the groups' own order.

        Tensors kept for a parameter are cast to its dtype and, where that is theirs already, shared rather
        than copied. Names in the state dict replace the optimizer's own; they are not used to match
        parameters.

        Args:
            state_dict: what `state_dict` returned. Load it after making the learning-rate schedulers, whose
                constructors set the learning rates.

        Raises:
            ValueError: the number of groups, or the number of params in one of them, differs from here.
        """
        state_dict = _apply(self._optimizer_load_state_dict_pre_hooks, self, state_dict.copy())
        groups, saved_groups = self.param_groups, deepcopy(state_dict["param_groups"])
        if len(groups) != len(saved_groups):
            raise ValueError(
                "loaded state dict has a different number of parameter groups: "
                f"{len(saved_groups)}, where the optimizer has {len(groups)}"
            )
        param_of: dict[int, Tensor] = {}
        for number, (group, saved) in enumerate(zip(groups, saved_groups, strict=True)):
            if len(group["params"]) != len(saved["params"]):
                raise ValueError(
                    "loaded state dict contains a parameter group that doesn't match the size of optimizer's "
                    f"group: group {number} has {len(saved['params'])} params, where the optimizer's has "
                    f"{len(group['params'])}"
                )
            param_of.update(zip(saved["params"], group["params"], strict=True))
            saved["params"] = group["params"]
            if "param_names" in group:
                saved.setdefault("param_names", group["param_names"])

        state: defaultdict[Any, Any] = defaultdict(dict)
        for key, value in state_dict["state"].items():
            if key in param_of:
                state[param_of[key]] = _cast_state(value, param_of[key])
            else:
                state[key] = value
        self.__setstate__({"state": state, "param_groups": saved_groups})

        for post_hook in self._optimizer_load_state_dict_post_hooks.values():
            post_hook(self)

    def register_step_pre_hook(self, hook: StepPreHook) -> RemovableHandle:
        """Registers a hook that runs before every step, after the global ones.

        Args:
            hook: called as `hook(optimizer, args, kwargs)` with the arguments of the step, the optimizer
                being the first of them. It returns None, or a new `(args, kwargs)`.

        Returns:
            A handle; `handle.remove()` takes the hook off again.
        """
        return _register(self._optimizer_step_pre_hooks, hook)

    def register_step_post_hook(self, hook: StepPostHook) -> RemovableHandle:
        """Registers a hook that runs after every step, before the global ones.

        Args:
            hook: called as `hook(optimizer, args, kwargs)` with the arguments of the step, the optimizer
                being the first of them.

        Returns:
            A handle; `handle.remove()` takes the hook off again.
        """
        return _register(self._optimizer_step_post_hooks, hook)

    def register_state_dict_pre_hook(self, hook: OptimizerHook, prepend: bool = False) -> RemovableHandle:
        """Registers a hook that runs before `state_dict` collects anything.

        Args:
            hook: called as `hook(optimizer)`.
            prepend: True runs it before the hooks registered so far, False after them.

        Returns:
            A handle; `handle.remove()` takes the hook off again.
        """
        return _register(self._optimizer_state_dict_pre_hooks, hook, prepend)

    def register_state_dict_post_hook(self, hook: StateDictHook, prepend: bool = False) -> RemovableHandle:
        """Registers a hook that sees what `state_dict` is about to return.

        Args:
            hook: called as `hook(optimizer, state_dict)`; it may change the dict, or return another.
            prepend: True runs it before the hooks registered so far, False after them.

        Returns:
            A handle; `handle.remove()` takes the hook off again.
        """
        return _register(self._optimizer_state_dict_post_hooks, hook, prepend)

    def register_load_state_dict_pre_hook(
        self, hook: StateDictHook, prepend: bool = False
    ) -> RemovableHandle:
        """Registers a hook that sees a state dict before it is loaded.

        Args:
            hook: called as `hook(optimizer, state_dict)` with a shallow copy; it may change that, or return
                another dict to load.
            prepend: True runs it before the hooks registered so far, False after them.

        Returns:
            A handle; `handle.remove()` takes the hook off again.
        """
        return _register(self._optimizer_load_state_dict_pre_hooks, hook, prepend)

    def register_load_state_dict_post_hook(
        self, hook: OptimizerHook, prepend: bool = False
    ) -> RemovableHandle:
        """Registers a hook that runs after a state dict was loaded.

        Args:
            hook: called as `hook(optimizer)`.
            prepend: True runs it before the hooks registered so far, False after them.

        Returns:
            A handle; `handle.remove()` takes the hook off again.
        """
        return _register(self._optimizer_load_state_dict_post_hooks, hook, prepend)


def _names_and_tensors(params: Any) -> tuple[list[str], list[Any]]:
    """Splits a group's "params" into names, if they have any, and tensors."""
    if isinstance(params, Tensor):
        return [], [params]
    if isinstance(params, set):
        raise TypeError(
            "optimizer parameters need to be organized in ordered collections, but a set's order changes "
            "between runs: please use a list instead"
        )
    entries = list(params)
    names = [entry[0] for entry in entries if isinstance(entry, tuple)]
    if names and len(names) != len(entries):
        raise ValueError("all optimizer params should be with/without names. Some param names are missing")
    return names, [entry[1] if isinstance(entry, tuple) else entry for entry in entries]


def _cast_state(value: Any, param: Tensor, key: str | None = None) -> Any:
    """Casts the tensors in a parameter's saved state to its dtype, except for step counts."""
    if isinstance(value, Tensor):
        return value if key == "step" or not param.is_floating_point() else value.to(param.dtype)
    if isinstance(value, dict):
        return {name: _cast_state(entry, param, name) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_cast_state(entry, param) for entry in value)
    return value
