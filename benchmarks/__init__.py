"""npnn against torch, on the same work in one process: `python -m benchmarks`.

A case is a row of the table in cases.py and a function that makes its contenders:

    cases.py            what is timed, against whom, and which figure to reach
    training_steps.py   forward, backward and step of whole networks
    processes.py        what a command takes from start to end
    measure.py          checks that all compute the same, then times them in turn
    report.py           the table, the JSON and the machine

Nothing here is part of the package, and no test depends on how fast anything is.
"""
