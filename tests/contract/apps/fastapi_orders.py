"""Orders: a unit of work that commits when the dependency is closed, and a router that uses it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Response
from fastapi.responses import JSONResponse

router = APIRouter(prefix="/orders")


class SoldOut(Exception):
    """The application has a handler for it."""


class UnitOfWork:
    def __init__(self) -> None:
        self.items: list[str] = []

    def commit(self) -> None:
        for item in self.items:
            self.check(item)

    def check(self, item: str) -> None:
        if item == "taken":
            raise HTTPException(409, "sold out")  # <commit_refused:late>
        if item == "lost":
            raise OSError("the database has gone")  # <commit_failed:late>
        if item == "last":
            raise SoldOut(item)  # <commit_handled:late>


def unit_of_work():
    unit = UnitOfWork()
    try:
        yield unit
    except HTTPException:
        unit.items.clear()
        raise
    unit.commit()


async def nested_unit(unit: Annotated[UnitOfWork, Depends(unit_of_work)]):
    yield unit


Unit = Annotated[UnitOfWork, Depends(nested_unit)]


@router.post("/{item}", status_code=201)
async def place(item: str, unit: Unit):
    if item == "void":
        raise HTTPException(422, "no such item")
    unit.items.append(item)
    return {"item": item}  # <commit_refused:first> <commit_failed:first> <commit_handled:first>


class Meter:
    def __init__(self, response: Response) -> None:
        self.response = response
        self.cost = 0


def publish(meter: Meter) -> None:
    meter.response.headers["X-Cost"] = str(meter.cost)  # <header_after_yield:late>


async def metered(response: Response):
    meter = Meter(response)
    yield meter
    if meter.cost > 5:
        publish(meter)


@router.get("/render/{size}")
def render(size: int, meter: Annotated[Meter, Depends(metered)]):
    meter.cost += size
    return {"size": size}  # <header_after_yield:first>


def tracked(response: Response) -> str:
    response.headers["X-Visit"] = "42"  # <shadowed_in_dependency:late>
    return "42"


@router.get("/visit")
async def visit(mark: Annotated[str, Depends(tracked)], direct: bool = False):
    if direct:
        return page(mark)
    return {"mark": mark}


def page(mark: str) -> JSONResponse:
    return JSONResponse({"mark": mark})  # <shadowed_in_dependency:first>
