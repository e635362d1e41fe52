"""Which relations of sql/ a build of changes makes for some orders alone, which for all, and in which order.

A relation is *by order* if it reads, however far down, rows that are kept by order, refund or customer: made from some
of them it yields their rows and no others. A file marked `-- whole` ends that: it looks at all orders, through
relations that last. What stands before any order (accounts, products, spend) is *common* to all.

One marked `-- together` looks at all orders of a customer. What it reads of the others was kept by order_buyers, and so
they are not made again for it; of whom that tells something else now, what comes after is made anew as well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from growthos.errors import SqlError
from growthos.warehouse.sqlfiles import Model, unions
from growthos.warehouse.universe import BUYERS

_OF_ORDERS: Final = {"order_id", "refund_id"}


@dataclass(frozen=True, slots=True)
class Parts:
    """Names in the order in which they are made, kept ones left out.

    Of those by order staging comes first: there an order's rows rest on what was read of that order and on nothing
    else, a customer's likewise, and `staging_of` tells apart those of "orders" and of "customers". `staged` are the
    tables in it that marts read. Of the marts `alone` are those on which some rest that look at a customer's orders
    `together`, and `after` all others. `shared` are those of the first that order_buyers holds of all. `inputs` are
    the common relations that those by order read: where one of them changes, so may any order's rows. `checked` are
    read by checks and neither last nor are published.
    """

    common: tuple[str, ...]
    staging_of: Mapping[str, tuple[str, ...]]
    staged: tuple[str, ...]
    alone: tuple[str, ...]
    together: tuple[str, ...]
    after: tuple[str, ...]
    shared: tuple[str, ...]
    whole: tuple[str, ...]
    inputs: tuple[str, ...]
    published: tuple[str, ...]
    lasting: tuple[str, ...]
    sums: tuple[str, ...]
    checked: tuple[str, ...]

    @property
    def staging(self) -> tuple[str, ...]:
        """All of staging that is by order."""
        return tuple(name for names in self.staging_of.values() for name in names)

    @property
    def marts(self) -> tuple[str, ...]:
        """All of the marts that are by order."""
        return (*self.alone, *self.together, *self.after)


def split(models: Mapping[str, Model], named: Mapping[str, set[str]], order: Sequence[str]) -> Parts:
    """Tell them apart; SqlError where a file reads what is only there for some of those that it looks at."""
    united = unions(models)
    needs = {name: set(united[name]) if name in united else named[name] & {*models, *united} for name in order}
    by_order = {name for name, model in models.items() if model.kept}
    after: set[str] = set()
    for name in order:
        model = models.get(name)
        if model is not None and model.kept is not None:
            continue
        if (model is not None and model.whole) or needs[name] & after:
            after.add(name)
            for one in needs[name] & by_order:
                if not _lasts(models.get(one)):
                    raise SqlError(f"{name} looks at all orders and reads {one}, which is not there for all of them.")
        elif model is not None and model.sums:
            by_order.add(name)
            for one in needs[name]:
                if one not in models or not models[one].lasting:
                    raise SqlError(f"{name} is added up from {one}, which does not last.")
        elif needs[name] & by_order:
            by_order.add(name)
    made = [name for name in order if name not in models or models[name].kept is None]
    parts = [name for name in made if name in by_order]
    marts = [name for name in parts if name not in models or models[name].layer != "staging"]
    staging = [name for name in parts if name in models and models[name].layer == "staging"]
    alone = _before_together(models, needs, marts)
    shared = _read_by_both(models, named, needs, marts, alone)
    together = [name for name in marts if _is_together(models, name)]
    common = [name for name in made if name not in by_order and name not in after]
    checked = {one for name, model in models.items() if model.layer == "checks" for one in named[name]}
    kept = [name for name, model in models.items() if model.kept is not None and not model.kept]
    return Parts(
        common=tuple(common),
        staging_of=_by_kind(models, needs, staging),
        staged=tuple(name for name in parts if name in models and _is_staged(models[name])),
        alone=tuple(name for name in marts if name in alone),
        together=tuple(together),
        after=tuple(name for name in marts if name not in alone and name not in together),
        shared=tuple(name for name in marts if name in shared),
        whole=tuple(name for name in made if name in after),
        inputs=tuple(sorted({one for name in parts for one in needs[name]} & {*common, *kept})),
        published=tuple(name for name in parts if name in models and _is_published(models[name])),
        lasting=tuple(name for name in parts if name in models and models[name].lasting),
        sums=tuple(name for name in parts if name in models and models[name].sums),
        checked=tuple(name for name in parts if name in checked and name in models and not _lasts(models[name])),
    )


def _by_kind(
    models: Mapping[str, Model], needs: Mapping[str, set[str]], staging: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """The relations of staging that are by order, apart from those by customer; SqlError where one is both."""
    found: dict[str, list[str]] = {"orders": [], "customers": []}
    for name in staging:
        kinds = {"orders" if column in _OF_ORDERS else "customers" for column in _kept_by(models, needs, name)}
        if len(kinds) > 1:
            raise SqlError(f"{name} is made of orders and of customers, and staging looks at each of them alone.")
        found[kinds.pop()].append(name)
    return {kind: tuple(names) for kind, names in found.items()}


def _before_together(models: Mapping[str, Model], needs: Mapping[str, set[str]], marts: Sequence[str]) -> set[str]:
    """Which of the marts by order those rest on that look at a customer's orders together.

    SqlError where such a one reads what is not there for all of these orders.
    """
    together = [name for name in marts if _is_together(models, name)]
    alone: set[str] = set()
    for name in reversed(marts):
        if name in together or name in alone:
            alone |= {one for one in needs[name] if one in marts and one not in together}
    for name in together:
        for one in needs[name] & alone:
            if one not in needs.get(BUYERS, ()) and _kept_by(models, needs, one) & _OF_ORDERS:
                raise SqlError(f"{name} looks at a customer's orders together, and {BUYERS} does not read {one}.")
    return alone


def _read_by_both(
    models: Mapping[str, Model],
    named: Mapping[str, set[str]],
    needs: Mapping[str, set[str]],
    marts: Sequence[str],
    alone: set[str],
) -> set[str]:
    """Which of them order_buyers reads, and so holds of all orders: they are completed from it.

    SqlError where what comes after, or a check, reads another, which is made for those orders alone that are touched.
    """
    shared = {one for one in needs.get(BUYERS, set()) & alone if one in models}
    checks = {name: needed for name, needed in named.items() if models[name].layer == "checks"}
    for name, needed in {**{name: needs[name] for name in marts}, **checks}.items():
        if not _is_together(models, name) and name not in alone:
            for one in sorted(needed & alone - shared):
                if one in models:
                    raise SqlError(f"{name} reads {one}, which is there for those orders alone that are touched.")
    return shared


def _kept_by(models: Mapping[str, Model], needs: Mapping[str, set[str]], name: str) -> set[str]:
    """The columns that tell whose the kept rows are on which a relation rests, however far down."""
    kept = models[name].kept if name in models else None
    return {kept} if kept else set().union(*(_kept_by(models, needs, one) for one in needs[name]))


def every_source_keeps(models: Mapping[str, Model], parts: Parts) -> bool:
    """Whether no source tells of orders or customers in files whose rows are not kept."""
    united = unions(models)
    return all(member in parts.staged for name in parts.marts if name in united for member in united[name])


def _is_together(models: Mapping[str, Model], name: str) -> bool:
    return name in models and models[name].together


def _is_staged(model: Model) -> bool:
    return model.layer == "staging" and not model.temporary


def _is_published(model: Model) -> bool:
    return model.layer == "marts" and not model.temporary


def _lasts(model: Model | None) -> bool:
    return model is not None and (model.lasting or model.sums or _is_published(model))
