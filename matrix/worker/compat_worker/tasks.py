"""What a worker does, by task; importing this module imports all of the worker."""

from compat_worker import construction, loading, measuring, reference, resaving, saving, tracing

import_failures = saving.import_failures
"""The task ``check``."""

TASKS = {
    "save": saving.save,
    "evidence": measuring.measure,
    "load": loading.load,
    "reference": reference.record_reference,
    "trace": tracing.trace,
    "resave": resaving.resave,
    "construct": construction.construct,
}
"""The tasks that have pieces: each takes a piece and the journal, and returns the answer."""
