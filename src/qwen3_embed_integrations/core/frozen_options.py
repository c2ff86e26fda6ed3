"""FrozenOptions: options that are checked once, never change, and refuse what they don't know by name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from .consent import restoring
from .errors import ConfigError
from .option_errors import describe_refused_options


class FrozenOptions(BaseModel):
    """A frozen, hashable, serialisable set of options.

    Raises:
        ConfigError: An unknown option (the nearest known name is given), a wrong type, a value out of range.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        protected_namespaces=(),
        validate_default=True,
        populate_by_name=True,
        hide_input_in_errors=True,  # it may be a key in the wrong place
    )

    def __init__(self, **options: Any) -> None:
        try:
            super().__init__(**options)
        except ValidationError as error:
            raise ConfigError(describe_refused_options(error, type(self))) from error

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as the stored form: options only, the token left behind."""
        return type(self).from_options, (self.to_options(),)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy; what was derived from the options of this one is left behind."""
        copied = super().model_copy(update=update, deep=deep)
        for name in [name for name in vars(copied) if isinstance(getattr(type(copied), name, None), cached_property)]:
            del vars(copied)[name]
        return copied

    def to_options(self) -> dict[str, Any]:
        """Return the options that differ from their defaults, as JSON types, without secrets."""
        return self.model_dump(mode="json", exclude_defaults=True)

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Self:
        """Return the config that `to_options` described; it may use a server only if this process allows that."""
        with restoring():
            return cls(**options)

    @classmethod
    def model_validate(cls, *arguments: Any, **settings: Any) -> Self:
        """Return a config from pydantic's stored form, as `from_options` does."""
        with restoring():
            return super().model_validate(*arguments, **settings)

    @classmethod
    def model_validate_json(cls, *arguments: Any, **settings: Any) -> Self:
        """Return a config from pydantic's stored form, as `from_options` does."""
        with restoring():
            return super().model_validate_json(*arguments, **settings)

    def replace(self, **options: Any) -> Self:
        """Return a copy with some options changed, checked like new ones."""
        kept = {name: getattr(self, name) for name in self.model_fields_set}
        with restoring():  # what was stored before stays so
            return type(self)(**{**kept, **options})
