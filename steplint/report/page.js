"use strict";
const all = (what, from) => Array.from((from || document).querySelectorAll(what));
const box = document.getElementById("search"), root = document.documentElement, flows = all("main>details");
const told = document.getElementById("told");
const search = () => {
  const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0, steps = 0;
  for (const flow of flows) {
    const head = flow.querySelector("summary").textContent.toLowerCase();
    let hits = 0;
    for (const row of all("tr[data-step]", flow)) {
      const text = row.textContent.toLowerCase();
      const hit = words.length > 0 && words.every(word => text.includes(word));
      row.classList.toggle("hit", hit);
      const node = flow.querySelector(`g[data-step="${row.dataset.step}"]`);
      if (node) node.classList.toggle("hit", hit);
      hits += hit;
    }
    flow.hidden = words.length > 0 && !hits && !words.every(word => head.includes(word));
    if (hits) flow.open = true;
    shown += !flow.hidden; steps += hits;
  }
  told.textContent = words.length ? `${shown} shown, ${steps} found` : "";
};
const fold = open => { for (const flow of flows) flow.open = open; };
const theme = () => {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme:dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
};
const move = by => {
  const seen = flows.filter(flow => !flow.hidden).map(flow => flow.querySelector("summary"));
  const at = seen.findIndex(each => each === document.activeElement);
  const next = seen[Math.max(0, Math.min(seen.length - 1, at + by))];
  if (next) { next.focus(); next.scrollIntoView({block: "nearest"}); }
};
box.addEventListener("input", search);
document.getElementById("open").addEventListener("click", () => fold(true));
document.getElementById("close").addEventListener("click", () => fold(false));
document.getElementById("theme").addEventListener("click", theme);
document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") { box.value = ""; search(); box.blur(); return; }
  if (event.target === box) return;
  const keys = {
    "/": () => box.focus(), t: theme,
    j: () => move(1), k: () => move(-1),
    e: () => fold(true), c: () => fold(false),
  };
  if (keys[event.key]) { event.preventDefault(); keys[event.key](); }
});
