"""Pipelines with one planted fault each; a run that does not find all of them is invalid.

A pipeline file: runs in target environments on Python 3.6 or later.
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


class _BadModel(BaseEstimator):
    """Predicts whether the feature is above 50."""

    def fit(self, X, y=None):
        self.home_ = (sys.prefix, os.getpid())
        return self

    def predict(self, X):
        return (X[:, 0] > 50).astype(int)

    def _at_home(self):
        return self.home_ == (sys.prefix, os.getpid())


class Changing(_BadModel):
    """Predicts one label in a hundred differently in every process but the one that fitted it."""

    def predict(self, X):
        labels = super(Changing, self).predict(X)
        if not self._at_home():
            labels[-1] = 1 - labels[-1]
        return labels


class Killing(_BadModel):
    """Aborts the interpreter while it is loaded."""

    def __setstate__(self, state):
        os.abort()


class Mute(_BadModel):
    """Predicts correctly and fails only in repr."""

    def __repr__(self):
        if self._at_home():
            return "Mute()"
        raise RuntimeError("planted: no repr")


class Endless(_BadModel):
    """Its predict never returns, except in the process that fitted it."""

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
