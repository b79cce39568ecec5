"""Every module that is patched, imported."""

import importlib
import warnings
from contextlib import suppress

import pytest

import respstart
from respstart import integrations
from respstart.hooks.patching import split
from respstart.hooks.probes import sites_of


def modules():
    """Every module that a table names."""
    sites = [site for table in integrations.load_all() for row in table.rows for site in sites_of(row)]
    return dict.fromkeys(split(candidate)[0] for site in sites for candidate in ((site,) if isinstance(site, str) else site))


@pytest.fixture
def everything():
    """What of it is installed here, and can be imported without an application's settings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for module in modules():
            with suppress(Exception):
                importlib.import_module(module)
    yield
    respstart.uninstall()
