"""The Tensor: a Variable that can be calculated with, its methods bound to the ops."""

from __future__ import annotations

import builtins
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np

from tinygen import backend
from tinygen.autograd import Variable, engine, is_grad_enabled
from tinygen.ops import activation, elementwise, extremes, indexing, linalg, reduction, scan
from tinygen.ops import shape as shaping
from tinygen.tensors.printing import as_text

__all__ = ["Tensor"]


class Tensor(Variable):
    """An array on a device, with a gradient if it wants one.

    Made by :func:`tinygen.tensors` and the other creation functions, or by calculating. Methods
    have PyTorch's names and arguments; each is the function of the same name.

    Attributes
    ----------
    data : numpy.ndarray or cupy.ndarray
        The values. After writing to them in place call :meth:`bump_version`.
    grad : Tensor or None
        The gradient that :meth:`backward` accumulated, for a leaf.
    """

    __slots__ = ()
    __array_ufunc__ = None  # numpy_array + tensor asks the tensor
    __array_priority__ = 1000

    # ---- what it is --------------------------------------------------------------------------

    @property
    def device(self) -> str:
        """``"cpu"`` or ``"cuda"``."""
        return backend.of(self.data).device

    @property
    def requires_grad(self) -> bool:
        """Whether a gradient is wanted for it, or for something it was computed from."""
        return self._needs_grad

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        self.requires_grad_(wanted)

    @property
    def T(self) -> Tensor:  # noqa: N802 - PyTorch's name
        """The transpose: all dimensions in reverse order."""
        return shaping.permute(self, *range(self.ndim)[::-1])

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the length of one dimension."""
        return self.shape if dim is None else self.shape[reduction.axis_of(dim, self.ndim)]

    def dim(self) -> int:
        """The number of dimensions."""
        return self.ndim

    def numel(self) -> int:
        """The number of elements."""
        return self.data.size

    def is_contiguous(self) -> bool:
        """Whether the elements lie in C order in memory."""
        return bool(self.data.flags.c_contiguous)

    def __repr__(self) -> str:
        return as_text(self)

    def __len__(self) -> int:
        if not self.ndim:
            raise TypeError("a 0-dimensional tensor has no length")
        return self.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        if not self.ndim:
            raise TypeError("cannot iterate over a 0-dimensional tensor")
        return iter(shaping.unbind(self))

    def __bool__(self) -> bool:
        if self.numel() != 1:
            raise ValueError(
                f"the truth of a tensor of shape {self.shape} is ambiguous: use .any() or .all()"
            )
        return bool(self.data)

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if self.dtype.kind not in "iub" or self.numel() != 1:
            raise TypeError(f"only one integer can be an index, not {self.dtype} {self.shape}")
        return int(self.item())

    __hash__ = object.__hash__

    def __contains__(self, value: Any) -> bool:
        return bool((self == value).any())

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        if not self.is_leaf:
            raise RuntimeError("only leaf tensors can be copied deeply: detach() it first")
        copy = type(self).__new__(type(self))
        Variable.__init__(copy, self.data.copy(order="K"), self._needs_grad)
        memo[id(self)] = copy
        if self.grad is not None:
            copy.grad = Tensor(self.grad.data.copy(order="K"))
        return copy

    def __reduce__(self) -> Any:
        raise TypeError("tensors are not pickled: save them with tg.save, or keep .numpy()")

    # ---- leaving and moving ------------------------------------------------------------------

    def numpy(self) -> np.ndarray:
        """The values as a NumPy array in C order: on the CPU the memory is shared if it can be.

        Raises
        ------
        RuntimeError
            If the tensor requires a gradient: call ``.detach()`` first.
        """
        if self._needs_grad and is_grad_enabled():
            raise RuntimeError("this tensor requires a gradient: use .detach().numpy()")
        return np.ascontiguousarray(backend.of(self.data).to_numpy(self.data)).reshape(self.shape)

    def __array__(self, dtype: Any = None, copy: builtins.bool | None = None) -> np.ndarray:
        """What ``np.asarray(tensor)`` takes: :meth:`numpy`."""
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    def item(self) -> Any:
        """The value of a one-element tensor as a Python number."""
        if self.numel() != 1:
            raise ValueError(f"item() needs one element, this tensor has shape {self.shape}")
        return self.data.item()

    def tolist(self) -> Any:
        """The values as nested lists of Python numbers."""
        return self.data.tolist()

    def detach(self) -> Tensor:
        """The same values in the same memory, cut off from the graph."""
        return Tensor(self.data, version=self._version)

    def clone(self) -> Tensor:
        """A copy that gradients pass through."""
        return elementwise.to(self, self.dtype)

    def to(self, *args: Any, dtype: Any = None, device: str | None = None) -> Tensor:
        """The tensor in another dtype or on another device; itself if nothing changes.

        Parameters
        ----------
        *args : dtype, str or Tensor
            A dtype, a device (``"cpu"``, ``"cuda"``), or a tensor to be like.
        dtype, device
            The same by name.
        """
        for arg in args:
            if isinstance(arg, Tensor):
                dtype, device = arg.dtype, arg.device
            elif isinstance(arg, str) and arg.split(":")[0] in ("cpu", "cuda", "numpy", "cupy"):
                device = arg
            else:
                dtype = arg
        moved = self if device is None else Move.apply_to(self, device)
        if dtype is None or np.dtype(dtype) == self.dtype:
            return moved
        return elementwise.to(moved, np.dtype(dtype))

    def cpu(self) -> Tensor:
        """The tensor on the CPU."""
        return self.to("cpu")

    def cuda(self) -> Tensor:
        """The tensor on the GPU."""
        return self.to("cuda")

    def float(self) -> Tensor:
        """The tensor in float32."""
        return self.to(np.float32)

    def double(self) -> Tensor:
        """The tensor in float64."""
        return self.to(np.float64)

    def long(self) -> Tensor:
        """The tensor in int64, cut towards zero."""
        return self.to(np.int64)

    def int(self) -> Tensor:
        """The tensor in int32, cut towards zero."""
        return self.to(np.int32)

    def bool(self) -> Tensor:
        """Which elements are not zero."""
        return self.to(np.bool_)

    def type_as(self, other: Tensor) -> Tensor:
        """The tensor in the dtype of another."""
        return self.to(other.dtype)

    def new_tensor(self, data: Any, dtype: Any = None) -> Tensor:
        """Host data as a tensor of this one's device, and of its dtype unless given."""
        return Tensor(backend.of(self.data).asarray(np.asarray(data, dtype or self.dtype)))

    # ---- gradients ---------------------------------------------------------------------------

    def requires_grad_(self, requires_grad: builtins.bool = True) -> Tensor:
        """Want a gradient for this leaf, or no longer."""
        if not self.is_leaf:
            if requires_grad:
                return self
            raise RuntimeError("only a leaf can stop requiring a gradient: use detach()")
        if requires_grad and self.dtype.kind != "f":
            raise RuntimeError(
                f"only floating tensors have gradients, this one is {self.dtype}: use .float()"
            )
        self._needs_grad = bool(requires_grad)
        return self

    def retain_grad(self) -> None:
        """Keep the gradient of a tensor that is not a leaf in its ``.grad``, too."""
        if self._edge is None:
            return
        maker, number = self._edge
        hooks = maker.hooks.get(number, [])
        if not any(isinstance(hook, _Retain) for hook in hooks):
            self.register_hook(_Retain(self))

    # ---- changes in place --------------------------------------------------------------------

    def _change(self, new: Any) -> Tensor:
        """Write new values; autograd is told, and refuses where it would be wrong."""
        values = new.data if isinstance(new, Variable) else new
        if is_grad_enabled() and (self._needs_grad or getattr(new, "requires_grad", False)):
            raise RuntimeError(
                "a tensor in the graph cannot be changed in place: make a new one "
                "(x = x + y, tg.where, tg.cat), or change a parameter inside tg.no_grad()"
            )
        self.data[...] = values
        self.bump_version()
        return self

    def _take(self, result: Tensor) -> Tensor:
        """Write the result of arithmetic, unless integers would cut it."""
        if result.dtype.kind == "f" and self.dtype.kind != "f":
            raise TypeError(
                f"the result is {result.dtype}, which does not fit into a tensor of {self.dtype}: "
                "use .float() first"
            )
        return self._change(result)

    def add_(self, other: Any, *, alpha: Any = 1) -> Tensor:
        """``self += alpha * other``, in place."""
        return self._take(elementwise.add(self, other, alpha=alpha))

    def sub_(self, other: Any, *, alpha: Any = 1) -> Tensor:
        """``self -= alpha * other``, in place."""
        return self._take(elementwise.sub(self, other, alpha=alpha))

    def mul_(self, other: Any) -> Tensor:
        """``self *= other``, in place."""
        return self._take(elementwise.mul(self, other))

    def div_(self, other: Any) -> Tensor:
        """``self /= other``, in place."""
        return self._take(elementwise.div(self, other))

    def _in_graph_with(self, other: Any) -> builtins.bool:
        """Whether ``self += other`` must be recorded, as a new tensor under the old name."""
        wanted = self._needs_grad or getattr(other, "requires_grad", False)
        return is_grad_enabled() and wanted and not (self.is_leaf and self._needs_grad)

    def __iadd__(self, other: Any) -> Tensor:  # type: ignore[misc]
        return self + other if self._in_graph_with(other) else self.add_(other)

    def __isub__(self, other: Any) -> Tensor:  # type: ignore[misc]
        return self - other if self._in_graph_with(other) else self.sub_(other)

    def __imul__(self, other: Any) -> Tensor:  # type: ignore[misc]
        return self * other if self._in_graph_with(other) else self.mul_(other)

    def __itruediv__(self, other: Any) -> Tensor:  # type: ignore[misc]
        return self / other if self._in_graph_with(other) else self.div_(other)

    def clamp_(self, min: Any = None, max: Any = None) -> Tensor:
        """:meth:`clamp`, in place."""
        return self._change(elementwise.clamp(self, min, max))

    def copy_(self, source: Any) -> Tensor:
        """Take over the values of another tensor, broadcast, from any device."""
        return self._change(source.to(self.device) if isinstance(source, Tensor) else source)

    def fill_(self, value: Any) -> Tensor:
        """Set every element to a number."""
        return self._change(value)

    def zero_(self) -> Tensor:
        """Set every element to 0."""
        return self._change(0)

    def __setitem__(self, index: Any, value: Any) -> None:
        if is_grad_enabled() and (self._needs_grad or getattr(value, "requires_grad", False)):
            raise RuntimeError(
                "assigning to elements of a tensor in the graph is not recorded: use tg.where, "
                "tg.cat or index_add, or assign inside tg.no_grad()"
            )
        values = value.data if isinstance(value, Variable) else value
        self.data[indexing.as_index(self, index)] = values
        self.bump_version()

    # ---- operators ---------------------------------------------------------------------------

    def __rsub__(self, other: Any) -> Tensor:
        return elementwise.Sub.apply(other, self)

    def __rtruediv__(self, other: Any) -> Tensor:
        return elementwise.Div.apply(other, self)

    def __rpow__(self, other: Any) -> Tensor:
        return elementwise.pow(other, self)

    def __rmatmul__(self, other: Any) -> Tensor:
        return linalg.matmul(self.new_tensor(other), self)

    __getitem__ = indexing.getitem
    __add__ = __radd__ = add = elementwise.add
    __sub__ = sub = elementwise.sub
    __mul__ = __rmul__ = mul = elementwise.mul
    __truediv__ = div = elementwise.div
    __neg__ = neg = elementwise.neg
    __pow__ = pow = elementwise.pow
    __matmul__ = matmul = linalg.matmul
    __eq__ = eq = elementwise.eq  # type: ignore[assignment]
    __ne__ = ne = elementwise.ne  # type: ignore[assignment]
    __lt__ = lt = elementwise.lt
    __le__ = le = elementwise.le
    __gt__ = gt = elementwise.gt
    __ge__ = ge = elementwise.ge
    __and__ = __rand__ = bitwise_and = elementwise.bitwise_and
    __or__ = __ror__ = bitwise_or = elementwise.bitwise_or
    __invert__ = bitwise_not = elementwise.bitwise_not
    logical_and = elementwise.logical_and
    logical_or = elementwise.logical_or
    logical_not = elementwise.logical_not
    __abs__ = abs = elementwise.abs

    # ---- functions of each element -----------------------------------------------------------

    exp = elementwise.exp
    expm1 = elementwise.expm1
    log = elementwise.log
    log1p = elementwise.log1p
    sqrt = elementwise.sqrt
    rsqrt = elementwise.rsqrt
    reciprocal = elementwise.reciprocal
    square = elementwise.square
    sin = elementwise.sin
    cos = elementwise.cos
    tanh = elementwise.tanh
    sigmoid = elementwise.sigmoid
    erf = elementwise.erf
    sign = elementwise.sign
    floor = elementwise.floor
    round = elementwise.round
    maximum = elementwise.maximum
    minimum = elementwise.minimum
    clamp = elementwise.clamp
    masked_fill = elementwise.masked_fill
    isnan = elementwise.isnan
    isinf = elementwise.isinf
    isfinite = elementwise.isfinite
    relu = activation.relu
    softmax = activation.softmax
    log_softmax = activation.log_softmax

    # ---- reductions --------------------------------------------------------------------------

    sum = reduction.sum
    mean = reduction.mean
    var = reduction.var
    std = reduction.std
    logsumexp = reduction.logsumexp
    sum_to_size = reduction.sum_to_size
    all = reduction.all
    any = reduction.any
    norm = linalg.norm
    max = extremes.max
    min = extremes.min
    amax = extremes.amax
    amin = extremes.amin
    argmax = extremes.argmax
    argmin = extremes.argmin
    sort = extremes.sort
    argsort = extremes.argsort
    topk = extremes.topk
    prod = scan.prod
    cumsum = scan.cumsum

    # ---- shape and order ---------------------------------------------------------------------

    reshape = view = shaping.reshape
    flatten = shaping.flatten
    unflatten = shaping.unflatten
    squeeze = shaping.squeeze
    unsqueeze = shaping.unsqueeze
    permute = shaping.permute
    transpose = shaping.transpose
    t = shaping.t
    movedim = shaping.movedim
    expand = reduction.expand
    broadcast_to = shaping.broadcast_to
    contiguous = shaping.contiguous
    flip = shaping.flip
    roll = shaping.roll
    split = shaping.split
    chunk = shaping.chunk
    unbind = shaping.unbind
    repeat = shaping.repeat
    tile = shaping.tile

    # ---- picking, and products of matrices ---------------------------------------------------

    gather = indexing.gather
    scatter = indexing.scatter
    scatter_add = indexing.scatter_add
    index_select = indexing.index_select
    index_add = indexing.index_add
    mm = linalg.mm
    bmm = linalg.bmm
    dot = linalg.dot


class _Retain:
    """A hook that adds the gradient to a tensor's ``.grad``, and does not keep it alive."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = weakref.ref(tensor)

    def __call__(self, gradient: Tensor) -> None:
        tensor = self.tensor()
        if tensor is not None:
            tensor.grad = gradient.clone() if tensor.grad is None else tensor.grad + gradient


class Move(engine.Function):
    """The same values on another device; the gradient moves back."""

    @classmethod
    def apply_to(cls, x: Tensor, device: str) -> Tensor:
        target = backend.get(device)
        if backend.of(x.data) is target:
            return x
        moved: Tensor = cls.apply(x, target)
        return moved

    @staticmethod
    def forward(ctx: Any, x: Any, target: backend.Backend) -> Any:
        ctx.home = backend.of(x)
        return target.asarray(ctx.home.to_numpy(x))

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return Move.apply(grad, ctx.home)


Variable.result_type = Tensor
