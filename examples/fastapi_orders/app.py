"""Orders: the unit of work commits when the dependency is closed."""

from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from stock import UnitOfWork, unit_of_work

app = FastAPI()


@app.post("/orders/{item}", status_code=201)
async def place_order(item: str, work: Annotated[UnitOfWork, Depends(unit_of_work)]):
    if not item.isalpha():
        raise HTTPException(422, "no such item")
    work.take(item)
    return {"item": item, "placed": True}  # <first>
