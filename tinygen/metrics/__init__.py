"""Numbers that say how good a model is, from accuracy to mean average precision.

They are computed on the host in float64 from arrays or tensors, whole sets at a time, and are
Python floats. What is not defined (0/0) is said with an :class:`UndefinedMetricWarning`. Where
scikit-learn has a metric, name, arguments and conventions are its own.

==================  ==============================================================================
classification      accuracy, top-k, confusion matrix, precision, recall, F1, log-loss, calibration
curves              ROC, precision and recall, and the areas below them
correlation         Pearson's, Spearman's
image               PSNR, SSIM
generative          Fréchet distance, inception-style score, mode coverage, memorisation, Parzen
detection           IoU, average precision, its mean over classes; non-maximum suppression
retrieval           precision at k, mean average precision of rankings
text                edit distance, character error rate
==================  ==============================================================================
"""

from __future__ import annotations

from tinygen.metrics.checks import UndefinedMetricWarning
from tinygen.metrics.classification import (
    accuracy_score,
    confusion_matrix,
    expected_calibration_error,
    f1_score,
    log_loss,
    precision_score,
    recall_score,
    top_k_accuracy_score,
)
from tinygen.metrics.correlation import pearson_correlation, spearman_correlation
from tinygen.metrics.curves import (
    auc,
    average_precision_score,
    equal_error_rate,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)
from tinygen.metrics.detection import (
    COCO_THRESHOLDS,
    MeanAveragePrecision,
    average_precision_detection,
    batched_nms,
    box_iou,
    mean_average_precision,
    nms,
)
from tinygen.metrics.generative import (
    InceptionStyleScore,
    Memorisation,
    ModeCoverage,
    ParzenLogLikelihood,
    frechet_distance,
    inception_style_score,
    memorisation,
    mode_coverage,
    nearest_neighbours,
    parzen_log_likelihood,
)
from tinygen.metrics.image import psnr, ssim
from tinygen.metrics.retrieval import precision_at_k, retrieval_map
from tinygen.metrics.text import character_error_rate, edit_distance

__all__ = [
    "COCO_THRESHOLDS", "InceptionStyleScore", "MeanAveragePrecision", "Memorisation",
    "ModeCoverage", "ParzenLogLikelihood", "UndefinedMetricWarning", "accuracy_score", "auc",
    "average_precision_detection", "average_precision_score", "batched_nms", "box_iou",
    "character_error_rate", "confusion_matrix", "edit_distance", "equal_error_rate",
    "expected_calibration_error", "f1_score", "frechet_distance", "inception_style_score",
    "log_loss", "mean_average_precision", "memorisation", "mode_coverage", "nearest_neighbours",
    "nms", "parzen_log_likelihood", "pearson_correlation", "precision_at_k",
    "precision_recall_curve", "precision_score", "psnr", "recall_score", "retrieval_map",
    "roc_auc_score", "roc_curve", "spearman_correlation", "ssim", "top_k_accuracy_score",
]  # fmt: skip
