"""Every option can be set by a variable that is called by its command and its flag."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click
import pytest

from generator.cli import cli, run
from tests.workspaces import small

if TYPE_CHECKING:
    from pathlib import Path

    from generator.pipeline import Workspace

OPTIONS = [
    (words, option)
    for words, command in [((), cli), *(((name,), command) for name, command in cli.commands.items())]
    for option in command.params
    if isinstance(option, click.Option) and option.expose_value
]
#: What else a command has to be given.
NEEDED = {"new": ["acme"], "credit": ["2026-0001"]}


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Two deals, and no variable."""
    for variable in [name for name in os.environ if name.startswith("DEALDOCS_")]:
        monkeypatch.delenv(variable)
    monkeypatch.chdir(tmp_path)
    return small(tmp_path)


def flag_of(option: click.Option) -> str:
    return max(option.opts, key=len)


def value_of(option: click.Option) -> str:
    """A value that the option can have, and has not without one."""
    kind = option.type
    if isinstance(kind, click.Choice):
        return str(next(choice for choice in kind.choices if choice != option.default))
    if isinstance(kind, click.types.IntParamType | click.types.FloatParamType):
        return "123"
    if isinstance(kind, click.DateTime):
        return "2026-12-01"
    return __file__ if isinstance(kind, click.Path) and kind.exists else "word"


def understood(words: tuple[str, ...], *given: str) -> dict[str, Any]:
    """The options of a command as it would get them."""
    if not words:
        return cli.make_context("dealdocs", [*given, "schema"]).params
    (name,) = words
    parent = cli.make_context("dealdocs", [name])
    return cli.commands[name].make_context(name, [*given, *NEEDED.get(name, [])], parent).params


@pytest.mark.usefixtures("workspace")
@pytest.mark.parametrize(
    ("words", "option"), OPTIONS, ids=["-".join([*words, flag_of(option)]) for words, option in OPTIONS]
)
def test_a_variable_is_heard_as_the_flag_that_it_is_called_by(
    words: tuple[str, ...], option: click.Option, monkeypatch: pytest.MonkeyPatch
) -> None:
    flag, value = flag_of(option), "yes" if option.is_flag else value_of(option)
    variable = "_".join(["DEALDOCS", *words, flag.removeprefix("--")]).replace("-", "_").upper()
    without = understood(words)
    by_flag = understood(words, *([flag] if option.is_flag else [flag, value]))
    monkeypatch.setenv(variable, value)
    assert understood(words) == by_flag != without
    monkeypatch.setenv(variable, "")
    assert understood(words) == without


def test_a_dry_run_by_variable_writes_nothing(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DEALDOCS_RENDER_DRY_RUN", "1")
    monkeypatch.setenv("DEALDOCS_NUMBER_DRY_RUN", "1")
    assert run(["render"]) == 0
    assert run(["number", "--yes"]) == 0
    assert "would be written" in capsys.readouterr().out
    assert not workspace.output.exists()
    assert not workspace.ledger.exists()
    monkeypatch.setenv("DEALDOCS_RENDER_DRY_RUN", "no")
    assert run(["render"]) == 0
    assert workspace.output.exists()


@pytest.mark.usefixtures("workspace")
def test_a_variable_that_is_neither_yes_nor_no_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DEALDOCS_RENDER_DRY_RUN", "perhaps")
    assert run(["render"]) == 2
    assert "'perhaps' is not a valid boolean" in capsys.readouterr().err


@pytest.mark.usefixtures("workspace")
def test_a_variable_gives_each_line_to_an_option_that_may_be_given_more_than_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DEALDOCS_MERGE_WHERE", "deal.plan == 'gold'\n\ndeal.servers.count > 1\n")
    monkeypatch.setenv("DEALDOCS_RENDER_ONLY", "page\nbill\n")
    assert understood(("merge",))["where"] == ("deal.plan == 'gold'", "deal.servers.count > 1")
    assert understood(("render",))["only"] == ("page", "bill")


@pytest.mark.usefixtures("workspace")
def test_a_variable_that_says_no_belongs_to_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEALDOCS_MERGE_SEND", "no")
    assert run(["merge", "page", "--dry-run"]) == 0
