"""npnn against torch, on the same work in one process: `python -m benchmarks`.

A case is a row of the table in cases.py and a function that makes its contenders:

    cases.py            the table: what is timed, against whom, and which figure to reach, from
      training_steps.py   forward, backward and step of whole networks
      layers.py           layers and losses one by one
      optimizers.py       steps of optimizers
      homework.py         the homework's layers beside its printed loops
      processes.py        what a command takes from start to end
      peers.py            other libraries, with --peers
    networks.py         the networks, for torch.nn and npnn.nn alike
    twins.py            one piece of work for both libraries
    growth.py           how the cost grows with the work
    measure.py          checks that all compute the same, then times them in turn
    memory.py           how much memory a run takes
    report.py           the tables, the JSON, the plot and the machine

Nothing here is part of the package, and no test depends on how fast anything is.
"""
