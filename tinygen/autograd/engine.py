"""Reverse-mode differentiation: values, the functions that join them, and the walk back.

Read it in three steps. A :class:`Variable` is a value that may want a gradient. A
:class:`Function` computes new values from old ones (``apply``) and remembers which it used. A walk
(:func:`backward`, :func:`grad`) visits the functions from the newest to the oldest, hands each one
the gradient of what it computed, and passes on what its rule gives back.

The rule of an op is written once. The walk hands it bare arrays when a number is all that is
asked for, and Tensors when the derivative must itself be differentiated (``create_graph``): then
the rule's own arithmetic is recorded like any other, and derivatives of any order follow.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from operator import attrgetter
from types import ModuleType
from typing import Any, ClassVar

import numpy as np

from tinygen.autograd import anomaly
from tinygen.autograd.modes import calculating_with_tensors, thread
from tinygen.backend import MODULES, Array, kernel
from tinygen.backend.kernels import choice
from tinygen.backend.layout import TO_FIRST, TO_LAST

__all__ = ["Function", "Variable", "backward", "grad"]

FLOAT64 = np.dtype(np.float64)

Gradient = Any  # an array in a first-order walk, a Variable under create_graph
Hook = Callable[[Any], Any]
Edge = tuple[Any, int]  # who made a value (a Function, or the leaf itself), and which output

# What the gradient of a value must look like: shape, dtype, and for images the order in memory.
Likeness = tuple[tuple[int, ...], "np.dtype[Any]", "str | None"]

# A value kept for backward: the array; the edge of the input, or the number of the output, that it
# was; the cell that counts its changes in place, and what the cell held.
Saved = tuple[Any, "Edge | int | None", "list[int] | None", int]


class Variable:
    """A value in the graph. It knows who made it, and nothing about ops.

    Attributes
    ----------
    data : array
        The value, a NumPy or CuPy array.
    """

    __slots__ = ("__weakref__", "_edge", "_grad", "_hooks", "_needs_grad", "_version", "data")

    result_type: ClassVar[type[Variable]]
    """What functions return: the room above sets it to its ``Tensor``."""

    def __init__(
        self,
        data: Array,
        requires_grad: bool = False,
        edge: Edge | None = None,
        version: list[int] | None = None,
    ) -> None:
        self.data = data
        self._grad: Any = None
        self._edge = edge  # None for a leaf: an edge to itself would keep it alive for ever
        self._needs_grad = requires_grad
        self._version = version or [0]  # one cell for all Variables that share their memory
        self._hooks: list[Hook] | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each dimension."""
        return self.data.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """NumPy's dtype, on every device."""
        return self.data.dtype

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self.data.ndim

    @property
    def grad(self) -> Any:
        """The gradient that walks have added up, a Variable or None."""
        return self._grad

    @grad.setter
    def grad(self, gradient: Any) -> None:
        if gradient is not None and not isinstance(gradient, Variable):
            raise TypeError(f".grad must be a Tensor or None, not {type(gradient).__name__}")
        if gradient is not None and gradient.data.shape != self.data.shape:
            raise ValueError(
                f".grad must have the tensor's shape {self.data.shape}, not {gradient.data.shape}"
            )
        self._grad = gradient

    @property
    def grad_fn(self) -> Function | None:
        """The function that made this value; None for a leaf."""
        return None if self._edge is None else self._edge[0]

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded function made this value."""
        return self._edge is None

    @property
    def outputs(self) -> list[Likeness]:
        """What a gradient sent here must look like; a leaf is its own maker."""
        return [_likeness(self.data)]

    @property
    def edge(self) -> Edge | None:
        """Where a gradient for this value must be sent; None where none is wanted."""
        return (self._edge or (self, 0)) if self._needs_grad else None

    def backward(
        self,
        gradient: Variable | None = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Sequence[Variable] | None = None,
    ) -> None:
        """Add the gradient of this tensor to the ``.grad`` of the leaves it came from.

        Parameters
        ----------
        gradient : Variable, optional
            The gradient of the final result with respect to this tensor; 1 for a scalar.
        retain_graph : bool, optional
            Keep the graph, to walk it again.
        create_graph : bool
            Record the walk, so that gradients can be differentiated in turn.
        inputs : sequence of Variable, optional
            Accumulate into these only.
        """
        seeds = None if gradient is None else [gradient]
        backward([self], seeds, retain_graph, create_graph, inputs)

    def bump_version(self) -> None:
        """Say that the data were changed in place; a backward that needed them will refuse."""
        self._version[0] += 1

    def register_hook(self, hook: Hook) -> Callable[[], None]:
        """Call ``hook(grad)`` whenever this value's gradient has been computed.

        Parameters
        ----------
        hook : callable
            Takes the gradient; what it returns, if not None, replaces it.

        Returns
        -------
        callable
            Call it to remove the hook again.
        """
        if not self._needs_grad:
            raise RuntimeError("cannot hook a tensor that does not require a gradient")
        hooks: list[Hook]
        if self._edge is None:
            hooks = self._hooks = [] if self._hooks is None else self._hooks
        else:
            maker, number = self._edge
            hooks = maker.hooks.setdefault(number, [])
        hooks.append(hook)
        return lambda: hooks.remove(hook)


class Function:
    """An op: how to compute it, and the rule for its gradient.

    Subclass it and write two static methods. ``forward(ctx, ...)`` receives arrays in place of
    Tensors, computes with the module ``ctx.xp`` that owns them, and returns one array or a tuple.
    ``backward(ctx, *grads)`` receives one gradient for each output and returns one for each
    Tensor argument (None where there is none to give). It may use operators and tinygen's
    functions only, never methods of arrays: its arguments are arrays or Tensors, as the walk
    needs. Call the op by ``apply``.

    Attributes
    ----------
    xp : module
        The array module of the inputs, for ``forward`` and ``backward``.
    needs_input_grad : tuple of bool
        For each argument, whether a gradient is wanted.

    Examples
    --------
    >>> import tinygen as tg
    >>> class Square(tg.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x * x
    ...     @staticmethod
    ...     def backward(ctx, grad):
    ...         (x,) = ctx.saved_tensors
    ...         return 2 * x * grad
    >>> x = tg.tensor([3.0], requires_grad=True)
    >>> Square.apply(x).sum().backward()
    >>> x.grad
    tensor([6.])
    """

    xp: ModuleType
    mixes_dtypes: ClassVar[bool] = False  # integers beside floats take the floats' dtype
    needs_floats: ClassVar[bool] = False  # integers are taken as float32
    sets_dtype: ClassVar[bool] = False  # the op exists to change the dtype
    fills_missing: ClassVar[bool] = True  # backward gets zeros, not None, for an unused output

    # Where gradients go, None where none is wanted; empty once a walk has let go of them.
    edges: Sequence[Edge | None] = ()
    outputs: list[Likeness]
    age: int  # how many functions were recorded before: a function is younger than all it used
    where = ""  # the user's line that ran it, known in anomaly mode
    checksums: list[int | None]  # of what was saved, taken in anomaly mode

    _ages = itertools.count()
    _saved: Sequence[Any] = ()
    _hooks: dict[int, list[Hook]] | None = None

    forward: ClassVar[Callable[..., Any]]
    backward: ClassVar[Callable[..., Any]]

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    @property
    def hooks(self) -> dict[int, list[Hook]]:
        """The hooks on each output."""
        if self._hooks is None:
            self._hooks = {}
        return self._hooks

    @property
    def needs_input_grad(self) -> tuple[bool, ...]:
        """For each argument, whether this walk wants its gradient."""
        return tuple(map(bool, self.edges))

    @property
    def released(self) -> bool:
        """Whether a walk has let go of what was kept for it."""
        return not self.edges

    def save_for_backward(self, *values: Any) -> None:
        """Keep inputs or outputs of ``forward`` for ``backward``.

        Other arrays are constants of the op: set them as attributes of ``ctx``. What depends on
        the inputs must be computed again in ``backward``, or second derivatives would miss it.
        """
        self._saved = values

    @property
    def saved_tensors(self) -> list[Any]:
        """What was kept: arrays, or Tensors joined to the graph under ``create_graph``."""
        bare, kept = thread.modes.arrays, []
        for array, origin, version, was in self._saved:
            if version is not None and version[0] != was:
                raise _changed_in_place(self, array)
            kept.append(array if bare else _rejoined(self, array, origin, version))
        return kept

    def kernel(self, name: str, grad: Any = None) -> Callable[..., Any] | None:
        """The fast double of some plain code, if there is one for these arrays.

        A rule hands over its gradient: for a Tensor the plain code must run, to be recorded.
        """
        if choice.plain or isinstance(grad, Variable):
            return None
        return kernel(self.xp, name)

    def wrapped(self, value: Any, args: Sequence[Any], arrays: Sequence[Any]) -> Variable:
        """One result of forward as a Tensor that knows where it came from."""
        if type(value) not in MODULES or value.dtype is FLOAT64:
            value = _as_array(self, value, arrays)
        version = None if value.base is None else _shared_version(value, args)
        if not self.edges:
            return Variable.result_type(value, False, None, version)
        likeness = _likeness(value)
        self.outputs.append(likeness)
        if likeness[1].kind != "f":
            return Variable.result_type(value, False, None, version)
        return Variable.result_type(value, True, (self, len(self.outputs) - 1), version)

    @classmethod
    def apply(cls, *args: Any, **options: Any) -> Any:
        """Run the op on Tensors (arrays and numbers are constants) and record it.

        Inside ``forward`` and a first-order ``backward``, arrays go in and an array comes out.
        """
        ctx, modes = cls(), thread.modes

        # Take the arrays out of the Tensors, and note where gradients for them must go.
        array_type = dtype = None
        recorded = mixed = False
        arrays: list[Any] = []
        edges: list[Edge | None] = []
        for arg in args:
            edge = None
            if isinstance(arg, Variable):
                if modes.grad and arg._needs_grad:
                    edge = arg._edge or (arg, 0)
                    recorded = True
                arg = arg.data
            kind = type(arg)
            if kind is array_type:
                if arg.dtype is not dtype:
                    mixed = True
            elif kind in MODULES:
                if array_type is not None:
                    raise _on_different_devices(cls, args)
                array_type, dtype = kind, arg.dtype
            arrays.append(arg)
            edges.append(edge)
        if mixed and cls.mixes_dtypes:
            arrays = _promoted(arrays)
        elif dtype is not None and dtype.kind != "f" and cls.needs_floats:
            arrays = _cast(arrays, "iub", np.float32)
        ctx.xp = np if array_type is None else MODULES[array_type]
        if modes.arrays:
            return cls.forward(ctx, *arrays, **options)

        # Compute.
        if recorded:
            ctx.edges = edges
        modes.arrays = True
        try:
            result = cls.forward(ctx, *arrays, **options) if options else cls.forward(ctx, *arrays)
        except (TypeError, ValueError, IndexError) as error:
            raise _explained(error, cls, arrays) from error
        finally:
            modes.arrays = False

        # Wrap the results, and remember what backward will need.
        if recorded:
            ctx.age = next(Function._ages)
            ctx.outputs = []
        results = result if isinstance(result, tuple) else (result,)
        made = []
        for value in results:
            made.append(ctx.wrapped(value, args, arrays))
        if recorded and ctx._saved:
            ctx._saved = _kept(ctx, args, arrays, results, made)
        if modes.anomaly:
            anomaly.check_forward(ctx, args, made)
        return tuple(made) if results is result else made[0]


def _kept(
    node: Function,
    args: Sequence[Any],
    arrays: Sequence[Any],
    results: Sequence[Any],
    made: Sequence[Variable],
) -> list[Saved]:
    """Note where each value that a function saved came from, and its version.

    Outputs are known by number: an edge to the function that keeps it would close a cycle.
    """
    kept: list[Saved] = []
    for value in node._saved:
        origin: Edge | int | None = None
        version = None
        for place, array in enumerate(arrays):
            if array is value and isinstance(args[place], Variable):
                origin, version = node.edges[place], args[place]._version
                break
        else:
            for number, result in enumerate(results):
                if result is value:
                    value, origin, version = made[number].data, number, made[number]._version
        kept.append((value, origin, version, version[0] if version else 0))
    return kept


def _changed_in_place(node: Function, array: Array) -> RuntimeError:
    return RuntimeError(
        f"a tensor that {node!r} needs for its gradient was changed in place after the forward "
        f"pass (shape {array.shape}){node.where}: compute a new tensor instead, or change it "
        "after backward()"
    )


def _rejoined(
    node: Function, array: Any, origin: Edge | int | None, version: list[int] | None
) -> Any:
    """A saved value as a Tensor that stands in the graph where it was found."""
    if version is None:
        if type(array) in MODULES and array.dtype.kind == "f":
            raise RuntimeError(
                f"{node!r} saved an array that is neither an input nor an output, so a second "
                "derivative would miss what it depends on: compute it again in backward, or keep "
                "it as an attribute of ctx if it is a constant"
            )
        return array
    if origin is None:
        return Variable.result_type(array)
    edge = (node, origin) if isinstance(origin, int) else origin
    maker = edge[0]
    if isinstance(maker, Function):
        return Variable.result_type(array, True, edge, version)
    if maker.data is not array:
        raise RuntimeError(
            f".data of a tensor that {node!r} needs was replaced after the forward pass: "
            "second derivatives need it unchanged"
        )
    return maker


def _shared_version(view: Array, args: Sequence[Any]) -> list[int] | None:
    """The version cell of the argument that a result is a view of, if it is one."""
    source = next((arg for arg in args if isinstance(arg, Variable)), None)
    if source is None:
        return None
    is_view = view.base is source.data or view.base is source.data.base
    return source._version if is_view else None


def _on_different_devices(op: type[Function], args: Sequence[Any]) -> TypeError:
    values = [arg.data if isinstance(arg, Variable) else arg for arg in args]
    return TypeError(
        f"{op.__name__}: its inputs are on different devices ({_described(values)}): move them to "
        "one with .to(device)"
    )


def _promoted(values: list[Any]) -> list[Any]:
    """Integer arrays in the dtype of the widest floating one beside them, as in PyTorch."""
    dtypes = [value.dtype for value in values if type(value) in MODULES]
    floating = [dtype for dtype in dtypes if dtype.kind == "f"]
    if not floating:
        return values
    return _cast(values, "iu", max(floating, key=attrgetter("itemsize")))


def _cast(values: list[Any], kinds: str, dtype: Any) -> list[Any]:
    """The values, with arrays of some kinds (as NumPy names them) in another dtype."""
    return [
        value.astype(dtype) if type(value) in MODULES and value.dtype.kind in kinds else value
        for value in values
    ]


def _is_wanted(edge: Edge | None, wanted: set[Any]) -> bool:
    """Whether a walk that wants these edges and functions sends a gradient along an edge."""
    return edge is not None and (edge in wanted or edge[0] in wanted)


def _as_array(ctx: Function, result: Any, inputs: Sequence[Any]) -> Array:
    """A forward's result as an array, never silently promoted to float64."""
    if type(result) not in MODULES:
        result = ctx.xp.asarray(result)
    if result.dtype == FLOAT64 and not ctx.sets_dtype:
        given = [a.dtype for a in inputs if type(a) in MODULES]
        if given and FLOAT64 not in given:
            result = result.astype(np.float32)
    return result


def _explained(error: Exception, op: type[Function], values: Sequence[Any]) -> Exception:
    """The same kind of error, saying which op failed on which inputs."""
    kind = next(k for k in (IndexError, ValueError, TypeError) if isinstance(error, k))
    return kind(f"{op.__name__}: {error} (inputs: {_described(values)})")


def _described(values: Sequence[Any]) -> str:
    """Arrays as 'float32 (2, 3) on cpu', other values as they print."""
    words = []
    for value in values:
        owner = MODULES.get(type(value))
        place = "" if owner is None else "cpu" if owner is np else "cuda"
        words.append(f"{value.dtype} {value.shape} on {place}" if owner else repr(value))
    return ", ".join(words)


# ---- the walk back ---------------------------------------------------------------------------


def backward(
    tensors: Sequence[Variable],
    grad_tensors: Sequence[Any] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Sequence[Variable] | None = None,
) -> None:
    """Add the gradients of ``tensors`` to the ``.grad`` of the leaves they came from.

    Parameters
    ----------
    tensors : sequence of Variable
        What to differentiate.
    grad_tensors : sequence of Variable or None
        The gradient of the final result with respect to each; None for a scalar means 1.
    retain_graph : bool, optional
        Keep what the functions saved, to walk the same graph again. Default: ``create_graph``.
    create_graph : bool
        Record the walk, so that the gradients can be differentiated in turn.
    inputs : sequence of Variable, optional
        Add to these only, instead of to all leaves.
    """
    seeds = _checked_seeds(tensors, grad_tensors)
    found = _walk(tensors, seeds, inputs, retain_graph, create_graph)
    taken = {id(seed.data) for seed in seeds}
    for variable, gradient in found.values():
        if create_graph:
            gradient = gradient.clone()
        else:  # a leaf owns its gradient: what somebody else may hold is copied
            if retain_graph or gradient.base is not None or id(gradient) in taken:
                gradient = gradient.copy(order="K")
            taken.add(id(gradient))
            gradient = Variable.result_type(gradient)
        if variable.grad is None:
            variable.grad = gradient
        elif create_graph:
            variable.grad = variable.grad + gradient
        else:
            before = variable.grad.data
            variable.grad = Variable.result_type(_like(before, before + gradient.data))


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    materialize_grads: bool = False,
) -> tuple[Any, ...]:
    """The gradients of ``outputs`` with respect to ``inputs``; no ``.grad`` is touched.

    Parameters
    ----------
    outputs, inputs : Variable or sequence of Variable
        What to differentiate, and with respect to what.
    grad_outputs : Variable or sequence of Variable, optional
        The gradient of the final result with respect to each output; for a scalar, 1.
    retain_graph, create_graph : bool
        As in :func:`backward`.
    allow_unused : bool, optional
        Give None for an input that the outputs do not depend on, instead of an error.
    materialize_grads : bool
        Give zeros for such an input.

    Returns
    -------
    tuple of Variable
        One gradient for each input, of its shape and dtype.

    Raises
    ------
    RuntimeError
        If an input does not require a gradient, or is not used and that is not allowed.
    """
    outputs, inputs = _listed(outputs), _listed(inputs)
    seeds = _checked_seeds(outputs, None if grad_outputs is None else _listed(grad_outputs))
    found = _walk(outputs, seeds, inputs, retain_graph, create_graph)
    results: list[Any] = []
    for number, variable in enumerate(inputs):
        if variable.edge in found:
            gradient = found[variable.edge][1]
            recorded = isinstance(gradient, Variable)
            results.append(gradient if recorded else Variable.result_type(gradient.copy(order="K")))
        elif materialize_grads:
            zeros = MODULES[type(variable.data)].zeros_like(variable.data)
            results.append(Variable.result_type(zeros))
        elif allow_unused:
            results.append(None)
        else:
            raise RuntimeError(
                f"input {number} (shape {variable.data.shape}) was not used to compute the "
                "outputs, or only through detach(), .data or no_grad(): pass allow_unused=True to "
                "get None for it"
            )
    return tuple(results)


def _listed(values: Any) -> list[Any]:
    return [values] if isinstance(values, Variable) else list(values)


# By maker, what the gradients of its outputs must look like, and the sums of those that arrived.
Pending = dict[Any, tuple["Sequence[Likeness]", list[Gradient]]]
Queue = list[tuple[int, Function]]  # the youngest first


def _walk(
    outputs: Sequence[Variable],
    seeds: Sequence[Variable],
    inputs: Sequence[Variable] | None,
    retain_graph: bool | None,
    create_graph: bool,
) -> dict[Edge, tuple[Variable, Gradient]]:
    """Walk back from the outputs; the gradients of the inputs (or of all leaves) by edge."""
    targets = _checked_targets(inputs)
    wanted = set() if targets is None else _leading_to(set(targets), outputs)
    keep = create_graph if retain_graph is None else retain_graph
    found: dict[Edge, tuple[Variable, Gradient]] = {}
    pending: Pending = {}
    queue: Queue = []

    modes = thread.modes
    before = modes.grad, modes.arrays
    modes.grad, modes.arrays = create_graph, not create_graph
    try:
        starts = [seed if create_graph else seed.data for seed in seeds]
        _send([output.edge for output in outputs], starts, None, pending, queue)
        while queue:
            node = heappop(queue)[1]
            gradients = pending.pop(node)[1]
            if node._hooks is not None:
                _run_hooks(node, gradients)
            if targets is None:
                _step(node, gradients, pending, queue)
            else:
                _collect(node, gradients, targets, found)
                _step_towards(wanted, node, gradients, pending, queue)
            if not keep:  # let go of what was kept for backward, and of the functions before
                node.edges = node._saved = ()
        for leaf, (_, (gradient,)) in pending.items():
            edge = (leaf, 0)
            if targets is None or edge in targets:
                found[edge] = (leaf, _hooked(gradient, leaf._hooks))
    finally:
        modes.grad, modes.arrays = before
    return found


def _step(node: Function, gradients: list[Gradient], pending: Pending, queue: Queue) -> None:
    """Apply the rule of one node, and send on what it gives."""
    if len(gradients) > 1 and node.fills_missing:
        _fill_missing(node, gradients)
    results = node.backward(node, *gradients)
    if not isinstance(results, tuple):
        results = (results,)
    if len(results) != len(node.edges):
        _check_number(node, results)
    if node.where:  # it was recorded in anomaly mode
        anomaly.check_saved(node)
        anomaly.check_backward(node, results)
    _send(node.edges, results, node, pending, queue)


def _step_towards(
    wanted: set[Any], node: Function, gradients: list[Gradient], pending: Pending, queue: Queue
) -> None:
    """The same for a walk that does not want all gradients."""
    edges = node.edges
    node.edges = [edge if _is_wanted(edge, wanted) else None for edge in edges]
    try:
        if any(node.edges):
            _step(node, gradients, pending, queue)
    finally:
        node.edges = edges


def _check_number(node: Function, results: Sequence[Gradient]) -> None:
    """Trailing options of forward need no gradient; Tensors do."""
    extra, missing = results[len(node.edges) :], node.edges[len(results) :]
    if any(gradient is not None for gradient in extra) or any(missing):
        raise RuntimeError(
            f"backward of {node!r} returned {len(results)} gradients for the {len(node.edges)} "
            "arguments of forward: return one for each, None for what has none"
        )


def _fill_missing(node: Function, gradients: list[Gradient]) -> None:
    """Zeros for the outputs that nobody used."""
    for number, gradient in enumerate(gradients):
        if gradient is None:
            shape, dtype, _ = node.outputs[number]
            zeros = node.xp.zeros(shape, dtype)
            gradients[number] = zeros if thread.modes.arrays else Variable.result_type(zeros)


def _send(
    edges: Sequence[Edge | None],
    gradients: Sequence[Gradient],
    sender: Function | None,
    pending: Pending,
    queue: Queue,
) -> None:
    """Add gradients to what waits for their makers, each in the shape and dtype of its value."""
    for position, edge in enumerate(edges):
        if edge is None or gradients[position] is None:
            continue
        gradient = gradients[position]
        maker, number = edge
        arrived = pending.get(maker)
        if arrived is None:
            outputs = maker.outputs
            arrived = pending[maker] = (outputs, [None] * len(outputs))
            if isinstance(maker, Function):
                if not maker.edges:  # released
                    raise _used_twice(maker)
                heappush(queue, (-maker.age, maker))
        likenesses, slots = arrived
        shape, dtype, order = likenesses[number]
        if type(gradient) not in MODULES or gradient.shape != shape or gradient.dtype is not dtype:
            gradient = _fitted(gradient, shape, dtype, sender, position)
        if order is not None and not isinstance(gradient, Variable):
            gradient = in_order(gradient, order)
        waiting = slots[number]
        if waiting is not None:
            gradient = waiting + gradient
            if not shape:  # NumPy makes a scalar of 0-d arrays
                gradient = _like(waiting, gradient)
        slots[number] = gradient


def order_of(images: Array) -> str | None:
    """``"C"`` or ``"channels-last"``, as images lie in memory; None for a view that is neither."""
    if images.flags.c_contiguous:
        return "C"
    return "channels-last" if images.transpose(TO_LAST).flags.c_contiguous else None


def in_order(images: Array, order: str) -> Array:
    """The same images, copied if they lie otherwise: mixed operands make an addition ten times
    slower."""
    if order_of(images) == order:
        return images
    if order == "C":
        return images.copy(order="C")
    return images.transpose(TO_LAST).copy(order="C").transpose(TO_FIRST)


def _likeness(value: Array) -> Likeness:
    """What the gradient of a value must look like."""
    return value.shape, value.dtype, order_of(value) if value.ndim == 4 else None


def _like(array: Gradient, value: Any) -> Gradient:
    """A value as an array of the same module; a Tensor as it is."""
    owner = MODULES.get(type(array))
    return value if owner is None else owner.asarray(value)


def _fitted(
    gradient: Gradient,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    sender: Function | None,
    position: int,
) -> Gradient:
    """A gradient summed over the axes that were broadcast, and in the value's own dtype."""
    if sender and type(gradient) not in MODULES and not isinstance(gradient, Variable):
        gradient = sender.xp.asarray(gradient)
    if gradient.shape != shape:
        extra = gradient.ndim - len(shape)
        stretched = [i for i, n in enumerate(shape) if n == 1 and gradient.shape[extra + i] != 1]
        kept = tuple(1 if i in stretched else n for i, n in enumerate(gradient.shape[extra:]))
        if extra < 0 or kept != shape:
            raise RuntimeError(
                f"backward of {sender!r} returned a gradient of shape {gradient.shape} for its "
                f"input {position}, whose shape is {shape}"
            )
        axes = (*range(extra), *(extra + i for i in stretched))
        gradient = _like(gradient, gradient.sum(axes)).reshape(shape)
    if gradient.dtype == dtype:
        return gradient
    return gradient.astype(dtype) if type(gradient) in MODULES else gradient.to(dtype)


def _checked_seeds(outputs: Sequence[Variable], seeds: Sequence[Any] | None) -> list[Variable]:
    """The gradient to start from at each output: given, or 1 for a scalar."""
    if seeds is not None and len(seeds) != len(outputs):
        raise RuntimeError(f"got {len(seeds)} gradients for {len(outputs)} outputs")
    checked = []
    for number, output in enumerate(outputs):
        seed = None if seeds is None else seeds[number]
        if not isinstance(output, Variable):
            raise TypeError(f"expected a Tensor to differentiate, got {type(output).__name__}")
        if output.edge is None:
            raise RuntimeError(
                "this tensor does not require a gradient: it was made inside no_grad(), by "
                "detach(), or from tensors whose requires_grad is False"
            )
        shape = output.data.shape
        if seed is None:
            if math.prod(shape) != 1:
                raise RuntimeError(
                    f"backward() starts from a scalar, but this tensor has shape {shape}: take "
                    ".sum() or .mean() first, or pass gradient= of that shape"
                )
            xp = MODULES[type(output.data)]
            seed = Variable.result_type(xp.ones(shape, output.data.dtype))
        elif not isinstance(seed, Variable):
            raise TypeError(f"gradient must be a Tensor, got {type(seed).__name__}")
        elif type(seed.data) is not type(output.data):
            raise TypeError("the gradient and the tensor are on different devices: use .to(device)")
        elif seed.data.shape != shape:
            raise RuntimeError(
                f"the gradient has shape {seed.data.shape}, the tensor has shape {shape}"
            )
        checked.append(seed)
    return checked


def _checked_targets(inputs: Sequence[Variable] | None) -> dict[Edge, Variable] | None:
    if inputs is None:
        return None
    targets: dict[Edge, Variable] = {}
    for number, variable in enumerate(inputs):
        if variable.edge is None:
            raise RuntimeError(
                f"input {number} (shape {variable.data.shape}) does not require a gradient: call "
                ".requires_grad_() on it before it is used"
            )
        targets[variable.edge] = variable
    return targets


def _leading_to(targets: set[Edge], outputs: Sequence[Variable]) -> set[Any]:
    """The edges asked for, and the functions through which a gradient reaches them."""
    seen: set[Any] = set()
    stack: list[Edge | None] = [output.edge for output in outputs]
    while stack:
        edge = stack.pop()
        node = None if edge is None else edge[0]
        if isinstance(node, Function) and node not in seen:
            if node.released:
                raise _used_twice(node)
            seen.add(node)
            stack.extend(node.edges)
    wanted: set[Any] = set(targets)
    for node in sorted(seen, key=attrgetter("age")):
        if any(_is_wanted(edge, wanted) for edge in node.edges):
            wanted.add(node)
    return wanted


def _collect(
    node: Function,
    gradients: list[Gradient],
    targets: dict[Edge, Variable],
    found: dict[Edge, tuple[Variable, Gradient]],
) -> None:
    for number, gradient in enumerate(gradients):
        if (node, number) in targets and gradient is not None:
            found[node, number] = (targets[node, number], gradient)


def _run_hooks(node: Function, gradients: list[Gradient]) -> None:
    for number, hooks in node.hooks.items():
        if gradients[number] is not None:
            gradients[number] = _hooked(gradients[number], hooks)


def _hooked(gradient: Gradient, hooks: list[Hook] | None) -> Gradient:
    """A gradient after its hooks, which see a Tensor and may return another."""
    if not hooks:
        return gradient
    bare = not isinstance(gradient, Variable)
    with calculating_with_tensors():
        seen = Variable.result_type(gradient) if bare else gradient
        for hook in list(hooks):
            replaced = hook(seen)
            seen = seen if replaced is None else _checked_replacement(replaced, seen)
    return seen.data if bare else seen


def _checked_replacement(replaced: Any, seen: Variable) -> Variable:
    """What a hook returned in place of a gradient."""
    if not isinstance(replaced, Variable):
        raise TypeError(f"a hook must return a Tensor or None, not {type(replaced).__name__}")
    if replaced.shape != seen.shape:
        raise RuntimeError(
            f"a hook returned shape {replaced.shape} in place of a gradient of shape {seen.shape}"
        )
    return replaced


def _used_twice(node: Function) -> RuntimeError:
    return RuntimeError(
        f"the graph behind {node!r} was already walked and freed{node.where}. Either run the "
        "forward pass again before each backward() (if a state is carried from step to step, "
        "detach() it), or keep the graph with backward(retain_graph=True)"
    )
