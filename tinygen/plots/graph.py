"""Drawing the graph behind a tensor: as DOT text, or as a picture without any other program.

The layout has the three steps of K. Sugiyama, S. Tagawa and M. Toda, "Methods for visual
understanding of hierarchical system structures" (1981). A node's layer is the longest path from
it to the result. The nodes of a layer are ordered by the mean place of their neighbours (the
barycentre). Then each is moved as near to its neighbours as the widths allow.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tinygen.autograd.engine import Function, Variable
from tinygen.plots.style import File, finished

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_graph", "graph_dot"]

Names = Mapping[str, Any] | Iterable[tuple[str, Any]]
Point = tuple[float, float]

LIMIT = 150  # more nodes than this are no picture any more
ROW, HEIGHT, GAP, MARGIN = 0.56, 0.36, 0.16, 0.12  # inches
CHARACTER = {"title": 0.082, "detail": 0.066}  # inches, at 9 and 7.5 points
SWEEPS = 24
LINE: dict[str, Any] = {"color": "#333333", "linewidth": 0.8}
PAGE, CHANNEL = 20, 0.08  # layers in a column; inches between lines to the next one
# Fill and line of each kind of node, in Okabe and Ito's colours for every eye.
COLOURS = {
    "leaf": ("#d6e9f6", "#0072b2"),
    "function": ("#fdf3dc", "#b87a00"),
    "result": ("#d5efe6", "#009e73"),
    "older": ("#ffffff", "#777777"),
}


@dataclass(eq=False)
class _Node:
    """A box: a leaf, a function, the result, what is not drawn, or a bend in a long line."""

    kind: str
    title: str
    detail: str = ""
    inputs: list[_Node] = field(default_factory=list)
    layer: int = 0  # the result is in layer 0
    height: int = 0  # the longest path from a leaf
    x: float = 0.0
    y: float = 0.0
    shift: float = 0.0  # of its column, to the right
    partners: list[_Node] = field(default_factory=list)  # to stand straight above or below

    @property
    def column_x(self) -> float:
        """Where it stands in the picture; ``x`` is where it would, were there one column."""
        return self.x + self.shift

    @property
    def width(self) -> float:
        """Inches that the text needs."""
        if self.kind == "bend":
            return 0.0
        needed = CHARACTER["title"] * len(self.title), CHARACTER["detail"] * len(self.detail)
        return max(*needed, 0.3) + 0.16

    @property
    def firmness(self) -> float:
        """How strongly it keeps its place: the rest makes way, so that main lines are straight."""
        if self.kind in ("function", "result"):
            return 1e6 if self.partners else 1e4
        return 1e2 if self.kind == "bend" else 1.0


def graph_dot(tensor: Any, names: Names | None = None) -> str:
    """The whole graph behind a tensor, in the DOT language of Graphviz.

    Parameters
    ----------
    tensor : Tensor
        The result, before ``backward`` has freed its graph.
    names : mapping of str to Tensor, or pairs of them, optional
        What to call leaves and intermediate values, such as ``model.named_parameters()``.

    Returns
    -------
    str
        Leaves are ``box`` with round corners, functions plain boxes, the result is an ellipse.

    Raises
    ------
    RuntimeError
        If there is no graph: nothing behind the tensor requires a gradient, or it was freed.
    """
    shapes = {"leaf": "box", "function": "box", "result": "ellipse"}
    nodes = _trace(tensor, names)
    number = {node: place for place, node in enumerate(nodes)}
    lines = ["digraph {", '  node [style="filled", fontname="Helvetica", fontsize=10];']
    for place, node in enumerate(nodes):
        fill, line = COLOURS[node.kind]
        style = ', style="filled,rounded"' if node.kind == "leaf" else ""
        lines.append(
            f'  n{place} [label="{_quoted(node.title)}\\n{_quoted(node.detail)}", '
            f'shape={shapes[node.kind]}, fillcolor="{fill}", color="{line}"{style}];'
        )
    for place, node in enumerate(nodes):
        lines += [f"  n{number[source]} -> n{place};" for source in node.inputs]
    return "\n".join([*lines, "}"]) + "\n"


def draw_graph(tensor: Any, file: File = None, names: Names | None = None) -> Figure:
    """A picture of the graph behind a tensor: leaves at the top, the result at the bottom.

    Blue boxes with round corners are leaves, yellow ones functions, the green one is the result;
    each shows its shape. What is too long for a page goes on in the next column. Of a graph of
    more than 150 nodes the newest part is drawn, and the picture says so.

    Parameters
    ----------
    tensor : Tensor
        The result, before ``backward`` has freed its graph.
    file : path or binary file, optional
        Where to save it, as the ending of the name says: ``.png``, ``.svg`` or ``.pdf``.
    names : mapping of str to Tensor, or pairs of them, optional
        What to call leaves and intermediate values, such as ``model.named_parameters()``.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    RuntimeError
        If there is no graph: nothing behind the tensor requires a gradient, or it was freed.
    """
    from matplotlib.figure import Figure

    everything = _trace(tensor, names)
    nodes = _newest(everything)
    layers = _layered(nodes)
    _order(layers)
    _place(layers)
    detours = _fold(layers)

    room = MARGIN + CHANNEL * max([0, *(detour.count for detour in detours.values())])
    drawn = [node for row in layers for node in row]
    left = min(node.column_x - node.width / 2 for node in drawn) - MARGIN
    right = max(node.column_x + node.width / 2 for node in drawn) + MARGIN
    bottom, top = -HEIGHT / 2 - room, max(node.y for node in drawn) + HEIGHT / 2 + room
    note = ""
    if len(nodes) < len(everything):
        note = f"the newest {LIMIT} of {len(everything)} nodes; … stands for older ones"
        top, right = top + 0.3, max(right, left + CHARACTER["detail"] * len(note) + 2 * MARGIN)
    figure = Figure(figsize=(right - left, top - bottom), dpi=150, facecolor="white")
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set(xlim=(left, right), ylim=(bottom, top))  # so that a unit is an inch
    axes.set_axis_off()
    axes.text(left + MARGIN, top - MARGIN, note, fontsize=7.5, va="top", style="italic")
    for node in drawn:
        _draw_lines(axes, node, detours)
        if node.kind != "bend":
            _draw_box(axes, node)
    return finished(figure, file)


# ---- what to draw ----------------------------------------------------------------------------


def _trace(tensor: Any, names: Names | None) -> list[_Node]:
    """The nodes behind a tensor, each after its inputs; the result is last."""
    if not isinstance(tensor, Variable):
        raise TypeError(f"expected a Tensor to draw the graph of, got {type(tensor).__name__}")
    if tensor.edge is None:
        raise RuntimeError(
            "there is no graph behind this tensor: it was made inside no_grad(), by detach(), or "
            "from tensors whose requires_grad is False"
        )
    if getattr(tensor.edge[0], "released", False):
        raise RuntimeError(
            "the graph behind this tensor was already walked and freed: draw it before "
            "backward(), or keep it with backward(retain_graph=True)"
        )
    pairs = list(names.items() if isinstance(names, Mapping) else names or ())
    called = _names_by_maker([pair for pair in pairs if pair[1] is not tensor])
    nodes: dict[int, _Node] = {}
    stack: list[Any] = [tensor.edge[0]]
    while stack:  # depth first; the loop stands for a recursion that could be too deep
        maker = stack[-1]
        sources = [edge[0] for edge in getattr(maker, "edges", ()) if edge is not None]
        waiting = [source for source in sources if id(source) not in nodes]
        if waiting and id(maker) not in nodes:
            stack.extend(reversed(waiting))
            continue
        stack.pop()
        if id(maker) not in nodes:
            node = _described(maker, called.get(id(maker), []))
            node.inputs = [nodes[id(source)] for source in sources]
            nodes[id(maker)] = node
    name = next((name for name, value in pairs if value is tensor), "result")
    result = _Node("result", name, _shape_text(tensor.data.shape), [nodes[id(tensor.edge[0])]])
    return [*nodes.values(), result]


def _names_by_maker(pairs: list[tuple[str, Any]]) -> dict[int, list[str]]:
    """What the outputs of each maker are called."""
    called: dict[int, list[str]] = {}
    for name, value in pairs:
        if value.edge is not None:
            called.setdefault(id(value.edge[0]), []).append(name)
    return called


def _described(maker: Any, names: list[str]) -> _Node:
    if not isinstance(maker, Function):
        return _Node("leaf", ", ".join(names) or "leaf", _shape_text(maker.data.shape))
    title = " = ".join([*names, type(maker).__name__])
    if maker.released:
        return _Node("function", title, "freed")
    shapes = [shape for shape, dtype, _ in maker.outputs if dtype.kind == "f"]
    return _Node("function", title, ", ".join(map(_shape_text, shapes)))


def _shape_text(shape: tuple[int, ...]) -> str:
    """``3×28×28``, as it is said."""
    return "×".join(map(str, shape)) or "scalar"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


# ---- where to draw it ------------------------------------------------------------------------


def _newest(nodes: list[_Node]) -> list[_Node]:
    """Give every node its layer; if they are too many, keep those nearest to the result."""
    for node in reversed(nodes):
        for source in node.inputs:
            source.layer = max(source.layer, node.layer + 1)
    if len(nodes) <= LIMIT:
        return nodes
    nearest = sorted(nodes, key=lambda node: node.layer)[:LIMIT]  # with all that use them
    known = set(nearest)
    kept: list[_Node] = []
    for node in reversed(nearest):
        drawn = [source for source in node.inputs if source in known]
        if len(drawn) < len(node.inputs):
            older = _Node("older", "…", layer=node.layer + 1)
            node.inputs = [older, *drawn]
            kept.append(older)
        kept.append(node)
    return kept


def _layered(nodes: list[_Node]) -> list[list[_Node]]:
    """The layers from the result up, every line cut into pieces from one layer to the next.

    A long line becomes a chain of bends, one chain for all the places where a value is used.
    """
    layers: list[list[_Node]] = [[] for _ in range(1 + max(node.layer for node in nodes))]
    for node in nodes:
        layers[node.layer].append(node)
        _join_main_line(node)
    chains: dict[_Node, list[_Node]] = {node: [node] for node in nodes}
    for node in nodes:
        node.inputs = [_reaching(chains[source], node.layer + 1, layers) for source in node.inputs]
    for _, *bends in chains.values():
        for bend in bends:
            bend.partners = bends
    return layers


def _join_main_line(node: _Node) -> None:
    """Go on with the line of the input that has the longest past, if there is one."""
    sources = sorted(set(node.inputs), key=lambda source: source.height)
    if not sources:
        return
    main = sources[-1]
    node.height = main.height + 1
    is_alone = len(sources) == 1 or sources[-2].height < main.height
    if is_alone and main.kind == "function" and main.layer == node.layer + 1:
        main.partners = main.partners or [main]
        main.partners.append(node)
        node.partners = main.partners


def _reaching(chain: list[_Node], layer: int, layers: list[list[_Node]]) -> _Node:
    """The part of a node's chain that lies in a layer; it grows as far as needed."""
    while chain[-1].layer > layer:
        bend = _Node("bend", "", inputs=[chain[-1]], layer=chain[-1].layer - 1)
        layers[bend.layer].append(bend)
        chain.append(bend)
    return chain[chain[0].layer - layer]


def _order(layers: list[list[_Node]]) -> None:
    """Sort each layer by the mean place of its neighbours, in turns; keep what crosses least."""
    inputs, users = _neighbours(layers)
    for row in layers:
        _sort(row, dict.fromkeys(row, []))
    best, fewest = [list(row) for row in layers], _crossings(layers)
    for sweep in range(SWEEPS):
        upwards = sweep % 2 == 0
        for row in layers if upwards else reversed(layers):
            _sort(row, users if upwards else inputs)
        crossings = _crossings(layers)
        if crossings < fewest:
            best, fewest = [list(row) for row in layers], crossings
    layers[:] = best


def _neighbours(
    layers: list[list[_Node]],
) -> tuple[dict[_Node, list[_Node]], dict[_Node, list[_Node]]]:
    """By node, those in the layer above it (its inputs) and in the layer below (its users)."""
    inputs = {node: node.inputs for row in layers for node in row}
    users: dict[_Node, list[_Node]] = {node: [] for node in inputs}
    for node, sources in inputs.items():
        for source in sources:
            users[source].append(node)
    return inputs, users


def _sort(row: list[_Node], neighbours: Mapping[_Node, Sequence[_Node]]) -> None:
    """Order a layer by the mean of neighbours' places; a place is, for now, a whole number."""
    row.sort(key=lambda node: _mean_x(neighbours[node], node.x))
    for place, node in enumerate(row):
        node.x = float(place)


def _mean_x(nodes: Sequence[_Node], otherwise: float) -> float:
    return sum(node.x for node in nodes) / len(nodes) if nodes else otherwise


def _crossings(layers: list[list[_Node]]) -> int:
    """How many pairs of lines cross."""
    total = 0
    for row in layers:
        lines = sorted((node.x, source.x) for node in row for source in node.inputs)
        ends = [end for _, end in lines]
        total += sum(left > right for i, left in enumerate(ends) for right in ends[i + 1 :])
    return total


def _place(layers: list[list[_Node]]) -> None:
    """Give every node its ``x`` in inches: over its neighbours, as far as the widths allow."""
    inputs, users = _neighbours(layers)
    for sweep in range(10 * SWEEPS):
        upwards = sweep % 2 == 0
        for row in layers if upwards else reversed(layers):
            wanted = []
            for node in row:
                near = users[node] if sweep == 0 else users[node] + inputs[node]
                firm = [other for other in near if other.firmness > 1]
                wanted.append(_mean_x((sweep and node.partners) or firm or near, 0.0))
            apart = [GAP + (a.width + b.width) / 2 for a, b in itertools.pairwise(row)]
            places = _spread(wanted, [node.firmness for node in row], apart)
            for node, place in zip(row, places, strict=True):
                node.x = place


def _spread(
    wanted: Sequence[float], firmness: Sequence[float], apart: Sequence[float]
) -> list[float]:
    """The places nearest to the wanted ones that keep order and distances.

    Least squares, solved by pooling adjacent violators: neighbours that come too near to each
    other move on as one block, at the mean of their wishes.
    """
    offsets = list(itertools.accumulate(apart, initial=0.0))
    blocks: list[tuple[float, float, int]] = []  # place without its offset, firmness, members
    for want, weight, offset in zip(wanted, firmness, offsets, strict=True):
        place, members = want - offset, 1
        while blocks and blocks[-1][0] > place:
            other, its_weight, its_members = blocks.pop()
            place = (place * weight + other * its_weight) / (weight + its_weight)
            weight, members = weight + its_weight, members + its_members
        blocks.append((place, weight, members))
    places = [place for place, _, members in blocks for _ in range(members)]
    return [place + offset for place, offset in zip(places, offsets, strict=True)]


@dataclass
class _Detour:
    """The way of a line to the next column: below this one, up between them, and down."""

    number: int  # among those of its column, from the left
    count: int
    right: float  # the edge of the column that it leaves


def _fold(layers: list[list[_Node]]) -> dict[tuple[_Node, _Node], _Detour]:
    """Cut what is longer than a page into columns; the lines that must find their way between."""
    columns = math.ceil(len(layers) / PAGE)
    length = math.ceil(len(layers) / columns)
    detours: dict[tuple[_Node, _Node], _Detour] = {}
    shift = right = 0.0
    for column in range(columns):
        rows = layers[::-1][column * length : (column + 1) * length]
        nodes = [node for row in rows for node in row]
        if column:
            lines = [(source, node) for node in rows[0] for source in node.inputs]
            lines = sorted(set(lines), key=lambda line: (line[0].x, line[1].x))
            for number, line in enumerate(lines):
                detours[line] = _Detour(number, len(lines), right)
            gap = 2 * GAP + CHANNEL * len(lines)
            shift = right + gap - min(node.x - node.width / 2 for node in nodes)
        for place, row in enumerate(rows):
            for node in row:
                node.shift, node.y = shift, (length - 1 - place) * ROW
        right = max(node.column_x + node.width / 2 for node in nodes)
    return detours


# ---- drawing it ------------------------------------------------------------------------------


def _draw_box(axes: Axes, node: _Node) -> None:
    from matplotlib.patches import FancyBboxPatch

    fill, line = COLOURS[node.kind]
    radius = {"leaf": 0.1, "result": HEIGHT / 2}.get(node.kind, 0.01)
    x, y = node.column_x, node.y
    axes.add_patch(
        FancyBboxPatch(
            (x - node.width / 2, y - HEIGHT / 2), node.width, HEIGHT,
            boxstyle=f"round,pad=0,rounding_size={radius}", facecolor=fill, edgecolor=line,
            linewidth=1.0, linestyle="dashed" if node.kind == "older" else "solid",
        )
    )  # fmt: skip
    centred: dict[str, Any] = {"ha": "center", "va": "center"}
    rise = 0.075 if node.detail else 0.0
    axes.text(x, y + rise, node.title, fontsize=9, **centred)
    axes.text(x, y - 0.095, node.detail, fontsize=7.5, color="#444444", **centred)


def _draw_lines(axes: Axes, node: _Node, detours: Mapping[tuple[_Node, _Node], _Detour]) -> None:
    """The lines into a node, each arriving as straight above its end as there is room."""
    if node.kind == "bend":
        upright = [node.y - HEIGHT / 2, node.y + HEIGHT / 2]
        axes.plot([node.column_x] * 2, upright, **LINE)
    if not node.inputs:
        return
    times = Counter(node.inputs)
    sources = sorted(times, key=lambda source: source.x)
    reach = 0.35 * node.width
    nearest = [min(max(source.x, node.x - reach), node.x + reach) for source in sources]
    apart = min(0.1, 2 * reach / len(sources))
    ends = _spread(nearest, [1.0] * len(sources), [apart] * (len(sources) - 1))
    for source, x in zip(sources, ends, strict=True):
        start = source.column_x, source.y - HEIGHT / 2
        end = x + node.shift, node.y + HEIGHT / 2
        if (source, node) in detours:
            start = _draw_detour(axes, start, end, detours[source, node])
        ending = {"arrowstyle": "-" if node.kind == "bend" else "-|>", "mutation_scale": 7}
        axes.annotate("", end, start, arrowprops={**LINE, **ending, "shrinkA": 0, "shrinkB": 0})
        if times[source] > 1:
            middle = (start[0] + end[0]) / 2 - 0.04, (start[1] + end[1]) / 2
            axes.text(*middle, f"×{times[source]}", fontsize=7.5, ha="right", va="center")


def _draw_detour(axes: Axes, start: Point, end: Point, way: _Detour) -> Point:
    """All of a line to the next column but its last piece; where that begins.

    The leftmost line goes lowest and furthest to the right, so that none cross.
    """
    inner = CHANNEL * (way.number + 1)
    outer = CHANNEL * (way.count - way.number)
    between = way.right + GAP + outer
    below, above = start[1] - outer, end[1] + inner
    corners = [start, (start[0], below), (between, below), (between, above), (end[0], above)]
    axes.plot(*zip(*corners, strict=True), **LINE)
    return corners[-1]
