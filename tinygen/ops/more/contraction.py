"""Einstein's summation: products of tensors, summed over chosen indices, from a line of letters.

Each letter names an index. The product of all operands is summed over the letters that the result
does not have::

    einsum("bij,bjk->bik", x, y)[b, i, k] = sum over j of x[b, i, j] * y[b, j, k]

The operands are joined two at a time, each pair by one product of matrices. All is made of ops
that have derivatives of any order, so their composition has them too.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from tinygen.ops import reduction
from tinygen.ops.linalg import matmul
from tinygen.ops.shape import permute, reshape

if TYPE_CHECKING:
    from tinygen.tensors import Tensor

__all__ = ["einsum"]

Labels = tuple[str, ...]  # letters; the dimensions under "..." are "...0", "...1" from the right
SUBSCRIPTS = re.compile(r"[a-zA-Z]*(\.\.\.[a-zA-Z]*)?")


class Term(NamedTuple):
    """A tensor with a label for each of its dimensions, no two alike."""

    tensor: Any
    labels: Labels

    @property
    def lengths(self) -> dict[str, int]:
        """The length of each labelled dimension."""
        return dict(zip(self.labels, self.tensor.shape, strict=True))


def einsum(equation: str, *operands: Tensor) -> Tensor:
    """Multiply tensors and sum over indices, as Einstein's notation says.

    Operands are joined from left to right: with three or more, put first what shrinks most.

    Parameters
    ----------
    equation : str
        A letter for each dimension of each operand, as in ``"bij,bjk->bik"``. A letter repeated
        within one operand takes its diagonal. ``...`` stands for all other dimensions, which
        broadcast. Without ``->`` the result has the dimensions under ``...``, then the letters
        that occur once, in alphabetical order.
    *operands : Tensor
        As many as the equation describes. A dimension of length 1 is stretched.

    Returns
    -------
    Tensor
        With the dimensions, in the order, that the right side names.

    Raises
    ------
    ValueError
        If the equation is malformed or does not fit the shapes of the operands.

    Examples
    --------
    >>> import tinygen as tg
    >>> x = tg.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> tg.einsum("ij->ji", x), tg.einsum("ii", x), tg.einsum("ij,ij->i", x, x)
    (tensor([[1., 3.],
            [2., 4.]]), tensor(5.), tensor([ 5., 25.]))
    """
    if not isinstance(equation, str):
        raise TypeError(
            f"einsum: the equation comes first, as in einsum('ij,jk->ik', a, b); got "
            f"{type(equation).__name__}"
        )
    inputs, output = _parsed(equation, [operand.ndim for operand in operands])
    lengths = _checked_lengths(equation, inputs, operands)
    terms = [
        _without_stretched(_with_distinct_labels(operand, labels), lengths)
        for operand, labels in zip(operands, inputs, strict=True)
    ]
    joined = terms[0]
    for number, term in enumerate(terms[1:], start=1):
        still_needed = set(output).union(*(later.labels for later in terms[number + 1 :]))
        joined = _joined(joined, term, still_needed)
    return _ordered(_summed(joined, output), output)


# ---- reading the equation --------------------------------------------------------------------


def _parsed(equation: str, ranks: Sequence[int]) -> tuple[list[Labels], Labels]:
    """The labels of each operand and those of the result."""
    left, arrow, right = equation.replace(" ", "").partition("->")
    subscripts = left.split(",")
    for part in (*subscripts, right):
        if not SUBSCRIPTS.fullmatch(part):
            raise ValueError(
                f"einsum: cannot read {part!r} in {equation!r}: each side has letters and at most "
                "one '...' for each operand, as in 'bij,bjk->bik'"
            )
    if len(subscripts) != len(ranks):
        raise ValueError(
            f"einsum: {equation!r} describes {len(subscripts)} operands, {len(ranks)} were given"
        )
    hidden = [
        _hidden_dims(equation, number, part, rank)
        for number, (part, rank) in enumerate(zip(subscripts, ranks, strict=True))
    ]
    inputs = [_labels(part, count) for part, count in zip(subscripts, hidden, strict=True)]
    if not arrow:
        letters = left.replace(".", "").replace(",", "")
        right = "..." + "".join(sorted(x for x in letters if letters.count(x) == 1))
    output = _labels(right, max(hidden))
    known = {label for labels in inputs for label in labels}
    for label in output:
        if label not in known or output.count(label) > 1:
            fault = "occurs twice in the result" if label in known else "is in no operand"
            raise ValueError(f"einsum: {label!r} {fault} of {equation!r}")
    return inputs, output


def _hidden_dims(equation: str, number: int, subscripts: str, rank: int) -> int:
    """How many dimensions of an operand its "..." stands for."""
    letters = len(subscripts.replace("...", ""))
    has_ellipsis = "..." in subscripts
    if letters > rank or (letters < rank and not has_ellipsis):
        raise ValueError(
            f"einsum: {subscripts!r} in {equation!r} names {letters} dimensions, but operand "
            f"{number} has {rank}. '...' stands for dimensions without a letter"
        )
    return rank - letters


def _labels(subscripts: str, hidden: int) -> Labels:
    """One label for each dimension; those under "..." are counted from the right."""
    before, ellipsis, after = subscripts.partition("...")
    under = [f"...{place}" for place in reversed(range(hidden))] if ellipsis else []
    return (*before, *under, *after)


def _checked_lengths(
    equation: str, inputs: Sequence[Labels], operands: Sequence[Any]
) -> dict[str, int]:
    """The length of each index, after stretching."""
    lengths: dict[str, int] = {}
    for number, (labels, operand) in enumerate(zip(inputs, operands, strict=True)):
        for label, length in zip(labels, operand.shape, strict=True):
            known = lengths.get(label, 1)
            repeated = labels.count(label) > 1 and length != operand.shape[labels.index(label)]
            if repeated or (length != known and 1 not in (length, known)):
                shapes = ", ".join(str(tuple(x.shape)) for x in operands)
                raise ValueError(
                    f"einsum: index {label!r} of {equation!r} has length {length} in operand "
                    f"{number}, but {known} before (shapes {shapes})"
                )
            lengths[label] = length if known == 1 else known
    return lengths


# ---- calculating -----------------------------------------------------------------------------


def _with_distinct_labels(tensor: Any, labels: Labels) -> Term:
    """Take the diagonal of dimensions that have the same label."""
    for label in dict.fromkeys(labels):
        while labels.count(label) > 1:
            first = labels.index(label)
            second = labels.index(label, first + 1)
            tensor = _diagonal(tensor, first, second)
            others = [x for axis, x in enumerate(labels) if axis not in (first, second)]
            labels = (*others, label)
    return Term(tensor, labels)


def _diagonal(x: Any, first: int, second: int) -> Any:
    """Where two indices are equal, as a last dimension: every (n + 1)-th of n * n elements."""
    others = [axis for axis in range(x.ndim) if axis not in (first, second)]
    n = x.shape[first]
    squares_last = permute(x, (*others, first, second))
    flat = reshape(squares_last, (*squares_last.shape[:-2], n * n))
    return flat[..., :: n + 1]


def _without_stretched(term: Term, lengths: dict[str, int]) -> Term:
    """Drop dimensions of length 1 that other operands stretch: a missing index broadcasts."""
    kept = [label for label, n in term.lengths.items() if n == lengths[label]]
    shape = tuple(term.lengths[label] for label in kept)
    return Term(reshape(term.tensor, shape), tuple(kept))


def _joined(a: Term, b: Term, still_needed: Collection[str]) -> Term:
    """The product of two operands, summed over the indices that nothing needs any more."""
    a = _summed(a, {*still_needed, *b.labels})
    b = _summed(b, {*still_needed, *a.labels})
    shared = [label for label in a.labels if label in b.labels]
    batch = [label for label in shared if label in still_needed]
    inner = [label for label in shared if label not in still_needed]
    rows = [label for label in a.labels if label not in shared]
    columns = [label for label in b.labels if label not in shared]
    left, right = _as_matrices(a, batch, rows, inner), _as_matrices(b, batch, inner, columns)
    product = matmul(left, right) if inner else left * right  # a column times a row
    labels = (*batch, *rows, *columns)
    lengths = {**a.lengths, **b.lengths}
    return Term(reshape(product, tuple(lengths[label] for label in labels)), labels)


def _as_matrices(term: Term, *groups: list[str]) -> Any:
    """The dimensions in the order of the groups, each group merged into one dimension."""
    ordered = _ordered(term, tuple(label for group in groups for label in group))
    lengths = term.lengths
    merged = tuple(math.prod(lengths[label] for label in group) for group in groups)
    return reshape(ordered, merged)


def _summed(term: Term, kept: Collection[str]) -> Term:
    """Sum over the dimensions whose labels are not kept."""
    axes = tuple(axis for axis, label in enumerate(term.labels) if label not in kept)
    if not axes:
        return term
    labels = tuple(label for label in term.labels if label in kept)
    return Term(reduction.sum(term.tensor, axes), labels)


def _ordered(term: Term, labels: Labels) -> Any:
    """The tensor with its dimensions in another order."""
    return permute(term.tensor, tuple(term.labels.index(label) for label in labels))
