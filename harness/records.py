"""The frozen values that travel through the harness, and how they are hashed and written."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias, get_args

JSON: TypeAlias = Any  # what json.loads returns

Stage = Literal["base", "cpt", "sft", "aligned", "merged", "quantized"]
Capability = Literal["general", "domain", "alignment", "behaviour"]
PromptFormat = Literal["plain", "chat"]
Formulation = Literal["cf", "mcf", "gen", "rolling"]
Privacy = Literal["accept", "redacted", "sensitive"]
Status = Literal["ok", "no_answer", "refusal", "truncated", "empty", "wrong_language", "error"]

STAGES: tuple[Stage, ...] = get_args(Stage)
CAPABILITIES: tuple[Capability, ...] = get_args(Capability)

REASONS = ("wrong", "no_answer", "refusal", "truncated", "empty", "wrong_language")
"""The codes that a reason begins with when an answer that was scored doesn't match."""

FORMAT_VERSION = 1  # of every file in a store


def canonical(value: JSON) -> str:
    """Return the one JSON spelling of a value: sorted keys, no blanks, UTF-8 as it is, no NaN."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


_SECRET = re.compile(
    r"(?i)((api|access|private|signing|account|subscription)[_-]?key|secret|passw|passphrase"
    r"|auth(?!or(?!i[sz]))|credential|cookie|header|bearer|^token$|(?-i:[a-z]Token$)"
    r"|(?<!bos|eos|pad|unk|sep|cls)(?<!mask)(?<!prefix)_token$)"  # a vocabulary's own are none
)


def is_secret(name: str) -> bool:
    """Tell whether a setting of this name may hold a secret, which is never stored or hashed."""
    return _SECRET.search(name) is not None


def digest(value: JSON) -> str:
    """Return the sha256 (hex, 64 characters) of a value's canonical JSON."""
    return hashlib.sha256(canonical(value).encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRef:
    """Where a checkpoint's weights are."""

    path: str
    """A local folder, a GGUF file, or a hub id."""
    adapter: str | None = None
    """A LoRA adapter (local folder or hub id) that is applied to ``path``."""
    revision: str | None = None
    """A hub revision; None means the default branch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """One set of weights in the lineage of a family."""

    name: str
    stage: Stage
    model: ModelRef
    parent: str | None = None
    attributes: Mapping[str, JSON] = field(default_factory=dict)
    """What the team wants to plot against: step, train_tokens, params ..."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One item of a task, as its kind has validated it."""

    id: str
    fields: Mapping[str, JSON]
    cluster: str | None = None
    """Items that share a passage, patient or template share a cluster; None: independent."""

    @property
    def hash(self) -> str:
        """The sha256 of the fields; the id doesn't enter."""
        return digest(self.fields)


@dataclass(frozen=True, slots=True)
class LogLikelihood:
    """How likely is ``continuation`` after ``context``?"""

    context: str
    continuation: str


@dataclass(frozen=True, slots=True)
class RollingLogLikelihood:
    """How likely is a whole text, from its first token on?"""

    text: str
    overlap: int = 0
    """Tokens that each window but the first reads anew before those it scores; 0: disjoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Generate:
    """Continue ``context``; ``temperature`` 0 is greedy."""

    context: str
    stop: tuple[str, ...] = ()
    max_tokens: int = 256
    temperature: float = 0.0
    seed: int | None = None
    n: int = 1


Request: TypeAlias = LogLikelihood | RollingLogLikelihood | Generate


@dataclass(frozen=True, slots=True, kw_only=True)
class Likelihood:
    """Answer to a (rolling) log-likelihood request, in nats."""

    logprob: float
    tokens: int
    """How many tokens were scored."""
    greedy: bool = False
    """Whether greedy decoding would have produced the continuation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """Answer to a generate request: ``n`` texts without their stop strings."""

    texts: tuple[str, ...]
    finish: tuple[Literal["stop", "length"], ...]
    tokens: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """The backend couldn't answer this one request (NaN logits, text it can't encode ...)."""

    reason: str


Response: TypeAlias = Likelihood | Generation | Failure

_TAGS: dict[str, type] = {
    "loglikelihood": LogLikelihood,
    "rolling": RollingLogLikelihood,
    "generate": Generate,
    "likelihood": Likelihood,
    "generation": Generation,
    "failure": Failure,
}
_TAG_OF = {cls: tag for tag, cls in _TAGS.items()}


def pack(value: Request | Response) -> JSON:
    """Return a request or response as JSON with its type under ``type``."""
    fields = asdict(value)
    if isinstance(value, RollingLogLikelihood) and not value.overlap:
        del fields["overlap"]  # requests older than the field keep their hashes
    return {"type": _TAG_OF[type(value)], **fields}


def unpack(data: Mapping[str, JSON]) -> Any:
    """Return what :func:`pack` wrote; KeyError or TypeError if it didn't."""
    fields = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in data.items()
        if key != "type"
    }
    return _TAGS[data["type"]](**fields)


def request_hash(requests: Sequence[Request]) -> str:
    """Return the hash of exactly what was asked about one document."""
    return digest([pack(request) for request in requests])


def response_hash(responses: Sequence[Response]) -> str:
    """Return the hash of exactly what came back for one document."""
    return digest([pack(response) for response in responses])


@dataclass(frozen=True, slots=True, kw_only=True)
class Veiled:
    """What a private record keeps of its originals: keyed hashes, and what scoring yielded.

    Texts that were masked or left out can't be scored again, so the scores are taken while the
    originals are in memory.
    """

    document_hash: str
    request_hash: str
    response_hash: str
    rows: Mapping[str, tuple[float, ...]]
    """By a metric's signature its row; empty for the status ``error``."""
    chance: Mapping[str, float]
    """By a metric's signature the document's chance level, where it has one of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRecord:
    """One document's evidence in one cell; identity is (cell, document, request_hash)."""

    cell: str
    document: str
    revision: int = 0
    """Counts how often this request was recorded anew; the highest is current."""
    status: Status
    reason: str | None = None
    """Why the answer doesn't match: one of :data:`REASONS`, details after a colon. For the status
    ``error`` what failed; None for a match."""
    fields: Mapping[str, JSON]
    cluster: str | None = None
    requests: tuple[Request, ...]
    responses: tuple[Response, ...]
    veiled: Veiled | None = None
    """What stands for the texts of a private cell; None: the texts are as they were."""

    @property
    def request_hash(self) -> str:
        """Hash of exactly what was asked."""
        return self.veiled.request_hash if self.veiled else request_hash(self.requests)

    @property
    def document_hash(self) -> str:
        """Hash of the document's fields."""
        return self.veiled.document_hash if self.veiled else self.as_document.hash

    @property
    def response_hash(self) -> str:
        """Hash of what came back."""
        return self.veiled.response_hash if self.veiled else response_hash(self.responses)

    @property
    def as_document(self) -> Document:
        """The document as it was when it was asked."""
        return Document(id=self.document, fields=self.fields, cluster=self.cluster)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """How a task is asked."""

    formulation: Formulation
    format: PromptFormat
    shots: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A value with its interval; a bare number is never shown."""

    value: float
    low: float | None
    """None, with ``high``, where the data allow no interval; ``method`` says why."""
    high: float | None
    n: int
    """Documents."""
    method: str
    confidence: float = 0.95
