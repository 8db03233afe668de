"""What all optimizers share: groups of parameters, the loop of a step, saving and loading.

An algorithm is a class with its options in the constructor, ``initial_state`` and ``update``; the
last two see raw arrays only, so that an update reads like its formula and runs on any device.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, NamedTuple

from tinygen import backend
from tinygen.autograd import enable_grad
from tinygen.backend import Array, kernel
from tinygen.tensors import Tensor

__all__ = [
    "Group",
    "Move",
    "Optimizer",
    "State",
    "require_at_least_zero",
    "require_fraction",
    "update_average",
]

Group = dict[str, Any]
"""A parameter group: ``"params"`` and the options that hold for them."""

State = dict[str, Any]
"""What an optimizer remembers of one parameter: device arrays and Python numbers."""


class Move(NamedTuple):
    """What one update needs: the arguments of :meth:`Optimizer.update`."""

    theta: Array
    gradient: Array
    state: State
    group: Group


class Optimizer:
    """Base class of all optimizers.

    A subclass gives its options' defaults to this constructor and writes :meth:`update` (and
    :meth:`initial_state` and :meth:`check_options` if it needs them)::

        class SignSGD(Optimizer):
            def __init__(self, params, lr=1e-3):
                super().__init__(params, {"lr": lr})

            def update(self, theta, gradient, state, group):
                theta -= group["lr"] * backend.xp_of(theta).sign(gradient)

    Parameters
    ----------
    params : iterable of Tensor, or iterable of dict
        What to optimize; a dict is a group with options of its own beside ``"params"``.
    defaults : dict
        The options of a group that does not name them.

    Attributes
    ----------
    param_groups : list of dict
        Each with ``"params"`` and one value for every option; schedules write ``"lr"`` here.
    state : dict
        What is remembered of each parameter, keyed by the parameter.
    steps_taken : int
        How often :meth:`step` was called on this object.

    Raises
    ------
    TypeError
        If ``params`` is a single Tensor, or holds something else than Tensors.
    ValueError
        If there is no parameter, one occurs twice or is not a leaf, or an option is out of range.
    """

    by_element: ClassVar[bool] = False
    """Whether :meth:`update` treats each element by itself, so that pieces of a parameter may be
    moved one after the other. (A rule that takes the norm of a parameter does not.)"""

    def __init__(self, params: Iterable[Tensor] | Iterable[Group], defaults: Group) -> None:
        if isinstance(params, Tensor):
            raise TypeError(
                "params must be an iterable of Tensors or of dicts, but it is a single Tensor of "
                f"shape {params.shape}: write [parameter] for one, model.parameters() for all"
            )
        self.defaults = {name: _plain_number(value) for name, value in defaults.items()}
        self.check_options(self.defaults)
        self.state: defaultdict[Tensor, State] = defaultdict(dict)
        self.param_groups: list[Group] = []
        self.steps_taken = 0

        entries: list[Any] = list(params)
        if not entries:
            raise ValueError(
                "the optimizer got an empty list of parameters: does the model have any, or was "
                "the iterator model.parameters() already used up?"
            )
        groups = entries if isinstance(entries[0], dict) else [{"params": entries}]
        for group in groups:
            self.add_param_group(group)

    # What an algorithm fills in.

    def check_options(self, options: Group) -> None:
        """Raise ValueError for an option that is out of range; by default nothing is checked."""

    def initial_state(self, theta: Array, group: Group) -> State:
        """Return what is remembered of a parameter before its first step; by default nothing.

        None stands for an array that an update may create.
        """
        return {}

    def update(self, theta: Array, gradient: Array, state: State, group: Group) -> None:
        """Move one parameter: write into ``theta`` and ``state``, never into ``gradient``.

        Parameters
        ----------
        theta : array
            The parameter, changed in place.
        gradient : array of the same shape and dtype
            Its gradient, negated already if the group says ``maximize``.
        state : dict
            What :meth:`initial_state` returned and the updates before this one left there.
        group : dict
            The options.
        """
        raise NotImplementedError(f"{type(self).__name__} must define update()")

    # What the user calls.

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Move every parameter that has a gradient, once.

        Parameters
        ----------
        closure : callable, optional
            Evaluates the model again, calls ``backward`` and returns the loss.

        Returns
        -------
        object
            What the closure returned, or None without one.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        moving: list[Tensor] = []
        moves: list[Move] = []
        for group in self.param_groups:
            for param in group["params"]:
                gradient = param.grad
                if gradient is not None:
                    state = self._state_of(param, group)
                    moving.append(param)
                    moves.append(Move(param.data, gradient.data, state, group))
        if moves:
            self._move_all(moves)
        for param in moving:
            param.bump_version()
        self.steps_taken += 1
        return loss

    def _state_of(self, param: Tensor, group: Group) -> State:
        """What is remembered of a parameter, where the parameter is now."""
        theta, state = param.data, self.state[param]
        if not state:
            state.update(self.initial_state(theta, group))
        for name, value in state.items():
            if not _fits(value, theta):  # the parameter was moved to another device or dtype
                state[name] = _array_like(theta, backend.of(value).to_numpy(value), name)
        return state

    def _move_all(self, moves: list[Move]) -> None:
        """Apply the update to each parameter."""
        fast = kernel(backend.xp_of(moves[0].theta), "move_all")
        if fast is not None:
            fast(self, moves)
            return
        for move in moves:
            self.move(move)

    def move(self, move: Move) -> None:
        """Apply the update to one parameter."""
        theta, gradient, state, group = move
        self.update(theta, -gradient if group.get("maximize") else gradient, state, group)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or fill them with zeros.

        Parameters
        ----------
        set_to_none : bool
            None (the default) saves memory, and a parameter that the next loss does not reach is
            then left alone by :meth:`step`; with zeros it still moves by momentum and decay.
        """
        for group in self.param_groups:
            for param in group["params"]:
                if set_to_none:
                    param.grad = None
                elif param.grad is not None:
                    param.grad = param.grad.detach()
                    param.grad.zero_()

    def add_param_group(self, param_group: Group) -> None:
        """Add parameters with options of their own, for instance layers that were frozen so far.

        Parameters
        ----------
        param_group : dict
            ``"params"``, a Tensor or an iterable of them, and any options that differ from the
            defaults.

        Raises
        ------
        TypeError, ValueError
            As in the constructor.
        """
        if not isinstance(param_group, dict):
            raise TypeError(
                "a parameter group must be a dict such as {'params': layer.parameters(), "
                f"'lr': 0.01}}, but got a {type(param_group).__name__} (Tensors and groups cannot "
                "be mixed in one list)"
            )
        if "params" not in param_group:
            raise ValueError(
                f"a parameter group needs the key 'params'; this one has {sorted(param_group)}"
            )
        options = {**self.defaults, **_options(param_group)}
        group = {name: _plain_number(value) for name, value in options.items()}
        self.check_options(group)
        group["params"] = self._checked_parameters(param_group["params"])
        self.param_groups.append(group)

    def _checked_parameters(self, params: Any) -> list[Tensor]:
        """List the parameters of a new group, refusing what cannot be optimized."""
        if isinstance(params, set):
            raise TypeError(
                "the parameters of a group must be in an order that is the same in every run (the "
                "saved state depends on it), and a set has none: use a list"
            )
        parameters: list[Any] = [params] if isinstance(params, Tensor) else list(params)
        known = {param for group in self.param_groups for param in group["params"]}
        for position, param in enumerate(parameters):
            if not isinstance(param, Tensor):
                raise TypeError(
                    f"an optimizer moves Tensors, but parameter {position} of the group is a "
                    f"{type(param).__name__}: pass model.parameters(), not named_parameters(), and "
                    "make a parameter of an array with tg.tensor(array, requires_grad=True)"
                )
            if not param.is_leaf:
                raise ValueError(
                    f"parameter {position} of the group (shape {param.shape}) is not a leaf: it is "
                    "the result of an operation, so its gradient is not kept and moving it would "
                    "change nothing. Pass the tensor that it was computed from, or "
                    "x.detach().requires_grad_()"
                )
            if param in known:
                raise ValueError(
                    f"parameter {position} of the group (shape {param.shape}) occurs twice in this "
                    "optimizer and would move twice a step: list each parameter once, in one group"
                )
            known.add(param)
        return parameters

    def with_weight_decay(self, theta: Array, gradient: Array, weight_decay: float) -> Array:
        """Return ``gradient + weight_decay * theta``, the gradient of an L2 penalty included."""
        if weight_decay == 0:
            return gradient
        xp = backend.xp_of(theta)
        decayed = xp.multiply(theta, weight_decay, out=xp.empty_like(theta))
        decayed += gradient
        return decayed

    # Saving and loading.

    def state_dict(self) -> dict[str, Any]:
        """Return all that is needed to go on: a snapshot on the host, in PyTorch's layout.

        Returns
        -------
        dict
            ``"state"``: by the parameter's position over all groups, its state as NumPy arrays in
            C order and Python numbers; ``"param_groups"``: the options, and in ``"params"`` these
            positions.
        """
        params = [param for group in self.param_groups for param in group["params"]]
        position = {param: index for index, param in enumerate(params)}
        groups = [
            {**copy.deepcopy(_options(group)), "params": [position[p] for p in group["params"]]}
            for group in self.param_groups
        ]
        state = {index: _to_host(self.state.get(param, {})) for index, param in enumerate(params)}
        known = {index: entries for index, entries in state.items() if entries}
        return {"state": known, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a saved state; parameters correspond by their position.

        Saved options replace the present ones. Nothing is changed if anything does not fit.

        Parameters
        ----------
        state_dict : dict
            What :meth:`state_dict` returned.

        Raises
        ------
        ValueError
            If groups, options, names or shapes differ; the message names the first that does.
        """
        missing = {"state", "param_groups"} - set(state_dict)
        if missing:
            raise ValueError(
                f"this is not the state of an optimizer: {sorted(missing)} missing among the keys "
                f"{sorted(map(str, state_dict))}"
            )
        groups = self._loaded_groups(state_dict["param_groups"])
        owners = {
            index: (param, group)
            for group, saved in zip(groups, state_dict["param_groups"], strict=True)
            for param, index in zip(group["params"], saved["params"], strict=True)
        }
        state: defaultdict[Tensor, State] = defaultdict(dict)
        for index, saved_state in state_dict["state"].items():
            if index not in owners:
                raise ValueError(
                    f"the saved state has an entry for parameter {index!r}, which none of its "
                    f"groups lists (they list {sorted(owners)})"
                )
            param, group = owners[index]
            state[param] = self._loaded_state(index, param.data, group, saved_state)
        self.param_groups, self.state = groups, state

    def _loaded_groups(self, saved_groups: list[Group]) -> list[Group]:
        """Pair the saved options with the present parameters."""
        if len(saved_groups) != len(self.param_groups):
            raise ValueError(
                f"the saved state has {len(saved_groups)} parameter group(s), this optimizer has "
                f"{len(self.param_groups)}: build it with the same groups before loading"
            )
        loaded = []
        for number, (group, saved) in enumerate(zip(self.param_groups, saved_groups, strict=True)):
            if len(saved["params"]) != len(group["params"]):
                raise ValueError(
                    f"parameter group {number} has {len(group['params'])} parameter(s), the saved "
                    f"one has {len(saved['params'])}: is it the same model?"
                )
            missing = sorted(set(self.defaults) - set(saved))
            if missing:
                raise ValueError(
                    f"parameter group {number} of the saved state lacks {missing}, which "
                    f"{type(self).__name__} needs: was it saved by another optimizer?"
                )
            options = {name: _plain_number(value) for name, value in _options(saved).items()}
            loaded.append({**group, **copy.deepcopy(options)})
        return loaded

    def _loaded_state(self, index: int, theta: Array, group: Group, saved: State) -> State:
        """Bring the saved state of one parameter to its device, dtype and memory layout."""
        if not saved:
            return {}
        state = self.initial_state(theta, group)
        required = {name for name, value in state.items() if value is not None}
        if not required <= set(saved) <= set(state):
            raise ValueError(
                f"the saved state of parameter {index} has {sorted(saved)}, but with these options "
                f"{type(self).__name__} keeps {sorted(state)}: was it saved by another optimizer, "
                "or are its entries incomplete?"
            )
        for name, value in saved.items():
            if isinstance(state[name], int | float):
                state[name] = type(state[name])(value)
            elif value is not None:
                state[name] = _array_like(theta, value, f"{name!r} of parameter {index}")
        return state

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for number, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {number}")
            lines += [f"    {name}: {value}" for name, value in sorted(_options(group).items())]
        return "\n".join([*lines, ")"])


def require_at_least_zero(options: Group, *names: str) -> None:
    """Raise ValueError if one of the options is negative (or not a number)."""
    for name in names:
        if not options[name] >= 0:
            raise ValueError(f"invalid {name}: {options[name]!r} (it must be 0 or more)")


def require_fraction(name: str, value: float) -> None:
    """Raise ValueError unless ``0 <= value < 1``, as the decay of an average must be."""
    if not 0 <= value < 1:
        raise ValueError(
            f"invalid {name}: {value!r} (it is the share of an average that is kept at a step, so "
            "it must be at least 0 and below 1)"
        )


def update_average(average: Array, value: Array, decay: float, work: Array) -> None:
    """Set ``average = decay * average + (1 - decay) * value`` in place.

    ``work`` is a work array of the same shape, which may be ``value`` itself.
    """
    average *= decay
    average += backend.xp_of(average).multiply(value, 1 - decay, out=work)


def _plain_number(value: Any) -> Any:
    """Turn NumPy scalars, which would promote float32 arrays to float64, into Python numbers."""
    if isinstance(value, tuple | list):
        return type(value)(_plain_number(entry) for entry in value)
    return value.item() if hasattr(value, "item") else value


def _options(group: Group) -> Group:
    """Everything in a group but its parameters."""
    return {name: value for name, value in group.items() if name != "params"}


def _fits(value: Any, theta: Array) -> bool:
    """Whether a state's entry is where the parameter is, and in its dtype if it has its shape."""
    if type(value) not in backend.MODULES or value.shape != theta.shape:
        return True
    return type(value) is type(theta) and value.dtype == theta.dtype


def _array_like(theta: Array, saved: Any, name: str) -> Array:
    """Copy a saved array to the device, dtype and memory layout of a parameter."""
    shape = tuple(getattr(saved, "shape", ()))
    if shape != theta.shape:
        raise ValueError(
            f"the saved {name} has shape {shape}, but the parameter has shape {theta.shape}: is it "
            "the same model, with its parameters in the same order?"
        )
    array = backend.xp_of(theta).empty_like(theta)
    array[...] = backend.of(theta).asarray(saved)
    return array


def _to_host(state: State) -> State:
    """Copy the state of one parameter, its arrays to the host in C order."""
    host = {}
    for name, value in state.items():
        if isinstance(value, int | float):
            host[name] = value
        elif value is not None:
            host[name] = backend.of(value).to_numpy(value).copy(order="C")
    return host
