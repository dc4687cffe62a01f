"""The one door to ministack's private names.

ministack has no Python API: what the embedded AWS adds is put in place of, or around, functions that ministack may
rename in any release. Each module declares the names that it relies on with `use`, at import, next to their use; one
test asserts that nothing is `missing`, so that an upgrade fails there and not in a bill.
"""

import importlib
from typing import Any

REGISTRY: dict[str, set[str]] = {}
"""Module path of ministack -> the names in it that the embedded AWS reads, calls or replaces."""


class UndeclaredNameError(AttributeError):
    """A name of ministack was touched that its `use` does not declare."""


class Hook:
    """A ministack module seen through its declared names: reads and replaces those, refuses all others.

    The module is imported at the first access, not at `use`: ministack reads its environment when it is imported, and
    the server sets that environment first.
    """

    def __init__(self, module: str, names: frozenset[str]) -> None:
        object.__setattr__(self, "_module", module)
        object.__setattr__(self, "_names", names)
        object.__setattr__(self, "_imported", None)

    def _checked(self, name: str) -> Any:
        if name not in self._names:
            raise UndeclaredNameError(
                f"{self._module}.{name} is not declared: add it to hooks.use({self._module!r}, ...)"
            )
        if self._imported is None:
            # Not from `sys.modules`: another thread may be half-way through the import, which this waits for.
            object.__setattr__(self, "_imported", importlib.import_module(self._module))
        return self._imported

    def __getattr__(self, name: str) -> Any:
        return getattr(self._checked(name), name)

    def __setattr__(self, name: str, value: Any) -> None:
        module = self._checked(name)
        getattr(module, name)  # replacing what is not there would silently do nothing
        setattr(module, name, value)


def use(module: str, *names: str) -> Hook:
    """Declare the names of a ministack module that the caller relies on.

    Args:
        module: full module path, such as `ministack.services.firehose`.
        names: attributes of that module, private or not.

    Returns:
        A view of the module that gives and replaces just these names.
    """
    REGISTRY.setdefault(module, set()).update(names)
    return Hook(module, frozenset(names))


def missing() -> list[str]:
    """Name what is declared and not there, `module.name` or a module with the reason, in order."""
    found = []
    for module, names in sorted(REGISTRY.items()):
        try:
            imported = importlib.import_module(module)
        except ImportError as error:
            found.append(f"{module}: {error}")
        else:
            found += [f"{module}.{name}" for name in sorted(names) if not hasattr(imported, name)]
    return found
