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
from operator import attrgetter
from types import ModuleType
from typing import Any, ClassVar

import numpy as np

from tinygen.autograd import anomaly
from tinygen.autograd.modes import calculating_with_tensors, thread
from tinygen.backend import MODULES, Array

__all__ = ["Function", "Variable", "backward", "grad"]

FLOAT64 = np.dtype(np.float64)

Gradient = Any  # an array in a first-order walk, a Variable under create_graph
Hook = Callable[[Any], Any]
Edge = tuple[Any, int]  # who made a value (a Function, or the Variable itself), and which output
ShapeAndDtype = tuple[tuple[int, ...], "np.dtype[Any]"]

# A value kept for backward: the array; the input Variable or the number of the output that it was;
# the cell that counts changes in place, and what it held.
Saved = tuple[Any, Any, "list[int] | None", int]


class Variable:
    """A value in the graph. It knows who made it, and nothing about ops.

    Attributes
    ----------
    data : array
        The value, a NumPy or CuPy array.
    grad_fn : Function or None
        The function that made it; None for a leaf.
    """

    __slots__ = (
        "__weakref__", "_grad", "_hooks", "_needs_grad", "_version", "data", "grad_fn", "output_nr",
    )  # fmt: skip

    released: ClassVar[bool] = False

    result_type: ClassVar[type[Variable]]
    """What functions return: the room above sets it to its ``Tensor``."""

    def __init__(
        self,
        data: Array,
        requires_grad: bool = False,
        grad_fn: Function | None = None,
        output_nr: int = 0,
        version: list[int] | None = None,
    ) -> None:
        self.data = data
        self._grad: Any = None
        self.grad_fn = grad_fn if requires_grad else None
        self.output_nr = output_nr
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
    def is_leaf(self) -> bool:
        """Whether no recorded function made this value."""
        return self.grad_fn is None

    @property
    def outputs(self) -> list[ShapeAndDtype]:
        """What a gradient sent here must look like; a leaf is its own maker."""
        return [(self.data.shape, self.data.dtype)]

    @property
    def edge(self) -> Edge | None:
        """Where a gradient for this value must be sent; None where none is wanted."""
        if not self._needs_grad:
            return None
        return (self if self.grad_fn is None else self.grad_fn, self.output_nr)

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
        if self.grad_fn is None:
            hooks = self._hooks = [] if self._hooks is None else self._hooks
        else:
            hooks = self.grad_fn.hooks.setdefault(self.output_nr, [])
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
    may_share_memory: ClassVar[bool] = False  # the output may be a view of the first input
    mixes_dtypes: ClassVar[bool] = False  # integers beside floats take the floats' dtype
    needs_floats: ClassVar[bool] = False  # integers are taken as float32
    sets_dtype: ClassVar[bool] = False  # the op exists to change the dtype
    fills_missing: ClassVar[bool] = True  # backward gets zeros, not None, for an unused output

    edges: Sequence[Edge | None] = ()
    outputs: list[ShapeAndDtype]
    age: int
    released = False
    rejoins = False  # under create_graph, saved values are handed out as Tensors
    where = ""  # the user's line that ran it, known in anomaly mode
    checksums: Sequence[int | None] = ()  # of what was saved, taken in anomaly mode
    wanted: set[Any] | None = None  # whose gradients this walk wants; None: all

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
        wanted = self.wanted
        if wanted is None:
            return tuple([edge is not None for edge in self.edges])
        return tuple([_is_wanted(edge, wanted) for edge in self.edges])

    def save_for_backward(self, *values: Any) -> None:
        """Keep inputs or outputs of ``forward`` for ``backward``.

        Other arrays are constants of the op: set them as attributes of ``ctx``. What depends on
        the inputs must be computed again in ``backward``, or second derivatives would miss it.
        """
        self._saved = values

    @property
    def saved_tensors(self) -> list[Any]:
        """What was kept: arrays, or Tensors joined to the graph under ``create_graph``."""
        kept = []
        for array, origin, version, was in self._saved:
            if version is not None and version[0] != was:
                raise _changed_in_place(self, array)
            kept.append(_rejoined(self, array, origin, version) if self.rejoins else array)
        if self.checksums:
            anomaly.check_saved(self, [saved[0] for saved in self._saved])
        return kept

    @classmethod
    def apply(cls, *args: Any, **options: Any) -> Any:
        """Run the op on Tensors (arrays and numbers are constants) and record it.

        Inside ``forward`` and a first-order ``backward``, arrays go in and an array comes out.
        """
        ctx, modes = cls(), thread.modes
        recording = modes.grad

        # Take the arrays out of the Tensors, and note where gradients for them must go.
        xp = dtype = None
        recorded = mixed = False
        arrays: list[Any] = []
        edges: list[Edge | None] = []
        for arg in args:
            edge = None
            if isinstance(arg, Variable):
                if recording and arg._needs_grad:
                    maker = arg.grad_fn
                    edge = (arg if maker is None else maker, arg.output_nr)
                    recorded = True
                arg = arg.data
            owner = MODULES.get(type(arg))
            if owner is not None:
                if xp is None:
                    xp, dtype = owner, arg.dtype
                elif owner is not xp:
                    raise _on_different_devices(cls, args)
                mixed = mixed or arg.dtype is not dtype
            arrays.append(arg)
            edges.append(edge)
        ctx.xp = xp or np
        if mixed and cls.mixes_dtypes:
            arrays = _promoted(arrays)
        elif cls.needs_floats and dtype is not None and dtype.kind != "f":
            arrays = _cast(arrays, "iub", np.float32)
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
        ctx.outputs = []
        made: Any
        if isinstance(result, tuple):
            made = tuple([ctx._wrapped(r, n, recorded, args, arrays) for n, r in enumerate(result)])
        else:
            made = ctx._wrapped(result, 0, recorded, args, arrays)
        if modes.anomaly:
            anomaly.check_forward(ctx, args, _as_tuple(made))
        if recorded:
            ctx.age = next(Function._ages)
            if ctx._saved:
                results, variables = _as_tuple(result), _as_tuple(made)
                ctx._saved = [_saved(v, args, arrays, results, variables) for v in ctx._saved]
            if modes.anomaly:
                ctx.checksums = [anomaly.checksum(saved[0]) for saved in ctx._saved]
        return made

    def _wrapped(
        self, value: Any, number: int, recorded: bool, args: Sequence[Any], arrays: list[Any]
    ) -> Variable:
        """One result of forward as a Tensor that knows where it came from."""
        if type(value) not in MODULES or value.dtype is FLOAT64:
            value = _as_array(self, value, arrays)
        self.outputs.append((value.shape, value.dtype))
        version = _shared_version(value, args) if self.may_share_memory else None
        wants_grad = recorded and value.dtype.kind == "f"
        return Variable.result_type(value, wants_grad, self, number, version)


def _saved(
    array: Any,
    args: Sequence[Any],
    arrays: Sequence[Any],
    results: Sequence[Any],
    made: Sequence[Variable],
) -> Saved:
    """Note where a value came from: an input is kept as a Variable, an output by its number.

    The output's Variable would close a cycle and keep whole graphs alive.
    """
    for position, given in enumerate(arrays):
        if given is array and isinstance(args[position], Variable):
            version = args[position]._version
            return array, args[position], version, version[0]
    for number, given in enumerate(results):
        if given is array:
            version = made[number]._version
            return made[number].data, number, version, version[0]
    return array, None, None, 0


def _changed_in_place(node: Function, array: Array) -> RuntimeError:
    return RuntimeError(
        f"a tensor that {node!r} needs for its gradient was changed in place after the forward "
        f"pass (shape {array.shape}){node.where}: compute a new tensor instead, or change it "
        "after backward()"
    )


def _rejoined(node: Function, array: Any, origin: Any, version: list[int] | None) -> Any:
    """A saved value as a Tensor that stands in the graph where it was found."""
    if isinstance(origin, int):
        return Variable.result_type(array, True, node, origin, version)
    if origin is not None:
        if not origin._needs_grad:
            return Variable.result_type(array)
        if origin.data is not array:
            raise RuntimeError(
                f".data of a tensor that {node!r} needs was replaced after the forward pass: "
                "second derivatives need it unchanged"
            )
        return origin
    if type(array) in MODULES and array.dtype.kind == "f":
        raise RuntimeError(
            f"{node!r} saved an array that is neither an input nor an output, so a second "
            "derivative would miss what it depends on: compute it again in backward, or keep it "
            "as an attribute of ctx if it is a constant"
        )
    return array


def _as_tuple(result: Any) -> tuple[Any, ...]:
    return result if isinstance(result, tuple) else (result,)


def _shared_version(view: Array, args: Sequence[Any]) -> list[int] | None:
    """The version cell of the argument that a result is a view of, if it is one."""
    source = next((arg for arg in args if isinstance(arg, Variable)), None)
    if source is None or view.base is None:
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
    if result.dtype == FLOAT64 and not type(ctx).sets_dtype:
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
                gradient = gradient.copy()
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
            results.append(gradient if recorded else Variable.result_type(gradient.copy()))
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


def _walk(
    outputs: Sequence[Variable],
    seeds: Sequence[Variable],
    inputs: Sequence[Variable] | None,
    retain_graph: bool | None,
    create_graph: bool,
) -> dict[Edge, tuple[Variable, Gradient]]:
    """Walk back from the outputs; the gradients of the inputs (or of all leaves) by edge."""
    pending: dict[Any, list[Gradient]] = {}  # by maker, the gradient of each of its outputs
    starts = [seed if create_graph else seed.data for seed in seeds]
    _send([output.edge for output in outputs], starts, None, pending)
    nodes = _oldest_first(pending)
    targets = _checked_targets(inputs)
    wanted = None if targets is None else _leading_to(set(targets), nodes)
    keep = create_graph if retain_graph is None else retain_graph
    found: dict[Edge, tuple[Variable, Gradient]] = {}

    modes = thread.modes
    before = modes.grad, modes.arrays
    modes.grad, modes.arrays = create_graph, not create_graph
    try:
        while nodes:
            node = nodes.pop()
            gradients = pending.pop(node, None)
            if gradients is not None:
                if node._hooks is not None:
                    _run_hooks(node, gradients)
                if targets is not None:
                    _collect(node, gradients, targets, found)
                if wanted is None or node in wanted:
                    if create_graph:
                        node.rejoins = True
                    _step(node, gradients, wanted, pending)
            if keep:
                node.wanted, node.rejoins = None, False
            else:  # let go of what was kept for backward, and of the functions before
                node.edges = node._saved = ()
                node.released = True
        for leaf, (gradient,) in pending.items():
            edge = (leaf, 0)
            if targets is None or edge in targets:
                found[edge] = (leaf, _hooked(gradient, leaf._hooks))
    finally:
        modes.grad, modes.arrays = before
    return found


def _step(
    node: Function, gradients: list[Gradient], wanted: set[Any] | None, pending: dict[Any, Any]
) -> None:
    """Apply one node's rule and send on what it gives."""
    if len(gradients) > 1 and node.fills_missing:
        _fill_missing(node, gradients)
    if wanted is not None:
        node.wanted = wanted
    results = node.backward(node, *gradients)
    if not isinstance(results, tuple):
        results = (results,)
    if len(results) != len(node.edges):
        _check_number(node, results)
    if node.where:  # it was recorded in anomaly mode
        anomaly.check_backward(node, results)
    edges = node.edges
    if wanted is not None:
        edges = [edge if _is_wanted(edge, wanted) else None for edge in edges]
    _send(edges, results, node, pending)


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
            shape, dtype = node.outputs[number]
            zeros = node.xp.zeros(shape, dtype)
            gradients[number] = zeros if thread.modes.arrays else Variable.result_type(zeros)


def _send(
    edges: Sequence[Edge | None],
    gradients: Sequence[Gradient],
    sender: Function | None,
    pending: dict[Any, list[Gradient]],
) -> None:
    """Add gradients to what waits for their makers, each in the shape and dtype of its value."""
    for position, edge in enumerate(edges):
        if edge is None:
            continue
        gradient = gradients[position]
        if gradient is None:
            continue
        maker, number = edge
        slots = pending.get(maker)
        if slots is None:
            if maker.released:
                raise _used_twice(maker)
            slots = pending[maker] = [None] * len(maker.outputs)
        waiting = slots[number]
        if waiting is None:
            shape, dtype = maker.outputs[number]
        else:
            shape, dtype = waiting.shape, waiting.dtype
        if type(gradient) not in MODULES or gradient.shape != shape or gradient.dtype is not dtype:
            gradient = _fitted(gradient, shape, dtype, sender, position)
        if waiting is not None:
            gradient = waiting + gradient
            if not shape:  # NumPy makes a scalar of 0-d arrays
                gradient = _like(waiting, gradient)
        slots[number] = gradient


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


def _oldest_first(makers: dict[Any, Any]) -> list[Function]:
    """All functions behind these, by age: an op is younger than everything it used."""
    seen = {maker for maker in makers if isinstance(maker, Function)}
    stack = list(seen)
    while stack:
        node = stack.pop()
        for edge in node.edges:
            if edge is not None:
                maker = edge[0]
                if isinstance(maker, Function) and maker not in seen:
                    if maker.released:
                        raise _used_twice(maker)
                    seen.add(maker)
                    stack.append(maker)
    return sorted(seen, key=attrgetter("age"))


def _leading_to(targets: set[Edge], nodes: Sequence[Function]) -> set[Any]:
    """The edges asked for, and the functions through which a gradient reaches them."""
    wanted: set[Any] = set(targets)
    for node in nodes:
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
