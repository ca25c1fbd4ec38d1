"""The order: how a run is to go."""

from __future__ import annotations

from dataclasses import dataclass, field

from generator.limits import Limits


@dataclass(frozen=True, slots=True)
class Order:
    """How a run is to go: `only` these documents (all without one), in so many processes (None: the cores).

    `cluster`: the address of a scheduler whose workers do it instead.

    `since`: only deals that differ from this git revision. `failed`: only those that failed last time. `force`: also
    what is unchanged, and over what was changed by hand. `prune`: remove documents whose deal is gone. `fail_fast`:
    stop at the first deal that fails.
    """

    only: frozenset[str] = frozenset()
    jobs: int | None = None
    cluster: str | None = None
    since: str | None = None
    failed: bool = False
    prune: bool = False
    force: bool = False
    fail_fast: bool = False
    limits: Limits = field(default_factory=Limits)

    def wants(self, document: str) -> bool:
        """Whether a document of the manifest is asked for."""
        return not self.only or document in self.only
