"""What the models refuse, as plain sentences at the place in the file, with a hint."""

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ingest.config.nodes import Node, Place
from ingest.errors import ConfigError

_KINDS = (
    ({"missing"}, "is missing"),
    ({"bool_type", "bool_parsing"}, "must be true or false"),
    ({"int_type", "int_parsing", "int_from_float"}, "must be a whole number"),
    ({"float_type", "float_parsing"}, "must be a number"),
    ({"time_delta_type", "time_delta_parsing"}, "must be a duration, such as 15m"),
    ({"string_type", "path_type"}, "must be text"),
    ({"tuple_type", "list_type"}, "must be a list, such as [one, two]"),
    (
        {"dict_type", "model_type", "model_attributes_type"},
        "must be a section with keys of its own",
    ),
)
_SENTENCES = {kind: sentence for kinds, sentence in _KINDS for kind in kinds}
_QUOTED = re.compile(r"'([^']*)'")
# Above this many names a search for the nearest would cost more than the hint is worth
# (difflib: about 5 µs a name).
_MANY_NAMES = 2_000


def faults(error: ValidationError, root: Node, model: type[BaseModel]) -> list[ConfigError]:
    """Return one fault for each thing that `model` refused in the tree under `root`.

    A value refused by every member of a union is reported once. No value is ever shown.
    """
    found: dict[tuple[Place, str], ConfigError] = {}
    for detail in error.errors(include_url=False, include_input=False):
        place = _place(root, detail)
        # A missing or unknown key is a fault of its own even where another stands at that place.
        kind = detail["type"]
        own = str(detail["loc"][-1:]) if kind in {"missing", "extra_forbidden"} else ""
        found.setdefault((place, own), _fault(detail, place, model))
    return list(found.values())


def hint(name: str, known: Iterable[str]) -> str:
    """Return the nearest known name as a question, or the known ones where they are few."""
    names = list(known)
    if not names or len(names) > _MANY_NAMES:
        return ""
    near = get_close_matches(name, names, n=1)
    if near:
        return f"did you mean `{near[0]}`?"
    return "known: " + ", ".join(sorted(names)) if len(names) <= 16 else ""


def _fault(detail: ErrorDetails, place: Place, model: type[BaseModel]) -> ConfigError:
    kind, loc = detail["type"], detail["loc"]
    name = next((part for part in reversed(loc) if isinstance(part, str)), "the file")
    if kind == "extra_forbidden":
        return place.fault(f"unknown key `{name}`", hint(name, _keys(model, loc[:-1])))
    context = detail.get("ctx", {})
    if kind == "union_tag_not_found":
        return place.fault(f"{context['discriminator'].replace(chr(39), '`')} is missing")
    allowed = _QUOTED.findall(str(context.get("expected", context.get("expected_tags", ""))))
    if allowed:
        key = _QUOTED.sub(r"\1", str(context.get("discriminator", name)))
        return place.fault(f"`{key}` must be one of: {', '.join(allowed)}")
    return place.fault(f"`{_key(loc)}` {_sentence(detail)}")


def _sentence(detail: ErrorDetails) -> str:
    known = _SENTENCES.get(detail["type"])
    if known:
        return known
    message = detail["msg"].removeprefix("Value error, ")
    if message.startswith(("Input should be ", "Input is ")):
        return re.sub("^Input (should be|is)", "must be" if "should" in message else "is", message)
    return (
        f"is {message}"
        if message.startswith(("not ", "out of ", "longer ", "larger "))
        else f"is refused: {message}"
    )


def _key(loc: Sequence[int | str]) -> str:
    """Return the nearest key above the fault: the name an operator would look for."""
    for index in range(len(loc) - 1, -1, -1):
        part = loc[index]
        if isinstance(part, str) and not part.endswith("]"):
            return part
    return "the file"


def _place(root: Node, detail: ErrorDetails) -> Place:
    """Walk to where the fault stands; parts that name a union's member lead nowhere."""
    node, place = root, root.place
    for part in detail["loc"]:
        if isinstance(part, int) and part < len(node.items()):
            node = node.items()[part]
            place = node.place
        elif isinstance(node.value, dict) and part in node.value:
            key_place, node = node.value[str(part)]
            wants_key = detail["type"] == "extra_forbidden" or node.value is None
            place = key_place if wants_key else node.place
    if detail["type"] == "union_tag_invalid":
        tag = node.get(_QUOTED.sub(r"\1", detail["ctx"]["discriminator"]))
        return tag.place if tag else place
    return place


def _keys(model: type[BaseModel], loc: Sequence[int | str]) -> Iterator[str]:
    """Return the keys that may stand at `loc` of a model."""
    here: list[type[BaseModel]] = [model]
    for part in loc:
        inner = [
            found
            for each in here
            for name, field in each.model_fields.items()
            if part in (name, field.alias)
            for found in _models(field.annotation)
        ]
        tagged = [each for each in here if part in _tags(each)]
        here = inner or tagged or here
    return (field.alias or name for each in here for name, field in each.model_fields.items())


def _models(annotation: Any) -> list[type[BaseModel]]:
    """Return the models inside an annotation such as `dict[str, A | B]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models(part)]


def _tags(model: type[BaseModel]) -> list[Any]:
    """Return the words by which a union tells this model from its sisters."""
    return [
        tag
        for field in model.model_fields.values()
        if get_origin(field.annotation) is Literal
        for tag in get_args(field.annotation)
    ]
