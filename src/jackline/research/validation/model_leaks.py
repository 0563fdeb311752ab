"""What a model bundle may have seen of the bars that it is judged on."""

from __future__ import annotations

import numpy as np

from jackline.data.candles import Candles
from jackline.models.bundle import Bundle
from jackline.models.features import Floats, features
from jackline.research.validation import leaks
from jackline.research.validation.findings import Finding

PREFIX_BARS = 1_200


def bundle_findings(bundle: Bundle, candles: Candles) -> tuple[Finding, ...]:
    """Training that reaches into the bars, features that look ahead, one model in two roles.

    `candles` are those that it is judged on, from the first.
    """
    ended = int(np.searchsorted(candles.open_ms, bundle.manifest.trained_to_ms)) - 1
    rows = np.array(bundle.probe_rows, dtype=np.float64)
    return (
        leaks.training_in_test(np.array([ended]), np.zeros(1, dtype=np.int64)),
        feature_finding(candles),
        leaks.same_model_two_roles(
            {key: forest.probabilities(rows) for key, forest in bundle.forests.items()}
        ),
    )


def feature_finding(candles: Candles) -> Finding:
    """Whether the features that ship say the same of a bar when what comes later is taken away."""
    last = candles.part(max(0, len(candles) - PREFIX_BARS), len(candles))
    return leaks.future_feature(_features, last)


def _features(candles: Candles) -> Floats:
    return features(candles.table)
