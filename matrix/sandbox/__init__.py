"""What a process that loads a file nobody trusts is held in, tried out before it is relied on.

Nothing is imported here: the launcher is started for every such process, and imports little.
"""
