"""The base of the frozen nouns: keyword-only, immutable, checked by the type checker like a dataclass.

A frozen dataclass compiles its methods when it is defined, one to two milliseconds each; two dozen of them would be a
quarter of a spawned run. Here every class shares one constructor, and defining one costs nothing.
"""

from __future__ import annotations

from typing import Any, TypeVar, dataclass_transform

RecordType = TypeVar("RecordType", bound="Record")


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Record:
    """A value with named parts. Parts are the class's annotations; a class attribute is a part's default."""

    _parts: tuple[str, ...] = ()

    def __init_subclass__(cls) -> None:
        """Note the parts: those of the base, then the class's own."""
        cls._parts = (*cls._parts, *cls.__annotations__)

    def __init__(self, **parts: Any) -> None:
        """Take every part by name. TypeError for one that is missing or unknown."""
        if parts.keys() != set(self._parts):
            for name in self._parts:
                if name not in parts:
                    if not hasattr(type(self), name):
                        raise TypeError(f"{type(self).__name__} needs {name}")
                    parts[name] = getattr(type(self), name)
            if len(parts) != len(self._parts):
                raise TypeError(f"{type(self).__name__} has no {', '.join(sorted(parts.keys() - set(self._parts)))}")
        self.__dict__.update(parts)

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse: a noun does not change."""
        raise AttributeError(f"{type(self).__name__}.{name} cannot be set")

    def __delattr__(self, name: str) -> None:
        """Refuse: a noun does not change."""
        raise AttributeError(f"{type(self).__name__}.{name} cannot be deleted")

    def __eq__(self, other: object) -> bool:
        """Compare part by part. Nouns that hold arrays have no use for it."""
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        """Hash the parts, as hashable as they are."""
        return hash(tuple(self.__dict__[name] for name in self._parts))

    def __repr__(self) -> str:
        """Show the parts by name."""
        shown = ", ".join(f"{name}={self.__dict__[name]!r}" for name in self._parts)
        return f"{type(self).__name__}({shown})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by parts, since the constructor takes them by name."""
        return _rebuild, (type(self), self.as_dict())

    def as_dict(self) -> dict[str, Any]:
        """Return the parts by name, in the order of their declaration; nested nouns stay nouns."""
        return {name: self.__dict__[name] for name in self._parts}


def _rebuild(cls: type[RecordType], parts: dict[str, Any]) -> RecordType:
    return cls(**parts)


def replace(noun: RecordType, **changes: Any) -> RecordType:
    """Return a copy of the noun with some parts changed."""
    return type(noun)(**{**noun.as_dict(), **changes})
