"""Drawing a graph: what is in it, and that the picture is tidy."""

from __future__ import annotations

import io
import math
import re
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import tinygen as tg
from tinygen.plots import draw_graph, graph, graph_dot

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def example() -> tuple[tg.Tensor, dict[str, tg.Tensor]]:
    a = tg.ones(3, 4, requires_grad=True)
    b = tg.ones(4, requires_grad=True)
    return (a * b + tg.sin(a)).sum(), {"a": a, "b": b}


def chain(length: int) -> tg.Tensor:
    y = tg.ones(2, requires_grad=True)
    for _ in range(length):
        y = y.sin()
    return y


def shared_weights(steps: int) -> tuple[tg.Tensor, dict[str, tg.Tensor]]:
    """A recurrent net: every weight is used at every step."""
    w, u, b = (tg.ones(*shape, requires_grad=True) for shape in ((3, 3), (3, 3), (3,)))
    h = tg.zeros(2, 3)
    for _ in range(steps):
        h = tg.tanh(h @ w + tg.ones(2, 3) @ u + b)
    return h.sum(), {"w": w, "u": u, "b": b}


# ---- the text --------------------------------------------------------------------------------


def labels_and_lines(dot: str) -> tuple[dict[str, str], set[tuple[str, str]]]:
    """The labels of a DOT graph by node, and its lines as pairs of labels."""
    labels = dict(re.findall(r'^  (n\d+) \[label="(.*?)", shape', dot, flags=re.MULTILINE))
    lines = re.findall(r"^  (n\d+) -> (n\d+);", dot, flags=re.MULTILINE)
    return labels, {(labels[source], labels[end]) for source, end in lines}


def test_the_text_has_every_node_and_line() -> None:
    y, names = example()
    labels, lines = labels_and_lines(graph_dot(y, names))
    assert sorted(labels.values()) == [
        r"Add\n3×4", r"Mul\n3×4", r"Sin\n3×4", r"Sum\nscalar", r"a\n3×4", r"b\n4",
        r"result\nscalar",
    ]  # fmt: skip
    assert lines == {
        (r"a\n3×4", r"Mul\n3×4"), (r"b\n4", r"Mul\n3×4"), (r"a\n3×4", r"Sin\n3×4"),
        (r"Mul\n3×4", r"Add\n3×4"), (r"Sin\n3×4", r"Add\n3×4"), (r"Add\n3×4", r"Sum\nscalar"),
        (r"Sum\nscalar", r"result\nscalar"),
    }  # fmt: skip


def test_the_text_is_a_digraph() -> None:
    dot = graph_dot(example()[0])
    assert dot.startswith("digraph {\n")
    assert dot.endswith("}\n")
    assert dot.count("{") == dot.count("}") == 1


def test_a_value_used_twice_by_one_function_has_two_lines() -> None:
    x = tg.ones(2, requires_grad=True)
    dot = graph_dot(x * x, {"x": x})
    assert dot.count("n0 -> n1;") == 2


def test_intermediate_values_and_the_result_may_have_names() -> None:
    x = tg.ones(2, requires_grad=True)
    h = x * 2
    y = h.sin()
    labels, _ = labels_and_lines(graph_dot(y, {"h": h, "y": y}))
    assert set(labels.values()) == {r"leaf\n2", r"h = Mul\n2", r"Sin\n2", r"y\n2"}


def test_parameters_of_a_module_are_names() -> None:
    w = tg.ones(2, requires_grad=True)
    pairs = iter([("layer.weight", w), ("frozen", tg.ones(2))])
    assert r"layer.weight\n2" in graph_dot(w * 2, pairs)


def test_quotes_and_backslashes_in_names_are_escaped() -> None:
    x = tg.ones(2, requires_grad=True)
    assert r'label="a\"b\\c\n2"' in graph_dot(x * 2, {'a"b\\c': x})


def test_a_leaf_is_a_graph_of_its_own() -> None:
    x = tg.ones(2, requires_grad=True)
    labels, lines = labels_and_lines(graph_dot(x, {"x": x}))
    assert len(labels) == 2
    assert len(lines) == 1


def test_a_function_with_several_outputs_is_drawn_once() -> None:
    first, second = tg.split(tg.ones(3, requires_grad=True), [1, 2])
    dot = graph_dot(first.sum() + second.sum())
    assert dot.count("leaf") == 1


def test_a_freed_graph_cannot_be_drawn_and_a_retained_one_can() -> None:
    y, names = example()
    y.backward(retain_graph=True)
    assert "Mul" in graph_dot(y, names)
    y.backward()
    with pytest.raises(RuntimeError, match="already walked and freed: draw it before backward"):
        graph_dot(y, names)


def test_a_part_that_was_freed_through_another_result_is_marked() -> None:
    shared = tg.ones(2, requires_grad=True).exp()
    y = shared * 2
    shared.sum().backward()
    assert r"Exp\nfreed" in graph_dot(y)


def test_the_text_holds_the_whole_of_a_long_graph() -> None:
    assert graph_dot(chain(20_000)).count("Sin") == 20_000


def test_drawing_keeps_the_graph_usable() -> None:
    y, names = example()
    graph_dot(y, names)
    draw_graph(y, names=names)
    y.backward()
    np.testing.assert_allclose(names["b"].grad.numpy(), [3.0] * 4)


@pytest.mark.parametrize("draw", [graph_dot, draw_graph])
def test_without_a_graph_there_is_nothing_to_draw(draw: Any) -> None:
    with pytest.raises(RuntimeError, match=r"no graph behind this tensor.*detach\(\)"):
        draw(tg.ones(2))
    with pytest.raises(TypeError, match="expected a Tensor to draw the graph of, got ndarray"):
        draw(np.ones(2))


# ---- the picture -----------------------------------------------------------------------------


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts if text.get_text()]


def boxes(figure: Figure) -> list[tuple[float, float, float, float]]:
    """The boxes of a picture: left, bottom, right, top."""
    patches = [p.get_bbox() for p in figure.axes[0].patches if hasattr(p, "get_bbox")]
    return [(box.x0, box.y0, box.x1, box.y1) for box in patches]


def test_the_picture_shows_names_and_shapes() -> None:
    y, names = example()
    shown = texts(draw_graph(y, names=names))
    for word in ("a", "b", "Mul", "Sin", "Add", "Sum", "result", "3×4", "4", "scalar"):
        assert word in shown


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_the_picture_is_saved_as_the_name_says(ending: str, tmp_path: Path) -> None:
    file = tmp_path / f"graph.{ending}"
    y, names = example()
    draw_graph(y, file, names)
    beginning = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[ending]
    assert file.read_bytes().startswith(beginning)


def test_the_picture_is_written_into_an_open_file() -> None:
    buffer = io.BytesIO()
    draw_graph(example()[0], buffer)
    assert buffer.getvalue().startswith(b"\x89PNG")


GRAPHS = {"example": lambda: example()[0], "chain": lambda: chain(12)}
GRAPHS |= {f"{n} steps": lambda n=n: shared_weights(n)[0] for n in (1, 2, 8)}


@pytest.mark.parametrize("make", GRAPHS.values(), ids=GRAPHS.keys())
def test_no_two_boxes_touch_and_all_lie_inside(make: Any) -> None:
    figure = draw_graph(make())
    (left, right), (bottom, top) = figure.axes[0].get_xlim(), figure.axes[0].get_ylim()
    drawn = boxes(figure)
    for x0, y0, x1, y1 in drawn:
        assert left < x0 < x1 < right
        assert bottom < y0 < y1 < top
    for one, other in combinations(drawn, 2):
        apart_sideways = one[2] < other[0] or other[2] < one[0]
        apart_upwards = one[3] < other[1] or other[3] < one[1]
        assert apart_sideways or apart_upwards


@pytest.mark.parametrize("make", GRAPHS.values(), ids=GRAPHS.keys())
def test_the_text_fits_into_its_box(make: Any) -> None:
    figure = draw_graph(make())
    axes = figure.axes[0]
    drawn = boxes(figure)
    for text in axes.texts:
        if text.get_text() and "×" not in text.get_text()[:1]:
            extent = axes.transData.inverted().transform(text.get_window_extent())
            (x0, y0), (x1, y1) = extent
            assert any(b[0] < x0 < x1 < b[2] and b[1] < y0 < y1 < b[3] for b in drawn)


def test_a_chain_is_drawn_straight() -> None:
    centres = [(x0 + x1) / 2 for x0, _, x1, _ in boxes(draw_graph(chain(12)))]
    np.testing.assert_allclose(centres, centres[0], atol=1e-3)


def test_a_long_graph_goes_on_in_the_next_column() -> None:
    drawn = boxes(draw_graph(chain(60)))
    tops = [round(y1, 3) for *_, y1 in drawn]
    assert len(drawn) == 62
    assert len(set(tops)) <= graph.PAGE
    assert draw_graph(chain(60)).get_size_inches()[1] < 11.7  # A4


def test_what_is_cut_between_columns_stays_joined() -> None:
    figure = draw_graph(chain(30))
    arrows = [text for text in figure.axes[0].texts if hasattr(text, "arrow_patch")]
    assert len(arrows) == 31  # a line into each box but the leaf's


def test_an_inch_is_an_inch() -> None:
    """The letters keep their size however large the graph is."""
    for length in (1, 15, 40):
        figure = draw_graph(chain(length))
        width, height = figure.get_size_inches()
        axes = figure.axes[0]
        assert math.isclose(width, np.ptp(axes.get_xlim()))
        assert math.isclose(height, np.ptp(axes.get_ylim()))


def test_of_a_large_graph_the_newest_part_is_drawn_and_the_picture_says_so() -> None:
    y = chain(400)
    figure = draw_graph(y)
    shown = texts(figure)
    assert "the newest 150 of 402 nodes; … stands for older ones" in shown
    assert shown.count("Sin") == graph.LIMIT - 1
    assert shown.count("…") == 1
    assert "result" in shown
    assert "leaf" not in shown


def test_matplotlib_is_loaded_when_it_draws_and_not_before() -> None:
    code = (
        "import sys, tinygen as tg\n"
        "x = tg.ones(2, requires_grad=True)\n"
        "tg.plots.graph_dot(x * x)\n"
        "print('matplotlib' in sys.modules)\n"
        "tg.plots.draw_graph(x * x)\n"
        "print('matplotlib' in sys.modules, 'matplotlib.pyplot' in sys.modules)\n"
    )
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert finished.stdout.split() == ["False", "True", "False"]
