"""Every name of the contract, declared: its signature, its meaning, and where it comes from.

The sections of the array API standard are one file each, and SpaceCore's own sections join them in
`Sections`. The bodies are documentation: `Bound` puts the library's function in their place.
"""

from __future__ import annotations

from spacecore.backend._contract._aliases import NumpySpellings
from spacecore.backend._contract._arrays import ArrayFacts
from spacecore.backend._contract._constants import Constants, DataTypes
from spacecore.backend._contract._control import ControlFlow
from spacecore.backend._contract._creation import CreationFunctions
from spacecore.backend._contract._dtypes import DataTypeFunctions
from spacecore.backend._contract._elementwise import ElementwiseFunctions
from spacecore.backend._contract._fft import FFTNamespace
from spacecore.backend._contract._indexing import IndexingFunctions
from spacecore.backend._contract._inspection import Inspection
from spacecore.backend._contract._linalg import LinalgNamespace
from spacecore.backend._contract._linear_algebra import LinearAlgebraFunctions
from spacecore.backend._contract._manipulation import ManipulationFunctions
from spacecore.backend._contract._products import ArrayExtras
from spacecore.backend._contract._random import RandomNumbers
from spacecore.backend._contract._searching import SearchingFunctions
from spacecore.backend._contract._sets import SetFunctions
from spacecore.backend._contract._solves import LinearSolves
from spacecore.backend._contract._sorting import SortingFunctions
from spacecore.backend._contract._sparse import SparseMatrices
from spacecore.backend._contract._statistical import StatisticalFunctions
from spacecore.backend._contract._transforms import Autodiff, Compilation, Vectorization
from spacecore.backend._contract._updates import IndexedUpdates
from spacecore.backend._contract._utility import UtilityFunctions
from spacecore.backend._contract._values import ValueClasses

__all__ = ["FFTNamespace", "LinalgNamespace", "Sections"]


class StandardSections(
    Constants,
    DataTypes,
    CreationFunctions,
    DataTypeFunctions,
    ElementwiseFunctions,
    IndexingFunctions,
    LinearAlgebraFunctions,
    ManipulationFunctions,
    SearchingFunctions,
    SetFunctions,
    SortingFunctions,
    StatisticalFunctions,
    UtilityFunctions,
    Inspection,
):
    """The main namespace of the array API standard, 2024.12."""


class OwnSections(
    ArrayFacts,
    ArrayExtras,
    IndexedUpdates,
    ControlFlow,
    Vectorization,
    Compilation,
    Autodiff,
    RandomNumbers,
    SparseMatrices,
    LinearSolves,
    ValueClasses,
    NumpySpellings,
):
    """What the standard lacks."""


class Sections(StandardSections, OwnSections):
    """The main namespace of the contract: the standard's sections, then SpaceCore's own."""
