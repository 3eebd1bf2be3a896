"""Indexed updates, in place on a copy; by positions where in place is impossible."""

from __future__ import annotations

from typing import Any

import torch

from spacecore.backend import differs
from spacecore_torch._tracing import is_batched

__all__ = ["Updates"]


class Updates:
    """`index_set` and `index_add`."""

    @staticmethod
    @differs("Torch updates in place, with forward slices only")
    def index_set(x: Any, index: Any, values: Any, /, *, copy: bool = True) -> torch.Tensor:
        _refuse_backward(index)
        if copy and _batched(x, index, values):
            return _put(x, index, values, accumulate=False)
        out: torch.Tensor = x.clone() if copy else x
        out[index] = values
        return out

    @staticmethod
    @differs("Torch updates in place, and adds once for an index that occurs twice")
    def index_add(x: Any, index: Any, values: Any, /, *, copy: bool = True) -> torch.Tensor:
        _refuse_backward(index)
        if copy and _batched(x, index, values):
            return _put(x, index, values, accumulate=True)
        out: torch.Tensor = x.clone() if copy else x
        if _selects_once(index):
            out[index] += values
            return out
        places = _positions(x, index)
        return out.put_(places, _filled(x, places, values), accumulate=True)


def _put(x: Any, index: Any, values: Any, *, accumulate: bool) -> torch.Tensor:
    """The update out of place: what is mapped by `vmap` can't be written into what is not."""
    places = _positions(x, index)
    flat = torch.index_put(
        torch.ravel(x), (places,), _filled(x, places, values), accumulate=accumulate
    )
    return flat.reshape(x.shape)


def _positions(x: Any, index: Any) -> torch.Tensor:
    """Where the selected elements are in the flat array."""
    return torch.arange(x.numel(), device=x.device).reshape(x.shape)[index]  # type: ignore[no-any-return]


def _filled(x: Any, places: torch.Tensor, values: Any) -> torch.Tensor:
    made = torch.as_tensor(values, dtype=x.dtype, device=x.device)
    return torch.broadcast_to(made, places.shape)


def _parts(index: Any) -> tuple[Any, ...]:
    return index if isinstance(index, tuple) else (index,)


def _selects_once(index: Any) -> bool:
    """Whether no element can be selected twice: no arrays of indices, unless masks."""
    for part in _parts(index):
        if isinstance(part, torch.Tensor):
            if part.dtype is not torch.bool and part.ndim > 0:
                return False
        elif not (part is None or part is ... or isinstance(part, int | slice)):
            return False
    return True


def _batched(*parts: Any) -> bool:
    return any(is_batched(item) for part in parts for item in _parts(part))


def _refuse_backward(index: Any) -> None:
    for part in _parts(index):
        if isinstance(part, slice) and part.step is not None and part.step < 0:
            raise ValueError(
                f"Torch indexes by slices that run forwards. Got {part}. Use a forward slice and "
                "`ops.flip` the values."
            )
