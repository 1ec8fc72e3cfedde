"""Whatever answers requests: our own scorer, any lm-eval model, stored answers, a fake.

A backend is chosen by name here and imported when it is opened, so that planning and reading load
neither torch nor lm_eval.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module

from harness.backends.base import Backend, BackendSpec
from harness.backends.permissions import allowed_by, refuse_unallowed
from harness.checkpoint import Inspection, inspect
from harness.errors import SpecError
from harness.plugins import plugin_backend, plugin_backends
from harness.records import JSON, Checkpoint, digest, is_secret
from harness.secrets import without_secrets

__all__ = ["BACKENDS", "Backend", "BackendSpec", "examine", "numerics", "open_backend"]


@dataclass(frozen=True, slots=True)
class _Entry:
    """Where a backend is, and what of a spec changes its answers."""

    module: str
    numerics: Callable[[BackendSpec], Mapping[str, JSON]]
    needs_weights: Callable[[BackendSpec], bool]


def _dtype_and_seam(spec: BackendSpec) -> dict[str, JSON]:
    from harness.backends.device import resolve_dtype

    return {
        "dtype": resolve_dtype(spec.device, spec.dtype),
        "max_length": spec.max_length,
        "bos": spec.bos,
    }


# Where and how fast a model runs; the answers are the same.
_LOGISTICS = {
    "batch_size",
    "data_parallel_size",
    "device",
    "device_map",
    "devices",
    "gpu_memory_utilization",
    "max_batch_size",
    "max_retries",
    "num_concurrent",
    "parallelize",
    "swap_space",
    "tensor_parallel_size",
    "timeout",
}


def _lm_eval_numerics(spec: BackendSpec) -> dict[str, JSON]:
    given = spec.options.get("model_args") or {}
    if not isinstance(given, Mapping):
        raise SpecError(
            f"backend.options.model_args: {given!r} must be a mapping, such as {{revision: main}}"
        )
    args = dict(given)
    named = {
        key: value for key, value in args.items() if key not in _LOGISTICS and not is_secret(key)
    }
    seam = {**_dtype_and_seam(spec), **({"dtype": args["dtype"]} if "dtype" in args else {})}
    model = spec.options.get("model", "hf")
    return {"model": model, "model_args": without_secrets(named), **seam}


def _options(spec: BackendSpec) -> dict[str, JSON]:
    return {"options": digest(without_secrets(dict(spec.options)))}


def _always(_: BackendSpec) -> bool:
    return True


def _never(_: BackendSpec) -> bool:
    return False


def _unless_named(spec: BackendSpec) -> bool:
    args = spec.options.get("model_args") or {}
    return not {"pretrained", "model", "base_url"} & set(args)


BACKENDS: dict[str, _Entry] = {
    "hf": _Entry("harness.backends.hf", _dtype_and_seam, _always),
    "lm_eval": _Entry("harness.backends.lm_eval", _lm_eval_numerics, _unless_named),
    "replay": _Entry("harness.backends.replay", _options, _never),
    "fake": _Entry("harness.backends.fake", _options, _never),
}


def numerics(spec: BackendSpec) -> dict[str, JSON]:
    """Return what of a backend enters a cell's key: what changes its answers, and nothing else.

    Batch size and device stay out, the dtype is the resolved one. Imports torch to ask the device
    when ``spec.dtype`` is ``auto``. Raises SpecError for an unknown backend or dtype.
    """
    return {"backend": spec.name, **_entry(spec).numerics(spec)}


def examine(spec: BackendSpec, checkpoint: Checkpoint) -> Inspection:
    """Return who a backend would ask: :func:`harness.checkpoint.inspect` where it needs weights.

    Backends without weights of their own (a fake, a remote model that the options name) may be
    given checkpoints that aren't on this disk; the fingerprint then hashes what was declared.
    Raises SpecError or CheckpointError for what would run code that isn't allowed.
    """
    from pathlib import Path

    refuse_unallowed(spec)
    if _entry(spec).needs_weights(spec) or Path(checkpoint.model.path).exists():
        return inspect(checkpoint.model, allowed_by(spec))
    ref = checkpoint.model
    declared = without_secrets({"path": ref.path, "adapter": ref.adapter, "revision": ref.revision})
    return Inspection(
        fingerprint=digest({"declared": declared}),
        tokenizer_hash=digest({"declared": None}),
        template=None,
        folder=Path(ref.path),
    )


def open_backend(spec: BackendSpec, checkpoint: Checkpoint, inspection: Inspection) -> Backend:
    """Load a checkpoint into the backend that the spec names.

    Raises SpecError for an unknown name or option, CheckpointError for weights that can't be used.
    """
    backend: Backend = import_module(_entry(spec).module).open_backend(spec, checkpoint, inspection)
    return backend


def _entry(spec: BackendSpec) -> _Entry:
    for name, distribution in plugin_backends().items():
        if name in BACKENDS:
            what = f"plugin {distribution} adds {name!r}, which is there already"
            raise SpecError(f"backend.name: {what}; uninstall {distribution}")
    if spec.name in BACKENDS:
        return BACKENDS[spec.name]
    plugin = plugin_backend(spec.name)
    if plugin is not None:
        needed = getattr(plugin, "needs_weights", True)
        return _Entry(plugin.__name__, plugin.numerics, _always if needed else _never)
    known = (*BACKENDS, *plugin_backends())
    near = get_close_matches(spec.name, known, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise SpecError(f"backend.name: no backend {spec.name!r}{hint} ({', '.join(known)})")
