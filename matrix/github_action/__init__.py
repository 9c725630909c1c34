"""The GitHub action: what ``action.yml`` runs, as ``python -I -m matrix.github_action``.

It runs a check, and says its answer where people look on GitHub: as a step summary, as one comment
on the pull request, as annotations at the pins, and as outputs for later steps.
"""
