"""Faults planted in every run, to know that it would have found real ones."""
