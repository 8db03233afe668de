"""Pictures: figures of matplotlib, which is imported when the first one is made."""

from __future__ import annotations

from tinygen.plots.graph import draw_graph, graph_dot
from tinygen.plots.predictions import plot_predictions
from tinygen.plots.saving import save_figure

__all__ = ["draw_graph", "graph_dot", "plot_predictions", "save_figure"]
