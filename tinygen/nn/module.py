"""Modules: things that own parameters and can be called."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

import numpy as np

from tinygen import backend
from tinygen.autograd import Function, Variable, no_grad
from tinygen.autograd.modes import calculating_with_tensors
from tinygen.tensors import Tensor

__all__ = ["Buffer", "LoadResult", "Module", "Parameter"]

Self = TypeVar("Self", bound="Module")
Remove = Callable[[], None]


class Parameter(Tensor):
    """A leaf tensor that a module owns and an optimizer changes.

    Parameters
    ----------
    data : Tensor or array
        The initial values; the memory is taken over, not copied.
    requires_grad : bool
        False for a frozen parameter.
    """

    __slots__ = ()

    def __init__(self, data: Any, requires_grad: bool = True) -> None:
        array = data.data if isinstance(data, Variable) else data
        backend.xp_of(array)  # refuses what is not an array
        super().__init__(array)
        self.requires_grad_(requires_grad)


class Buffer(Tensor):
    """A tensor that belongs to a module's state but is not trained, such as a running mean."""

    __slots__ = ()

    def __init__(self, data: Any) -> None:
        super().__init__(data.data if isinstance(data, Variable) else data)


class LoadResult(NamedTuple):
    """What did not match when a state was loaded loosely."""

    missing_keys: list[str]
    unexpected_keys: list[str]


class Module:
    """The base of all layers and models.

    Assign parameters, buffers and other modules to attributes in ``__init__`` (after
    ``super().__init__()``) and compute in ``forward``; call the module itself, not ``forward``.
    Everything is kept, and saved, in the order of definition.

    Attributes
    ----------
    training : bool
        True after :meth:`train`, False after :meth:`eval`.
    """

    training: bool
    forward: Callable[..., Any]

    def __init__(self) -> None:
        names = ("_parameters", "_buffers", "_modules", "_pre_hooks", "_hooks", "_backward_hooks")
        for name in names:
            object.__setattr__(self, name, {})
        self.training = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not (self._pre_hooks or self._hooks or self._backward_hooks):
            return self.forward(*args, **kwargs)
        return self._call_with_hooks(args, kwargs)

    # ---- attributes --------------------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        tables = self.__dict__
        table = next((t for t, kind in TABLES.items() if isinstance(value, kind)), None)
        if table is not None:
            if table not in tables:
                raise AttributeError(
                    f"call super().__init__() before assigning {type(self).__name__}.{name}"
                )
            self._register(table, name, value)
            return
        held = next((t for t in TABLES if name in tables.get(t, {})), None)
        if held is None:
            object.__setattr__(self, name, value)
        elif value is None or (held == "_buffers" and isinstance(value, Tensor)):
            tables[held][name] = value
        else:
            kind = TABLES[held].__name__
            raise TypeError(
                f"{type(self).__name__}.{name} is a {kind.lower()}: assign a {kind} or None, not "
                f"{type(value).__name__}; to change the values of a tensor use copy_() in no_grad()"
            )

    def _register(self, table: str, name: str, value: Any) -> None:
        for other in TABLES:
            if other != table:
                self.__dict__[other].pop(name, None)
        self.__dict__.pop(name, None)
        self.__dict__[table][name] = value

    def __getattr__(self, name: str) -> Any:
        tables = self.__dict__
        for table in TABLES:
            if name in tables.get(table, {}):
                return tables[table][name]
        close = difflib.get_close_matches(name, dir(self), n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}{hint}")

    def __delattr__(self, name: str) -> None:
        for table in TABLES:
            if name in self.__dict__.get(table, {}):
                del self.__dict__[table][name]
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        tables = (self.__dict__.get(table, {}) for table in TABLES)
        return [*super().__dir__(), *(name for table in tables for name in table)]

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter under a name, or None to say that there is none."""
        self._register("_parameters", name, param)

    def register_buffer(self, name: str, tensor: Tensor | None) -> None:
        """Add a tensor to the state that is not trained."""
        self._register("_buffers", name, tensor)

    def register_module(self, name: str, module: Module | None) -> None:
        """Add a child under a name."""
        if not (module is None or isinstance(module, Module)):
            raise TypeError(
                f"{type(self).__name__} holds modules, got {type(module).__name__} at {name!r}: "
                "wrap a function in a Module, or use nn.ReLU() for F.relu"
            )
        self._register("_modules", name, module)

    add_module = register_module

    # ---- what it contains --------------------------------------------------------------------

    def children(self) -> Iterator[Module]:
        """The modules directly inside."""
        return (module for _, module in self.named_children())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly inside, with their names."""
        return ((name, m) for name, m in self._modules.items() if m is not None)

    def modules(self) -> Iterator[Module]:
        """This module and all inside it, each once."""
        return (module for _, module in self.named_modules())

    def named_modules(
        self, prefix: str = "", _seen: set[int] | None = None
    ) -> Iterator[tuple[str, Module]]:
        """This module (under ``prefix``) and all inside it with dotted names, each once."""
        seen = set() if _seen is None else _seen
        if id(self) in seen:
            return
        seen.add(id(self))
        yield prefix, self
        for name, child in self.named_children():
            yield from child.named_modules(f"{prefix}.{name}" if prefix else name, seen)

    def named_parameters(
        self, prefix: str = "", recurse: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """The parameters with dotted names, each once, in the order of definition."""
        return self._named("_parameters", prefix, recurse)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters, each once, in the order of definition."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(self, prefix: str = "", recurse: bool = True) -> Iterator[tuple[str, Tensor]]:
        """The buffers with dotted names, each once."""
        return self._named("_buffers", prefix, recurse)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """The buffers, each once."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def _named(self, table: str, prefix: str, recurse: bool) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        owners = self.named_modules(prefix) if recurse else iter([(prefix, self)])
        for path, module in owners:
            for name, tensor in module.__dict__[table].items():
                if tensor is not None and id(tensor) not in seen:
                    seen.add(id(tensor))
                    yield f"{path}.{name}" if path else name, tensor

    def get_submodule(self, target: str) -> Module:
        """The module at a dotted name."""
        module: Module = self
        for name in target.split(".") if target else []:
            if name not in module._modules:
                raise AttributeError(f"{type(module).__name__} has no child {name!r}")
            module = module._modules[name]
        return module

    # ---- modes and moves ---------------------------------------------------------------------

    def train(self: Self, mode: bool = True) -> Self:
        """Switch all modules inside to training: dropout drops, batch norm uses the batch."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self: Self) -> Self:
        """Switch all modules inside to evaluation."""
        return self.train(False)

    def requires_grad_(self: Self, requires_grad: bool = True) -> Self:
        """Let all parameters want gradients, or none."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def freeze(self: Self) -> Self:
        """Keep all parameters as they are: no gradients, and optimizers pass over them."""
        self.zero_grad()
        return self.requires_grad_(False)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or set them to 0."""
        for parameter in self.parameters():
            if set_to_none:
                parameter.grad = None
            elif parameter.grad is not None:
                parameter.grad.zero_()

    def apply(self: Self, function: Callable[[Module], Any]) -> Self:
        """Call a function on every module inside, children first, and on this one last."""
        for child in self.children():
            child.apply(function)
        function(self)
        return self

    def to(self: Self, *args: Any, **kwargs: Any) -> Self:
        """Move all parameters and buffers to a device, or floating ones to a dtype, in place."""
        tensors = [*self.parameters(), *self.buffers()]
        for tensor in tensors:
            with no_grad():
                moved = tensor.detach().to(*args, **kwargs)
                if tensor.dtype.kind != "f":  # counters and indices keep their dtype
                    moved = tensor.detach().to(moved.device)
            if moved.data is tensor.data:
                continue
            tensor.data = moved.data
            tensor.bump_version()
            if tensor.grad is not None:
                tensor.grad = tensor.grad.detach().to(moved)
        return self

    def cpu(self: Self) -> Self:
        """Move everything to the CPU."""
        return self.to("cpu")

    def cuda(self: Self) -> Self:
        """Move everything to the GPU."""
        return self.to("cuda")

    def float(self: Self) -> Self:
        """Everything floating in float32."""
        return self.to(np.float32)

    def double(self: Self) -> Self:
        """Everything floating in float64."""
        return self.to(np.float64)

    # ---- saving and loading ------------------------------------------------------------------

    def state_dict(self, prefix: str = "") -> dict[str, np.ndarray]:
        """Copies of all parameters and buffers as host arrays, in C order, by dotted name."""
        state: dict[str, np.ndarray] = {}
        for path, module in _every_path(self, prefix):
            for name, tensor in (*module._parameters.items(), *module._buffers.items()):
                if tensor is not None:
                    host = backend.of(tensor.data).to_numpy(tensor.data)
                    state[path + name] = np.array(host, order="C")
        return state

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> LoadResult:
        """Take over the values of a state, in place; all or nothing.

        Parameters
        ----------
        state_dict : mapping of str to array or Tensor
            As :meth:`state_dict` gives it, or PyTorch's for the same architecture as arrays.
        strict : bool
            Refuse missing and unexpected names; wrong shapes are always refused.

        Raises
        ------
        ValueError
            Naming every entry that is missing, unexpected or of the wrong shape.
        """
        own = {
            path + name: tensor
            for path, module in _every_path(self, "")
            for name, tensor in (*module._parameters.items(), *module._buffers.items())
            if tensor is not None
        }
        given = {name: _host_array(value) for name, value in state_dict.items()}
        missing = [name for name in own if name not in given]
        unexpected = [name for name in given if name not in own]
        faults = [
            f"{name}: shape {given[name].shape}, wanted {own[name].shape}"
            for name in own
            if name in given and given[name].shape != own[name].shape
        ]
        if strict:
            faults += [f"{name}: missing" for name in missing]
            faults += [f"{name}: not part of this model" for name in unexpected]
        if faults:
            raise ValueError(
                f"the state does not fit {type(self).__name__}, nothing was loaded:\n  "
                + "\n  ".join(faults)
            )
        new = {  # all before the first is changed: a conversion may fail
            name: Tensor(backend.of(tensor.data).asarray(given[name], tensor.dtype))
            for name, tensor in own.items()
            if name in given
        }
        with no_grad():
            for name, values in new.items():
                own[name].copy_(values)
        return LoadResult(missing, unexpected)

    # ---- hooks -------------------------------------------------------------------------------

    def register_forward_pre_hook(self, hook: Callable[[Module, tuple[Any, ...]], Any]) -> Remove:
        """Call ``hook(module, args)`` before forward; what it returns replaces the arguments."""
        return _added(self._pre_hooks, hook)

    def register_forward_hook(self, hook: Callable[[Module, Any, Any], Any]) -> Remove:
        """Call ``hook(module, args, output)`` after forward; it may return another output."""
        return _added(self._hooks, hook)

    def register_full_backward_hook(self, hook: Callable[[Module, Any, Any], Any]) -> Remove:
        """Call ``hook(module, grad_input, grad_output)`` when the inputs' gradients are known.

        Both are tuples, with None where no gradient flows; what it returns replaces the former.
        """
        return _added(self._backward_hooks, hook)

    def _call_with_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        for hook in list(self._pre_hooks.values()):
            replaced = hook(self, args)
            if replaced is not None:
                args = replaced if isinstance(replaced, tuple) else (replaced,)
        watch = _BackwardWatch(self) if self._backward_hooks else None
        output = self.forward(*(watch.enter(args) if watch else args), **kwargs)
        if watch:
            output = watch.leave(output)
        for hook in list(self._hooks.values()):
            replaced = hook(self, args, output)
            output = output if replaced is None else replaced
        return output

    # ---- printing ----------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """What a layer shows of its settings."""
        return ""

    def __repr__(self) -> str:
        lines = [f"({name}): {_indented(repr(child))}" for name, child in self._modules.items()]
        extra = self.extra_repr()
        if not lines:
            return f"{type(self).__name__}({extra})"
        body = "\n  ".join([extra, *lines] if extra else lines)
        return f"{type(self).__name__}(\n  {body}\n)"


TABLES: dict[str, type] = {"_parameters": Parameter, "_buffers": Buffer, "_modules": Module}
"""What a module keeps by name, and of which class."""


def _every_path(module: Module, prefix: str) -> Iterator[tuple[str, Module]]:
    """Every module with every path that leads to it, shared ones repeatedly, ending in a dot."""
    yield prefix, module
    for name, child in module.named_children():
        yield from _every_path(child, f"{prefix}{name}.")


def _host_array(value: Any) -> np.ndarray:
    array = value.data if isinstance(value, Variable) else value
    owned = type(array) in backend.MODULES
    return backend.of(array).to_numpy(array) if owned else np.asarray(array)


def _added(table: dict[int, Any], hook: Any) -> Remove:
    key = max(table, default=0) + 1
    table[key] = hook

    def remove() -> None:
        table.pop(key, None)

    return remove


def _indented(text: str) -> str:
    return text.replace("\n", "\n  ")


class _BackwardWatch:
    """Notes the gradients that pass a module's outputs and inputs in one backward."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.grad_output: tuple[Any, ...] = ()
        self.no_gradients: tuple[None, ...] | None = None  # for inputs that want none

    def enter(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        if not any(_wants_gradient(arg) for arg in args):
            self.no_gradients = (None,) * len(args)
        return _through(args, self._inputs_known)

    def leave(self, output: Any) -> Any:
        outputs = output if isinstance(output, tuple) else (output,)
        watched = _through(outputs, self._outputs_known)
        return watched if isinstance(output, tuple) else watched[0]

    def _outputs_known(self, gradients: tuple[Any, ...]) -> None:
        self.grad_output = gradients
        if self.no_gradients is not None:  # the walk ends here
            self._inputs_known(self.no_gradients)

    def _inputs_known(self, gradients: tuple[Any, ...]) -> Any:
        for hook in list(self.module._backward_hooks.values()):
            replaced = hook(self.module, gradients, self.grad_output)
            if replaced is not None:
                gradients = replaced if isinstance(replaced, tuple) else (replaced,)
        return gradients


def _through(values: Iterable[Any], tell: Callable[[tuple[Any, ...]], Any]) -> tuple[Any, ...]:
    """Pass the values that want gradients through an identity that tells of all gradients."""
    passed = list(values)
    places = [i for i, value in enumerate(passed) if _wants_gradient(value)]
    if not places:
        return tuple(passed)

    def tell_of_all(gradients: tuple[Any, ...]) -> Any:
        by_place = dict(zip(places, gradients, strict=True))
        replaced = tell(tuple(by_place.get(i) for i in range(len(passed))))
        return None if replaced is None else tuple(replaced[i] for i in places)

    watched = _Identity.apply(*[passed[i] for i in places], tell=tell_of_all)
    for place, tensor in zip(places, watched, strict=True):
        passed[place] = tensor
    return tuple(passed)


def _wants_gradient(value: Any) -> bool:
    return isinstance(value, Tensor) and value.requires_grad


class _Identity(Function):
    """Values pass unchanged; their gradients are shown to a listener on the way back."""

    fills_missing = False

    @staticmethod
    def forward(ctx: Any, *values: Any, tell: Callable[[tuple[Any, ...]], Any]) -> Any:
        ctx.tell = tell
        return tuple(value.view() for value in values)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        seen = tuple(g if g is None or isinstance(g, Variable) else Tensor(g) for g in gradients)
        with calculating_with_tensors():
            told = ctx.tell(seen)
        replaced = seen if told is None else told
        return tuple(
            new.data if isinstance(new, Variable) and not isinstance(old, Variable) else new
            for new, old in zip(replaced, gradients, strict=True)
        )
