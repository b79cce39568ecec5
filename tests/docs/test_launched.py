"""The how-tos say that reloaders, preloading and workers are fine: their applications, started in those ways."""

from __future__ import annotations

import pytest

from docs.narrated import DOCS, Reader, blocks

pytestmark = pytest.mark.once

INSTALL = "\nimport respstart\n\nrespstart.install()\n"


@pytest.mark.parametrize(
    ("page", "command", "path", "rule", "added"),
    [
        ("flask", "RESPSTART=1 flask --app shop run --debug --port 8000", "goods/teapot", "RS104", ""),
        ("gunicorn", "RESPSTART=1 gunicorn --preload --workers 2 --bind 127.0.0.1:8000 shop:app", "orders.csv", "RS201", ""),
        ("gunicorn", "RESPSTART=1 gunicorn --worker-class gthread --bind 127.0.0.1:8000 shop:app", "orders.csv", "RS201", ""),
        ("gunicorn", "gunicorn --bind 127.0.0.1:8000 shop:app", "orders.csv", "RS201", INSTALL),
        ("gunicorn", "gunicorn --preload --bind 127.0.0.1:8000 shop:app", "orders.csv", "RS201", INSTALL),
        ("fastapi", "RESPSTART=1 uvicorn --reload --port 8000 shop:app", "orders.csv", "RS402", ""),
        ("fastapi", "RESPSTART=1 uvicorn --workers 2 --port 8000 shop:app", "orders.csv", "RS402", ""),
        ("fastapi", "uvicorn --workers 2 --port 8000 shop:app", "orders.csv", "RS402", INSTALL),
    ],
)
def test_it_is_found(page, command, path, rule, added, tmp_path):
    shop = next(blocks((DOCS / "how-to" / f"{page}.md").read_text(encoding="utf-8")))
    with Reader(tmp_path) as reader:
        reader.do(shop._replace(text=shop.text + added))
        reader.run(f"$ {command}")
        reader.run(f"$ curl -i http://127.0.0.1:8000/{path}")
        assert f"SUMMARY: respstart {rule} " in reader.reports(1)
