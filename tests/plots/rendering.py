"""What the tests of pictures share: a figure as pixels, its words, and one picture of each kind."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

import tinygen as tg
from tinygen import nn, plots


def pixels(figure: Figure) -> np.ndarray:
    """The page, (height, width, 3) bytes."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def drawn_texts(figure: Figure) -> list[Text]:
    """All words that reach the page: labels of ticks outside of the picture do not."""
    seen: dict[int, Text] = {}
    original = Text.draw

    def watched(self: Text, renderer: Any) -> None:
        if self.get_visible() and self.get_text().strip():
            seen[id(self)] = self
        original(self, renderer)

    Text.draw = watched  # type: ignore[method-assign]
    try:
        FigureCanvasAgg(figure).draw()
    finally:
        Text.draw = original  # type: ignore[method-assign]
    return list(seen.values())


def words(figure: Figure) -> list[str]:
    return [text.get_text() for text in drawn_texts(figure)]


def enlarged(picture: np.ndarray, zoom: int) -> np.ndarray:
    """Each pixel of (H, W) or (H, W, 3) bytes as a square of them."""
    colours = picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=2)
    return np.kron(colours, np.ones((zoom, zoom, 1), np.uint8))


def random_pictures(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def as_floats(pictures: np.ndarray) -> np.ndarray:
    return (pictures / 255).astype(np.float32)


def decode(codes: Any) -> Any:
    """A decoder whose pictures are of one shade: that of the first number, from -3 to 3."""
    shade = ((codes[:, :1] + 3.0) / 6.0).reshape(-1, 1, 1, 1)
    return shade * tg.ones(1, 1, 7, 5)


def small_model() -> nn.Module:
    tg.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Dropout(0.5), nn.Flatten(), nn.Dense(4 * 26 * 26, 10)
    )


def history() -> dict[str, Any]:
    epochs = np.arange(1, 13)
    loss = 2.0 / epochs
    return {
        "epoch": epochs, "train_loss": loss, "val_loss": loss + 0.01 * epochs,
        "accuracy": 1 - 0.4 / epochs, "val_accuracy": 1 - 0.5 / epochs - 0.01 * epochs,
        "val_cer": 0.5 / epochs, "lr": 0.1 / epochs,
    }  # fmt: skip


def classified(count: int = 500, classes: int = 10) -> tuple[np.ndarray, np.ndarray]:
    """Labels, and probabilities that are often right."""
    rng = np.random.default_rng(1)
    labels = rng.integers(0, classes, count)
    logits = rng.normal(size=(count, classes)) + 3 * np.eye(classes)[labels]
    shares = np.exp(logits)
    return labels, shares / shares.sum(axis=1, keepdims=True)


LABELS, PROBABILITIES = classified()
COUNTS = np.random.default_rng(0).integers(0, 90, (10, 10)) + 900 * np.eye(10, dtype=int)
PICTURES = random_pictures(12, 28, 28)
CODES = np.random.default_rng(0).normal(size=(60, 2)) + 6 * np.repeat(np.eye(3)[:, :2], 20, axis=0)
BOXES = [np.array([[2.0, 6.0, 15.0, 20.0]]), np.zeros((0, 4))]


def some_graph() -> Any:
    x = tg.ones(2, 3, requires_grad=True)
    return (x * x).sum()


CATALOGUE = {
    "activations": lambda file: plots.activations(
        small_model(), "0", as_floats(PICTURES[:1]), title="Maps", file=file
    ),
    "before_after_difference": lambda file: plots.before_after_difference(
        PICTURES[:3], PICTURES[3:6], title="Change", file=file
    ),
    "confusion_matrix": lambda file: plots.confusion_matrix(COUNTS, title="Errors", file=file),
    "draw_boxes": lambda file: plots.draw_boxes(
        PICTURES[:2], BOXES, [[1], []], [[0.9], []], BOXES, title="Found", file=file
    ),
    "draw_graph": lambda file: plots.draw_graph(some_graph(), file),
    "film_strip": lambda file: plots.film_strip(
        [PICTURES[:4], PICTURES[4:8], PICTURES[8:]], title="Film", file=file
    ),
    "filters": lambda file: plots.filters(
        np.linspace(-1, 1, 8 * 3 * 9).reshape(8, 3, 3, 3)[:, :2], title="Kernels", file=file
    ),
    "image_grid": lambda file: plots.image_grid(
        PICTURES, titles=list(range(12)), title="Noise", file=file
    ),
    "interpolation_strip": lambda file: plots.interpolation_strip(
        decode, [-3.0, 0.0], [3.0, 1.0], title="Between", file=file
    ),
    "latent_codes": lambda file: plots.latent_codes(
        CODES, np.repeat([0, 1, 2], 20), ["cat", "dog", "emu"], title="Codes", file=file
    ),
    "latent_plane": lambda file: plots.latent_plane(
        decode, 9, codes=CODES, labels=np.repeat([0, 1, 2], 20), title="Plane", file=file
    ),
    "loss_curves": lambda file: plots.loss_curves(history(), title="Loss", file=file),
    "metric_curves": lambda file: plots.metric_curves(history(), title="Metrics", file=file),
    "precision_recall_plot": lambda file: plots.precision_recall_plot(
        LABELS, PROBABILITIES, title="PR", file=file
    ),
    "reliability_diagram": lambda file: plots.reliability_diagram(
        LABELS, PROBABILITIES, title="Calibration", file=file
    ),
    "roc_curve_plot": lambda file: plots.roc_curve_plot(
        LABELS, PROBABILITIES, title="ROC", file=file
    ),
    "traversal": lambda file: plots.traversal(decode, [0.0, 1.0], title="Sweep", file=file),
}  # fmt: skip
"""A picture of each kind, by the name of its function; they are given where to save it."""
