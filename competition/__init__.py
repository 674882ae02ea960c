"""The two Kaggle models of the homework, trained with Lightning: `python -m competition --help`.

Where to look, in reading order:

    models/        the networks, plain nn.Modules
    optim.py       Muon, SGD and AdamW as the rules of one optimizer's parameter groups
    data/          the images, whole in memory, and the batches made of them
    module.py      the LightningModule that brings these together
    callbacks.py   what happens around an epoch: its seed, its row in the table, checkpoints, predictions
    recipe.py      the ingredients of a recipe: what each is for, and how to leave it out
    report.py      the page about a run, with plots.py
    sweep.py       ablate and sweep: many runs, over seeds
    parity.py      the trained network in NumPy
    cli.py         LightningCLI, and where a run keeps its files
    configs/       one YAML file for each recipe
"""
