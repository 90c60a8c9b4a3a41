"""What the tables of a hall's settings file have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo

NAME_LENGTH = 200

Seconds = Annotated[float, Field(gt=0, le=1e9, allow_inf_nan=False)]
SecondsOrNone = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]  # 0 is none


class Part(BaseModel):
    """A table of the file; a setting that isn't one is a fault."""

    model_config = ConfigDict(extra="forbid", strict=True)


def clean(value: str, info: ValidationInfo) -> str:
    """A name; one that is in use already is taken as it is, however it came there."""
    if info.context is not None and value in info.context:
        return value
    if value != value.strip() or not value:
        raise ValueError("must not be empty nor begin or end with a space")
    if not value.isprintable():
        raise ValueError("holds a character that can't be printed")
    if len(value) > NAME_LENGTH:
        raise ValueError(f"is longer than {NAME_LENGTH} characters")
    return value


def storable(value: str | None) -> str | None:
    """A text that every database takes."""
    if value is not None and "\x00" in value:
        raise ValueError("holds the character 0, which no database takes")
    return value
