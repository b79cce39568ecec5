"""Whole applications: a small value, its source, what has to be found in it, and the strategy that draws it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hypothesis import strategies as st

from generated.endpoints import ENDPOINTS, ON_STARLETTE, Endpoint
from generated.faults import FAULTS, HERE, NOTHING, PLACES, Fault, Place
from generated.frameworks import FRAMEWORKS, Framework
from generated.layers import LAYERS, Layer, Sessions
from generated.parts import Fate, fill

HEAD = """
    import asyncio
    import functools
    import os
    import sys
    from concurrent.futures import ThreadPoolExecutor
    $framework

    class Refused(Exception):
        pass
"""

# What a module has only where it is used.
HELPERS = (
    """
    def decorated(function):
        @functools.wraps(function)
        def decorating(*arguments, **named):
            return function(*arguments, **named)
        return decorating
    """,
    """
    def decorated_async(function):
        @functools.wraps(function)
        async def decorating(*arguments, **named):
            return await function(*arguments, **named)
        return decorating
    """,
    """
    def decorated_bare(function):
        def decorating(*arguments, **named):
            return function(*arguments, **named)
        return decorating
    """,
    """
    def decorated_async_bare(function):
        async def decorating(*arguments, **named):
            return await function(*arguments, **named)
        return decorating
    """,
    """
    def counted(rows):
        count = 0
        for row in rows:
            count += 1
            yield row
    """,
    """
    async def counted_async(rows):
        count = 0
        async for row in rows:
            count += 1
            yield row
    """,
)


@dataclass(frozen=True)
class Route:
    """One endpoint with its fault, and how often it is asked at the same time."""

    endpoint: Endpoint
    stage: str = ""
    fault: Fault = NOTHING
    place: Place = HERE
    early: bool = False
    times: int = 1

    def source(self, name: str, framework: Framework) -> str:
        late = ""
        if self.fault != NOTHING:
            late = self.place.source(self.fault.source(framework), waits=self._waits(framework))
        text = self.endpoint.source(name, framework, self.stage, late.replace("$name", name), framework.early if self.early else "")
        return f"# {self}\n{text}"

    def _waits(self, framework: Framework) -> bool:
        return self.fault.waits and framework.asynchronous

    def fate(self, name: str, framework: Framework) -> Fate:
        return self.endpoint.fate(name, framework, self.stage, self.fault, self.place)


@dataclass(frozen=True)
class App:
    """An application: routes in a framework, layers from the inside out."""

    framework: Framework
    routes: tuple[Route, ...]
    layers: tuple[Layer, ...] = ()
    mounted: bool = False

    def source(self) -> str:
        """The module, with `app` in it."""
        routes = [route.source(name, self.framework) for name, route in self._named_routes()]
        layers = [(layer, layer.source(name, self.framework)) for name, layer in self._named_layers()]
        within = [text for layer, text in layers if layer.within]
        around = [text for layer, text in layers if not layer.within]
        if self.framework.name == "flask":
            within.reverse()  # what is registered last runs first
        made = self.framework.source(routes, within, mounted=self.mounted)
        text = "\n\n".join([made, *around])
        words = set(re.findall(r"\w+", text))
        helpers = [fill(helper) for helper in HELPERS if re.findall(r"def (\w+)", helper)[0] in words]
        return "\n\n".join([fill(HEAD, framework=fill(self.framework.head)), *helpers, text]) + "\n"

    def requests(self) -> list[tuple[str, str]]:
        """What is asked at once: paths and ids, an id being the name of a route and a number."""
        prefix = "/sub" if self.mounted else ""
        return [(prefix + route.endpoint.path(name, self.framework), f"{name}-{number}") for name, route in self._named_routes() for number in range(route.times)]

    def fates(self) -> dict[str, Fate]:
        """By the name of each route, what has to be seen of it at the server's door."""
        return {name: self._fate(name, route) for name, route in self._named_routes()}

    def _fate(self, name: str, route: Route) -> Fate:
        fate = route.fate(name, self.framework)
        layers = self._named_layers()
        for layer_name, layer in layers:
            if layer.within:
                fate = layer.passes(fate, layer_name)
        fate = self.framework.answers(fate)
        for layer_name, layer in layers:
            if not layer.within:
                fate = layer.passes(fate, layer_name)
        return fate

    def _named_routes(self) -> list[tuple[str, Route]]:
        return [(f"r{number}", route) for number, route in enumerate(self.routes)]

    def _named_layers(self) -> list[tuple[str, Layer]]:
        return [(f"L{number}", layer) for number, layer in enumerate(self.layers)]


# ---------------------------------------------------------------------- drawing them
_KINDS = tuple(dict.fromkeys(type(endpoint) for endpoint in ENDPOINTS))


def possible(framework: Framework, route: Route) -> bool:
    """Whether a route can be written in a framework and its fault can happen there."""
    endpoint, fault = route.endpoint, route.fault
    if framework.name not in endpoint.frameworks or (route.early and not endpoint.has_response):
        return False
    if getattr(endpoint, "decorator", "") == "bare" and framework.name == "fastapi":
        return False  # it reads the parameters of the decorator
    if getattr(endpoint, "sync", False) and (not framework.asynchronous or framework.name == "django-asgi"):
        return False
    if fault == NOTHING:
        return route.place == HERE
    if not framework.session and fault.kind == "session":
        return False
    if framework.name == "flask" and fault.kind == "session" and route.place.racing:
        return False  # the context does not reach the thread
    coroutine = endpoint.coroutine(framework, route.stage)
    if coroutine not in route.place.asynchronous or (fault.waits and framework.asynchronous and not route.place.sends):
        return False
    if fault.kind == "removal" and not route.early:
        return False  # there would be nothing to remove
    return fault.kind in endpoint.stages[route.stage]


def every_route(framework: Framework) -> tuple[Route, ...]:
    """One route for each kind of endpoint, stage and fault that is possible in a framework."""
    found: dict[tuple[type, str, str], Route] = {}
    for endpoint in ENDPOINTS:
        for stage in endpoint.stages:
            for fault in FAULTS:
                route = Route(endpoint, stage, fault, early=endpoint.has_response)
                if possible(framework, route):
                    found.setdefault((type(endpoint), stage, fault.kind), route)
    return tuple(found.values())


@st.composite
def routes(draw: st.DrawFn, framework: Framework) -> Route:
    """One route that is possible in a framework."""
    kind = draw(st.sampled_from([kind for kind in _KINDS if framework.name in kind.frameworks]))
    endpoint = draw(st.sampled_from([each for each in ENDPOINTS if type(each) is kind and possible(framework, Route(each))]))
    stage = draw(st.sampled_from(list(endpoint.stages)))
    early = draw(st.booleans()) if endpoint.has_response else False
    choices = [
        route for fault in FAULTS for place in PLACES if possible(framework, route := Route(endpoint, stage, fault, place, early))
    ]
    faults = list(dict.fromkeys(choice.fault for choice in choices))
    fault = draw(st.sampled_from(faults))
    place = draw(st.sampled_from([choice.place for choice in choices if choice.fault == fault]))
    return Route(endpoint, stage, fault, place, early, draw(st.integers(1, 3)))


@st.composite
def apps(draw: st.DrawFn) -> App:
    """An application of one to three routes in up to four layers."""
    framework = draw(st.sampled_from(FRAMEWORKS))
    chosen = draw(st.lists(routes(framework), min_size=1, max_size=3))
    around = st.sampled_from([layer for layer in LAYERS if framework.name in layer.frameworks])
    layers = sorted(draw(st.lists(around, max_size=4)), key=lambda layer: not layer.instead)
    if framework.name in ON_STARLETTE and any(route.fault.kind == "session" for route in chosen) and Sessions() not in layers:
        layers.insert(0, Sessions())
    mounted = draw(st.booleans()) if framework.name != "asgi" else False
    return App(framework, tuple(chosen), tuple(layers), mounted)
