"""Which relations of sql/ a build of changes makes for some orders alone, which for all, and in which order.

A relation is *by order* if it reads, however far down, rows that are kept by order, refund or customer: made from some
of them it yields their rows and no others. A file marked `-- whole` ends that: it looks at all orders, through
relations that last. What stands before any order (accounts, products, spend) is *common* to all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from growthos.errors import SqlError
from growthos.warehouse.sqlfiles import Model, unions


@dataclass(frozen=True, slots=True)
class Parts:
    """Names in the order in which they are made, kept ones left out.

    Of those by order `staging` comes first: there an order's rows rest on what was read of that order and on nothing
    else, and `staged` are the tables in it that marts read. `inputs` are the common relations that those by order read:
    where one of them changes, so may any order's rows. `checked` are read by checks and neither last nor are published.
    """

    common: tuple[str, ...]
    staging: tuple[str, ...]
    staged: tuple[str, ...]
    marts: tuple[str, ...]
    whole: tuple[str, ...]
    inputs: tuple[str, ...]
    published: tuple[str, ...]
    lasting: tuple[str, ...]
    sums: tuple[str, ...]
    checked: tuple[str, ...]


def split(models: Mapping[str, Model], named: Mapping[str, set[str]], order: Sequence[str]) -> Parts:
    """Tell them apart; SqlError where a file that looks at all orders reads what is only there for some."""
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
    common = [name for name in made if name not in by_order and name not in after]
    checked = {one for name, model in models.items() if model.layer == "checks" for one in named[name]}
    kept = [name for name, model in models.items() if model.kept is not None and not model.kept]
    return Parts(
        common=tuple(common),
        staging=tuple(name for name in parts if name in models and models[name].layer == "staging"),
        staged=tuple(name for name in parts if name in models and _is_staged(models[name])),
        marts=tuple(name for name in parts if name not in models or models[name].layer != "staging"),
        whole=tuple(name for name in made if name in after),
        inputs=tuple(sorted({one for name in parts for one in needs[name]} & {*common, *kept})),
        published=tuple(name for name in parts if name in models and _is_published(models[name])),
        lasting=tuple(name for name in parts if name in models and models[name].lasting),
        sums=tuple(name for name in parts if name in models and models[name].sums),
        checked=tuple(name for name in parts if name in checked and name in models and not _lasts(models[name])),
    )


def every_source_keeps(models: Mapping[str, Model], parts: Parts) -> bool:
    """Whether no source tells of orders or customers in files whose rows are not kept."""
    united = unions(models)
    return all(member in parts.staged for name in parts.marts if name in united for member in united[name])


def _is_staged(model: Model) -> bool:
    return model.layer == "staging" and not model.temporary


def _is_published(model: Model) -> bool:
    return model.layer == "marts" and not model.temporary


def _lasts(model: Model | None) -> bool:
    return model is not None and (model.lasting or model.sums or _is_published(model))
