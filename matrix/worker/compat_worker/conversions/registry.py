"""All conversions, in the order in which they are applied to an object."""

from typing import Tuple

from compat_worker.conversions import (
    gradient_boosting,
    histogram_boosting,
    linear_models,
    markers,
    other_classes,
    others,
    tables,
    trees,
)
from compat_worker.conversions.conversion import Conversion

CONVERSIONS: Tuple[Conversion, ...] = (
    *others.CONVERSIONS,
    *trees.CONVERSIONS,
    *gradient_boosting.CONVERSIONS,
    *histogram_boosting.CONVERSIONS,
    *linear_models.CONVERSIONS,
    *tables.CONVERSIONS,
    *markers.CONVERSIONS,
    *other_classes.CONVERSIONS,
)
