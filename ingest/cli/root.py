"""The `ingest` command itself: global options, exit codes, and its subcommands loaded when used."""

import gc
import importlib
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import click

from ingest import __version__
from ingest.errors import ConfigError, IngestError, MigrationNeeded, RuleError

if TYPE_CHECKING:
    from ingest.config.settings import Settings
    from ingest.store import Store

COMMANDS: Mapping[str, tuple[str, str]] = {
    "demo": ("demo", "See the whole chain at work, with no network and no set-up."),
    "run": ("work", "Run the daemon in the foreground."),
    "poll": ("work", "One pass now: due feeds, their pages, alerts and deliveries."),
    "check": ("configuration", "Validate the whole configuration."),
    "init": ("configuration", "Write a commented starter configuration."),
    "plan": ("configuration", "Show what the configuration would add, change and retire."),
    "schema": ("configuration", "Print the JSON Schema of the configuration."),
    "status": ("status", "One screen: feeds, queues, the last hour, deliveries."),
    "feeds": ("feeds", "The watched feeds."),
    "entries": ("stored", "Entries as their feeds gave them."),
    "articles": ("stored", "Articles as read."),
    "stories": ("stored", "Stories and their sources."),
    "search": ("search", "Ask the stored articles in the rule language."),
    "rules": ("rules", "The configured rules, and trying one on the past."),
    "explain": ("explain", "Everything decided about one entry."),
    "alerts": ("alerts", "Alerts raised."),
    "deliveries": ("alerts", "The outbox: what was sent, what waits, what failed."),
    "channels": ("channels", "The configured ways out."),
    "db": ("db", "The database: migrations, retention, integrity, backup."),
    "parse": ("filters", "A feed in, JSON out."),
    "extract": ("filters", "A page in, its article out."),
    "match": ("match", "Articles in, the rules they match out."),
    "cluster": ("filters", "Texts in, the story of each out."),
}
"""Name to module and help, so that `--help` loads no module."""


@dataclass
class Session:
    """What the global options said."""

    config: Path
    verbose: bool

    def settings(self) -> "Settings":
        """Load the configuration; raises ConfigError with every fault."""
        from ingest.config.load import load

        return load(self.config, os.environ)

    def store(self, settings: "Settings | None" = None) -> "Store":
        """Open the configured database, made and migrated if it is new."""
        from ingest.store import Store

        return Store.open((settings or self.settings()).database)


def default_config(environ: Mapping[str, str]) -> Path:
    """Return the configuration used without `-c`."""
    if named := environ.get("INGEST_CONFIG"):
        return Path(named)
    local = Path("config/ingest.yaml")
    return local if local.exists() else Path("/etc/ingest/ingest.yaml")


class Lazy(click.Group):
    """A group that imports a subcommand's module when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(_loaded(COMMANDS[cmd_name][0]), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


def _loaded(name: str) -> ModuleType:
    """Return a module of commands; what it loads stays, so that no search for garbage visits it.

    Such searches would take a fifth of the time that loading takes, and more later on.
    """
    gc.disable()
    try:
        return importlib.import_module(f"ingest.cli.{name}")
    finally:
        gc.freeze()
        gc.enable()


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("-c", "--config", type=click.Path(path_type=Path), help="Configuration file to use.")
@click.option("-v", "--verbose", is_flag=True, help="Show tracebacks and more detail.")
@click.version_option(__version__, prog_name="ingest")
@click.pass_context
def cli(ctx: click.Context, config: Path | None, verbose: bool) -> None:
    """Feeds in, one alert per story out."""
    ctx.obj = Session(config or default_config(os.environ), verbose)


def main(args: list[str] | None = None) -> None:
    """Run a command and exit: 0 done, 1 failed, 2 usage, 3 database needs migration, 130 interrupted."""
    sys.exit(_run(args))


def _run(args: list[str] | None) -> int:
    verbose = any(word in ("-v", "--verbose") for word in (args or sys.argv[1:]))
    try:
        code: Any = cli.main(args, prog_name="ingest", standalone_mode=False)
    except click.exceptions.Abort:
        return 130
    except click.ClickException as error:
        error.show()
        return 2 if isinstance(error, click.UsageError) else 1
    except IngestError as error:
        if verbose:
            raise
        said = error.pointed() if isinstance(error, RuleError) else str(error)
        click.echo(f"ingest: {said}", err=True)
        return exit_code(error)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader went away (`ingest … | head`): nothing more to say, and nothing to say it to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code if isinstance(code, int) else 0


def exit_code(error: IngestError) -> int:
    """Return what a script sees of an error; a query that cannot be read is one of usage."""
    if isinstance(error, ConfigError | RuleError):
        return 2
    return 3 if isinstance(error, MigrationNeeded) else 1
