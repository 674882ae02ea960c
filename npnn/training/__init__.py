"""The main job: train, sweep and predict from the command line, with every run in a folder of its own.

Needs the train extra: `pip install "npnn-reference[train]"`. Nothing else in npnn imports this package.
"""
