"""What every table of growthos.toml is."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A table of growthos.toml: its keys are these and no others, and TOML's types are taken at their word."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)
