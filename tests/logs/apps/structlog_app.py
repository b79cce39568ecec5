"""The ASGI application with structlog in the way of its documentation: one formatter for its own lines and for those of others."""

import logging

import structlog
from raw_app import app

from respstart.logs import add_first_writer

__all__ = ["app"]

handler = logging.StreamHandler()
handler.setFormatter(structlog.stdlib.ProcessorFormatter(
    foreign_pre_chain=[structlog.stdlib.add_logger_name, structlog.stdlib.add_log_level],
    processors=[
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        add_first_writer,
        structlog.processors.dict_tracebacks,
        structlog.processors.JSONRenderer(),
    ],
))
logging.getLogger().handlers[:] = [handler]
