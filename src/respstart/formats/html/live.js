"use strict";
// Only on the page of `respstart watch --web`: asks its server every second whether there is more, and shows it in place.
(() => {
  const root = document.documentElement;

  // What the reader has opened and searched for, so that it stays.
  const places = (within) => [...within.querySelectorAll("details")];
  const keyOf = (one) => one.id || `${one.closest("[id]")?.id} ${one.querySelector("summary").firstChild.textContent.replace(/\d+/g, "")}`;

  const replace = (text) => {
    const fresh = new DOMParser().parseFromString(text, "text/html");
    const opened = new Set(places(document).filter((one) => one.open).map(keyOf));
    const wanted = new FormData(document.querySelector(".search") ?? undefined);
    const focused = document.activeElement?.form ? document.activeElement : null;
    for (const one of places(fresh)) one.open = opened.has(keyOf(one));
    for (const selector of ["title", ".top", "main"]) document.querySelector(selector).replaceWith(fresh.querySelector(selector));
    const form = document.querySelector(".search");
    for (const [name, value] of wanted) if (form) form.elements[name].value = value;
    root.dataset.version = fresh.documentElement.dataset.version;
    document.dispatchEvent(new Event("shown"));
    if (focused && form) {
      const again = form.elements[focused.name];
      again.focus({ preventScroll: true });
      if (focused.type === "search") again.setSelectionRange(focused.selectionStart, focused.selectionEnd);
    }
  };

  const ask = async () => {
    const answer = await fetch("/", { cache: "no-store", headers: { "If-None-Match": root.dataset.version } });
    if (answer.status === 200) replace(await answer.text());
    return "Live";
  };

  const look = async () => {
    const state = await ask().catch(() => "respstart watch has ended; this is what it has shown.");
    const told = document.querySelector(".live");
    if (told.textContent !== state) told.textContent = state;
    setTimeout(look, 1000);
  };

  look();
})();
