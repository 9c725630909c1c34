"""Read the lock files of many tools, one module each; :mod:`matrix.catalog.locks.registry` chooses.

A reader is a function ``read(file, python)``. It takes a
:class:`~matrix.catalog.source_file.SourceFile` and the requested Python (empty if none is
requested), returns a :class:`~matrix.catalog.requirement_set.RequirementSet`, and raises UsageError
with one clear message for whatever it cannot read.

Adding a kind is adding a module, and a line in the registry.
"""
