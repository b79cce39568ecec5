"use strict";
// The page is complete without this: it only hides what was not searched for.
(() => {
  const textOf = (item, text) => {
    if (!text.has(item)) text.set(item, item.textContent.toLowerCase());
    return text.get(item);
  };

  const matches = (item, wanted, text) =>
    (!wanted.rule || item.dataset.rule === wanted.rule) &&
    (!wanted.outcome || item.dataset.outcome === wanted.outcome) &&
    wanted.words.every((word) => textOf(item, text).includes(word));

  const keyOf = (item) => item.id || item.querySelector("a")?.hash.slice(1) || item;

  // A link to a rule opens it.
  const open = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (target?.tagName === "DETAILS") target.open = true;
  };

  const begin = () => {
    const form = document.querySelector(".search");
    if (!form) return;
    const said = form.querySelector("output");
    const items = [...document.querySelectorAll("[data-rule]")];
    const text = new Map();

    const search = () => {
      const wanted = {
        rule: form.elements.rule.value,
        outcome: form.elements.outcome.value,
        words: form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean),
      };
      // A row of the index stands for its article: what stands in either is found in both.
      const found = new Set(items.filter((item) => matches(item, wanted, text)).map(keyOf));
      for (const item of items) item.hidden = !found.has(keyOf(item));
      const rows = items.filter((item) => item.tagName === "TR");
      const shown = rows.filter((row) => !row.hidden).length;
      said.value = shown === rows.length ? "" : `${shown} of ${rows.length} shown`;
    };

    form.hidden = false;
    form.addEventListener("input", search);
    form.addEventListener("reset", () => setTimeout(search));
    form.addEventListener("submit", (event) => event.preventDefault());
    search();
  };

  addEventListener("hashchange", open);
  document.addEventListener("shown", begin); // a page that updates itself says so
  begin();
  open();
})();
