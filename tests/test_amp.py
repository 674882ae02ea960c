"""Mixed precision: switched off for a GPU that is not there, refused on the CPU."""

import pytest

import npnn
from npnn.cuda import amp


def test_for_the_gpu_it_warns_and_changes_nothing():
    for make in (lambda: npnn.autocast("cuda"), lambda: amp.autocast()):
        with pytest.warns(UserWarning, match="Disabling"):
            context = make()
        with context as entered:
            assert entered is context
            assert (npnn.ones(2) / 3).dtype == npnn.float32
    assert npnn.autocast("cpu", enabled=False)(abs) is abs
    assert npnn.is_autocast_enabled() is False


def test_on_the_cpu_it_is_refused():
    with pytest.raises(NotImplementedError, match="bfloat16"):
        npnn.autocast("cpu")
    with pytest.raises(NotImplementedError, match="enabled=False"):
        npnn.amp.GradScaler("cpu")


def test_a_training_step_through_a_scaler_is_the_step_itself():
    results = []
    for scaled in (False, True):
        npnn.manual_seed(0)
        net = npnn.Linear(2, 1)
        optimizer = npnn.optim.SGD(net.parameters(), lr=0.1)
        loss = net(npnn.ones(3, 2)).square().mean()
        if scaled:
            with pytest.warns(UserWarning, match="not available"):
                scaler = amp.GradScaler()
            scaler.scale(loss).backward()
            scaler.unscale_(optimizer)
            scaler.step(optimizer)
            scaler.update()
            scaler.load_state_dict(scaler.state_dict())
            assert scaler.get_scale() == 1
        else:
            loss.backward()
            optimizer.step()
        results.append(net.weight.tolist())
    assert results[0] == results[1]
