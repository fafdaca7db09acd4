"""Dataclasses out of JSON or TOML values and back: types, bounds and keys are stated once.

The type hints of a frozen dataclass say what its file may hold: ``Annotated[float, Range(0, 1)]``,
``Annotated[str, Text(200)]``, ``Literal``, ``StrEnum``, ``X | None``, tuples, ``Mapping[str, X]``
and other dataclasses, besides ``Path``, ``datetime`` and ``bytes``, which are texts there.
``forms.decode`` takes nothing that they do not say and answers every surprise with one sentence
that names the key; ``forms.encode`` is its inverse. ``marks`` holds all that ``Annotated`` may say.
"""
