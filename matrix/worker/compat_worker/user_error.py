"""What the user gave cannot be used: the one thing that the worker words for people.

Only here, beside the model, is it known what the model would have taken.
"""


class UserError(Exception):
    """What is wrong with what was given, what was expected, and what to do."""
