"""The JSON Schema of the configuration, by which editors complete and check the files."""

from datetime import timedelta
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

_UNITS = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))


def describe(model: type[BaseModel]) -> dict[str, Any]:
    """Return a model's schema (draft 2020-12), keys and values as they are written in YAML."""
    made = model.model_json_schema(by_alias=True, schema_generator=_Schema)
    return {"$schema": _Schema.schema_dialect, "title": "ingest configuration", **made}


class _Schema(GenerateJsonSchema):
    """Pydantic's schema without made-up titles, and with durations as they are written."""

    def encode_default(self, dft: Any) -> Any:
        """Write durations as `15m`; pydantic would write ISO 8601."""
        if isinstance(dft, timedelta):
            return duration(dft)
        if isinstance(dft, tuple):
            return [self.encode_default(item) for item in dft]
        return super().encode_default(dft)

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Leave out titles that only repeat the key."""
        return False

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """Leave out the titles of models: their names mean nothing to an operator."""
        made = super().model_schema(schema)
        made.pop("title", None)
        return made


def duration(value: timedelta) -> str:
    """Write a duration in the largest unit that fits it whole, such as `72h`; days from a week on."""
    seconds = value.total_seconds()
    units = _UNITS if value >= timedelta(days=7) else _UNITS[1:]
    whole = (each for each in units if seconds and seconds % each[1] == 0)
    unit, size = next(whole, ("s", 1))
    return f"{seconds / size:g}{unit}"
