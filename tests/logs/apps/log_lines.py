"""Every logger of these applications and of their servers writes one form of line, with the first writer in it."""

import logging.config

# Servers give their loggers handlers of their own, before or after they import an application: here all goes to the root.
SERVERS = ("uvicorn", "uvicorn.error", "gunicorn.error", "hypercorn.error", "daphne")

CONFIG = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"first_writer": {"()": "respstart.logs.FirstWriterFilter"}},
    "formatters": {"line": {"format": "LOGGED %(name)s|%(levelname)s|%(first_writer)s|%(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["first_writer"]}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {name: {"handlers": [], "propagate": True} for name in SERVERS},
}


def configure():
    """What an application does at its start."""
    logging.config.dictConfig(CONFIG)
