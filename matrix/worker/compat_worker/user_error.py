"""The error for input of the user that cannot be used.

Its message is shown to the user. The worker words it because only the worker knows the model.
"""

NO_METHOD_WORDS = "has no method that takes rows"
"""In the message about an object that is no model."""
NOT_FITTED_WORDS = "is not fitted"
"""In the message about a model that was saved before ``fit``."""

NEEDS_DATA_WORDS = "its code needs data of nltk that are not in the sandbox: "
"""In the message about a model whose own code reads data, before the name of these."""

GIVE_TYPES = "; add to this command: --dtypes "
"""In the message about columns of another type, before the types as JSON at its end."""
BOOLEAN = "boolean"
"""The type that such a message proposes."""


class UserError(Exception):
    """The message says what is wrong, what was expected and what to do."""
