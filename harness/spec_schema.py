"""The shape of a run.yaml as it is written; unknown keys are errors."""

from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from harness.records import JSON, Capability, Formulation, Privacy, Stage, canonical

AskedFormat = Literal["native", "plain", "chat"]
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


def _storable(value: dict[str, JSON]) -> dict[str, JSON]:
    try:
        canonical(value)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"only numbers, texts, lists and mappings can be stored: {error}"
        ) from None
    return value


Values = Annotated[dict[str, JSON], AfterValidator(_storable)]


def _wrap(key: str) -> BeforeValidator:
    """Let a bare string stand for a mapping with one key."""
    return BeforeValidator(lambda value: {key: value} if isinstance(value, str) else value)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Model(_Strict):
    """``model:`` of a checkpoint."""

    path: Name
    adapter: Name | None = None
    revision: Name | None = None


class CheckpointEntry(_Strict):
    """One entry under ``checkpoints``: a named one, or many by ``glob``."""

    name: Name | None = None
    glob: Name | None = None
    stage: Stage
    parent: Name | None = None
    model: Annotated[Model, _wrap("path")] | None = None
    attributes: Values = {}

    @model_validator(mode="after")
    def _one_of_two(self) -> "CheckpointEntry":
        if self.glob and (self.name or self.model):
            raise ValueError("an entry has either `glob` or `name` and `model`, not both")
        if not self.glob and not (self.name and self.model):
            missing = "model" if self.name else "name"
            raise ValueError(f"a checkpoint needs `{missing}` (or `glob` for many at once)")
        return self


class TaskEntry(_Strict):
    """One entry under ``tasks``: a known task by ``task``, or one with no code by ``kind``."""

    task: Name | None = None
    variants: Annotated[list[Formulation], Field(min_length=1)] | None = None
    shots: Annotated[int, Field(ge=0, le=64)] | None = None
    limit: Annotated[int, Field(ge=1)] | None = None
    capability: Capability | None = None
    seen_of: Name | None = None
    name: Name | None = None
    kind: Name | None = None
    data: Name | None = None
    language: Name = "en"
    licence: Name = "unstated"
    fields: dict[str, str] = {}
    options: Values = {}
    privacy: Privacy | None = None
    sensitive: bool = False

    @model_validator(mode="after")
    def _one_privacy(self) -> "TaskEntry":
        if self.sensitive and self.privacy not in (None, "sensitive"):
            raise ValueError(f"`sensitive: true` and `privacy: {self.privacy}`; keep one")
        return self

    @model_validator(mode="after")
    def _another_task(self) -> "TaskEntry":
        if self.seen_of is not None and self.seen_of in (self.task, self.name):
            raise ValueError(
                "`seen_of` names the task itself; it names the held-out task that the same metric "
                "is taken from"
            )
        return self

    @model_validator(mode="after")
    def _one_of_two(self) -> "TaskEntry":
        if self.task and (self.kind or self.data or self.name):
            raise ValueError("an entry has either `task` or `name`, `kind` and `data`, not both")
        if self.task:
            return self
        needed = {"name": self.name, "kind": self.kind, "data": self.data}
        missing = [
            key for key, value in {**needed, "capability": self.capability}.items() if not value
        ]
        if missing:
            raise ValueError(f"a task needs `task`, or with no code also `{'`, `'.join(missing)}`")
        return self


class Template(_Strict):
    """``chat_template:`` of a run."""

    from_: Annotated[Name, Field(alias="from")]


class BackendEntry(_Strict):
    """``backend:`` of a run."""

    name: Name = "hf"
    device: Name = "auto"
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    device_map: Name | None = None
    max_length: Annotated[int, Field(ge=16, le=1_048_576)] = 2048
    bos: Literal["auto", "always", "never"] = "auto"
    batch_size: Annotated[int, Field(ge=1, le=65_536)] = 8
    options: Values = {}


class DivergenceEntry(_Strict):
    """``divergence:`` of a run."""

    tasks: Annotated[list[Name], Field(min_length=1)]
    reference: Name = "parent"


class Run(_Strict):
    """A whole run.yaml."""

    family: Name
    checkpoints: Annotated[list[CheckpointEntry], Field(min_length=1)]
    tasks: Annotated[list[Annotated[TaskEntry, _wrap("task")]], Field(min_length=1)]
    formats: Annotated[list[AskedFormat], Field(min_length=1)] = ["native"]
    chat_template: Template | None = None
    backend: Annotated[BackendEntry, _wrap("name")] = BackendEntry()
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1234
    data: Name | None = None
    store: Name = "./evals"
    privacy: Privacy | None = None
    divergence: DivergenceEntry | None = None

    @field_validator("formats")
    @classmethod
    def _native_alone(cls, formats: list[AskedFormat]) -> list[AskedFormat]:
        if "native" in formats and len(formats) > 1:
            raise ValueError("`native` stands alone; write [plain, chat] for both")
        if len(set(formats)) < len(formats):
            raise ValueError("a format stands twice")
        return formats
