from __future__ import annotations

import copy
import pickle
from collections import OrderedDict

from npnn.utils.hooks import RemovableHandle


def registered(*extra):
    hooks = OrderedDict()
    handle = RemovableHandle(hooks, extra_dict=extra)
    for registry in (hooks, *extra):
        registry[handle.id] = print
    return handle, hooks


def test_remove_takes_the_hook_from_every_registry():
    options = OrderedDict(), OrderedDict()
    handle, hooks = registered(*options)
    options[1].clear()
    handle.remove()
    handle.remove()
    assert not hooks
    assert options == ({}, {})


def test_leaving_a_block_removes():
    handle, hooks = registered()
    with handle as entered:
        assert entered is handle
        assert len(hooks) == 1
    assert not hooks


def test_ids_are_unique():
    assert len({registered()[0].id for _ in range(5)}) == 5


def test_a_handle_does_not_keep_its_registry():
    handle, _ = registered()
    del _
    handle.remove()


def test_a_single_extra_registry_need_not_be_a_list():
    hooks, options = OrderedDict(), OrderedDict()
    handle = RemovableHandle(hooks, extra_dict=options)
    hooks[handle.id], options[handle.id] = print, True
    handle.remove()
    assert not options


def test_a_copied_handle_removes_from_the_copied_registry():
    handle, hooks = registered()
    for twin, registry in (copy.deepcopy((handle, hooks)), pickle.loads(pickle.dumps((handle, hooks)))):
        twin.remove()
        assert not registry
    assert len(hooks) == 1


def test_an_unpickled_handle_does_not_take_an_id_twice():
    handle, hooks = registered()
    state = pickle.dumps((handle, hooks))
    RemovableHandle.next_id = 0
    twin, registry = pickle.loads(state)
    assert RemovableHandle(registry).id > twin.id
