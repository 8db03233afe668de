"""Pictures: figures of matplotlib, which is imported when the first one is made.

Every function takes Tensors on any device or host arrays, gives a figure that is not shown, and
saves it where ``file`` names a place, whole or not at all.
"""

from __future__ import annotations

from tinygen.plots.animation import save_gif
from tinygen.plots.classification import (
    confusion_matrix,
    precision_recall_plot,
    reliability_diagram,
    roc_curve_plot,
)
from tinygen.plots.curves import loss_curves, metric_curves
from tinygen.plots.detection import draw_boxes
from tinygen.plots.graph import draw_graph, graph_dot
from tinygen.plots.images import (
    before_after_difference,
    film_strip,
    image_grid,
    tile_images,
)
from tinygen.plots.latent import interpolation_strip, latent_codes, latent_plane, traversal
from tinygen.plots.latent_page import latent_page
from tinygen.plots.network import activations, filters
from tinygen.plots.predictions import plot_predictions
from tinygen.plots.saving import save_figure

__all__ = [
    "activations", "before_after_difference", "confusion_matrix", "draw_boxes", "draw_graph",
    "film_strip", "filters", "graph_dot", "image_grid", "interpolation_strip", "latent_codes",
    "latent_page", "latent_plane", "loss_curves", "metric_curves", "plot_predictions",
    "precision_recall_plot", "reliability_diagram", "roc_curve_plot", "save_figure", "save_gif",
    "tile_images", "traversal",
]  # fmt: skip
