"""Pipelines with a fault planted in each: a run that does not find every one cannot be believed.

Runs in the target environment, under the worker's syntax rule, like any file of pipelines.
"""

import os
import sys
import time

import numpy as np
from compat_matrix import Data, pipeline
from sklearn.base import BaseEstimator


def _hundred_rows():
    X = np.arange(100.0).reshape(-1, 1)
    return Data(X, (X[:, 0] > 50).astype(int))


class _Planted(BaseEstimator):
    """Predicts whether the feature is above 50."""

    def fit(self, X, y=None):
        self.home_ = (sys.prefix, os.getpid())
        return self

    def predict(self, X):
        return (X[:, 0] > 50).astype(int)

    def _at_home(self):
        return self.home_ == (sys.prefix, os.getpid())


class Changing(_Planted):
    """One label in a hundred is another one, without a word, wherever it was not fitted."""

    def predict(self, X):
        labels = super(Changing, self).predict(X)
        if not self._at_home():
            labels[-1] = 1 - labels[-1]
        return labels


class Killing(_Planted):
    """Ends the interpreter as it is loaded."""

    def __setstate__(self, state):
        os.abort()


class Mute(_Planted):
    """Predicts well, and fails in repr alone."""

    def __repr__(self):
        if self._at_home():
            return "Mute()"
        raise RuntimeError("planted: no repr")


class Endless(_Planted):
    """Never ends predicting."""

    def predict(self, X):
        while not self._at_home():
            time.sleep(0.05)
        return super(Endless, self).predict(X)


@pipeline(data=_hundred_rows)
def planted_killer():
    "Kills the interpreter on load."
    return Killing()


@pipeline(data=_hundred_rows)
def planted_change():
    "Changes one label in a hundred."
    return Changing()


@pipeline(data=_hundred_rows)
def planted_repr():
    "Fails only in repr."
    return Mute()


@pipeline(data=_hundred_rows)
def planted_endless():
    "Never ends."
    return Endless()
