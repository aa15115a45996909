"""A column that holds a frozen dataclass as JSON and gives it back typed.

pydantic writes and reads it, so Decimals stay exact and a row that no longer fits its class is an
error at once, with the field's name, and not a wrong number later. The JSON is stored as one text:
PostgreSQL would forget the order of keys, and a question's options are asked in their order.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from pydantic import TypeAdapter
from pydantic import ValidationError as Unfit


class TypedField(models.JSONField):
    """JSON in the database, an instance of `kind` in Python. Rows of plain values are read too."""

    # Without a kind it is as migrations see it: plain JSON.
    def __init__(self, kind: type[Any] = dict, **options: Any) -> None:
        self.kind = kind
        self.adapter: TypeAdapter[Any] = TypeAdapter(kind)
        super().__init__(**options)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """For migrations, a plain JSON column: they must not depend on what classes are today."""
        name, _, _args, options = super().deconstruct()
        return name or "", "django.db.models.JSONField", [], options

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """Read JSON back as the class that was written."""
        plain = super().from_db_value(value, expression, connection)
        if isinstance(plain, str):
            return self.adapter.validate_json(plain)
        return None if plain is None else self.adapter.validate_python(plain)

    def get_prep_value(self, value: Any) -> Any:
        """Write the instance as JSON."""
        if isinstance(value, self.kind):
            value = self.adapter.dump_json(value).decode()
        return super().get_prep_value(value)

    def to_python(self, value: Any) -> Any:
        """Take an instance, or plain values that make one."""
        if value is None or isinstance(value, self.kind):
            return value
        try:
            return self.adapter.validate_python(value)
        except Unfit as error:
            raise ValidationError(str(error)) from error
