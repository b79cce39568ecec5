"""The customers. One of them has never ordered anything."""

from datetime import date

CUSTOMERS = [
    {"name": "Ames", "orders": 3, "last_order": date(2026, 3, 1)},
    {"name": "Baker", "orders": 12, "last_order": date(2026, 5, 17)},
    {"name": "Cole", "orders": 0, "last_order": None},
    {"name": "Dunn", "orders": 1, "last_order": date(2025, 12, 24)},
]
