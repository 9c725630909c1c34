"""Convert a model of another release of scikit-learn while it is loaded.

:mod:`compat_worker.conversions.convert` loads and converts; :mod:`.stand_ins` takes the place of
classes that this release lost. Every other module holds the conversions of one family of
estimators, and :mod:`.registry` lists them all. Each is a small function of one object: it returns
whether it changed something, and its conditions are in it. Nothing here decides that a converted
model is right: its outputs are compared with those of the original afterwards.
"""
