"""Where one client's data live: the folders and files of a home."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Home:
    """A folder with everything of one shop: settings, raw files, the published database."""

    root: Path

    @property
    def settings(self) -> Path:
        return self.root / "growthos.toml"

    @property
    def env(self) -> Path:
        return self.root / ".env"

    @property
    def database(self) -> Path:
        """The published database: what every report reads."""
        return self.root / "growthos.duckdb"

    @property
    def raw(self) -> Path:
        return self.root / "raw"

    @property
    def work(self) -> Path:
        return self.root / "work"

    @property
    def warehouse(self) -> Path:
        """The working database, with staging and rejects; nobody but a build opens it."""
        return self.work / "warehouse.duckdb"

    @property
    def quarantine(self) -> Path:
        return self.root / "quarantine"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def runs(self) -> Path:
        return self.root / "runs"

    @property
    def alerts(self) -> Path:
        """What people were told of alerts, and what they silenced."""
        return self.root / "alerts.json"

    @property
    def lock(self) -> Path:
        return self.root / ".lock"

    def demo(self, seed: int) -> "Home":
        """The home of the demo shop; another seed is another shop and another home."""
        return Home(self.root / ("demo" if seed == DEMO_SEED else f"demo-{seed}"))


DEMO_SEED = 42


def path_of(text: str | Path) -> Path:
    """A path as a person writes it: `~` is their own folder. After it, a name that is nobody's stands for itself."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)
