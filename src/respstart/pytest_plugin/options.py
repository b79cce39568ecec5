"""What the command line and the configuration file say, checked once, before anything runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from respstart import formats, integrations, settings
from respstart.errors import RespstartError
from respstart.pytest_plugin import baseline, project
from respstart.pytest_plugin.policy import Policy, fail_on_of, rules_of


@dataclass(frozen=True, slots=True)
class Options:
    """`root` is the folder that paths are shown relative to, `in_app` names what else is the user's code; `baseline` is written when
    `updates`, else it has been read.
    """

    root: Path
    in_app: tuple[str, ...]
    policy: Policy
    report: Path | None
    baseline: Path | None
    updates: bool

    @classmethod
    def of(cls, config: pytest.Config) -> Options:
        """The options of one run.

        Raises:
            pytest.UsageError: a value is not allowed, or a file cannot be used; the sentence says what to do.
        """
        path, updates = _baseline(config), bool(config.getoption("response_start_update_baseline"))
        if updates and path is None:
            raise pytest.UsageError("--response-start-update-baseline needs --response-start-baseline=FILE")
        known = baseline.read(path) if path and not updates else frozenset()
        ignore = rules_of(config.getini("response_start_ignore"), "response_start_ignore")
        policy = Policy(_fail_on(config), ignore, known, updates)
        return cls(config.invocation_params.dir, _in_app(config), policy, _report(config), path, updates)


def _in_app(config: pytest.Config) -> tuple[str, ...]:
    try:
        configured = settings.load({}).in_app
    except RespstartError as error:
        raise pytest.UsageError(str(error)) from None
    known = {package for table in integrations.load_all() for package in table.packages}
    return (*configured, *project.packages(config.rootpath, known))


def _fail_on(config: pytest.Config) -> tuple[str, ...] | None:
    option = config.getoption("response_start_fail_on")
    if option is not None:
        return fail_on_of(option, "--response-start-fail-on")
    return fail_on_of(config.getini("response_start_fail_on"), "response_start_fail_on")


def _report(config: pytest.Config) -> Path | None:
    given = config.getoption("response_start_report")
    if not given:
        return None
    try:
        formats.for_path(given)
    except RespstartError as error:
        raise pytest.UsageError(f"--response-start-report: {error}") from None
    return Path(config.invocation_params.dir, given)


def _baseline(config: pytest.Config) -> Path | None:
    given, configured = config.getoption("response_start_baseline"), config.getini("response_start_baseline")
    if given:
        return Path(config.invocation_params.dir, given)
    folder = config.inipath.parent if config.inipath else config.rootpath
    return folder / configured if configured else None
