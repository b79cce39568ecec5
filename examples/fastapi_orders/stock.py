"""The stock of the shop, changed by a unit of work."""

from fastapi import HTTPException

STOCK = {"teapot": 1, "cup": 0}


class UnitOfWork:
    def __init__(self):
        self.taken = []

    def take(self, item):
        self.taken.append(item)

    def commit(self):
        for item in self.taken:
            if STOCK.get(item, 0) < 1:
                raise HTTPException(409, f"{item} is sold out")  # <late>
            STOCK[item] -= 1


async def unit_of_work():
    work = UnitOfWork()
    yield work
    work.commit()
