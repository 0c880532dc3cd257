"use strict";
const all = (what, from) => Array.from((from || document).querySelectorAll(what));
const by = name => document.getElementById(name);
const box = by("search"), told = by("told"), detail = by("detail"), facts = detail.querySelector("dl");
const root = document.documentElement, flows = all("main>details");
const flowOf = element => element.closest("main>details");
const nodesOf = flow => all("g[data-step]", flow);
const twin = (element, kind) => flowOf(element).querySelector(`${kind}[data-step="${element.dataset.step}"]`);
const seen = () => flows.filter(flow => !flow.hidden);
const go = element => { if (element) { element.focus(); element.scrollIntoView({block: "nearest"}); } };
const step = (list, element, way) => list[Math.max(0, Math.min(list.length - 1, list.indexOf(element) + way))];

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
      const node = twin(row, "g");
      if (node) node.classList.toggle("hit", hit);
      hits += hit;
    }
    flow.hidden = words.length > 0 && !hits && !words.every(word => head.includes(word));
    if (hits) flow.open = true;
    shown += !flow.hidden; steps += hits;
  }
  told.textContent = words.length ? `${shown} shown, ${steps} found` : "";
};
const firstHit = () => go(seen().flatMap(flow => all("g.hit", flow))[0] || (seen()[0] && seen()[0].firstElementChild));
const fold = open => { for (const flow of flows) flow.open = open; };
const theme = () => {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme:dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
};
const move = way => {
  const heads = seen().map(flow => flow.querySelector("summary"));
  const flow = document.activeElement && flowOf(document.activeElement);
  go(flow ? step(heads, flow.querySelector("summary"), way) : heads[way > 0 ? 0 : heads.length - 1]);
};

const unpick = () => { detail.hidden = true; for (const each of all(".picked")) each.classList.remove("picked"); };
const pick = element => {
  const row = twin(element, "tr"), node = twin(element, "g"), heads = all("thead th", row.closest("table"));
  unpick();
  for (const each of [row, node]) if (each) each.classList.add("picked");
  facts.textContent = "";
  Array.from(row.cells).forEach((cell, index) => {
    if (!cell.textContent) return;
    const name = document.createElement("dt"), value = document.createElement("dd");
    name.textContent = heads[index].textContent;
    for (const part of cell.childNodes) value.append(part.cloneNode(true));
    facts.append(name, value);
  });
  detail.hidden = false;
  const other = element === row ? node : row;
  if (element === row && other) other.scrollIntoView({block: "nearest", inline: "nearest"});
};
for (const node of all("g[data-step]")) node.setAttribute("role", "button");

document.addEventListener("click", event => {
  const found = event.target.closest("g[data-step],tr[data-step]");
  if (found && !String(getSelection())) pick(found);
});
box.addEventListener("input", search);
by("open").addEventListener("click", () => fold(true));
by("close").addEventListener("click", () => fold(false));
by("theme").addEventListener("click", theme);
by("shut").addEventListener("click", unpick);

const onNode = (node, key) => {
  const nodes = nodesOf(flowOf(node));
  const keys = {
    Enter: () => pick(node), " ": () => pick(node),
    ArrowDown: () => go(step(nodes, node, 1)), ArrowRight: () => go(step(nodes, node, 1)),
    ArrowUp: () => node === nodes[0] ? go(flowOf(node).firstElementChild) : go(step(nodes, node, -1)),
    ArrowLeft: () => go(step(nodes, node, -1)),
    Home: () => go(nodes[0]), End: () => go(nodes[nodes.length - 1]),
  };
  return keys[key];
};
const onHead = (head, key) => {
  const flow = flowOf(head);
  const keys = {
    ArrowDown: () => flow.open && nodesOf(flow).length ? go(nodesOf(flow)[0]) : move(1), ArrowUp: () => move(-1),
    ArrowRight: () => { flow.open = true; }, ArrowLeft: () => { flow.open = false; },
  };
  return keys[key];
};
document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const at = event.target;
  if (event.key === "Escape") {
    if (!detail.hidden) { unpick(); return; }
    box.value = ""; search(); box.blur(); return;
  }
  let act;
  if (at === box) act = {Enter: firstHit, ArrowDown: firstHit}[event.key];
  else {
    if (at.matches("g[data-step]")) act = onNode(at, event.key);
    else if (at.matches("main>details>summary")) act = onHead(at, event.key);
    act = act || {
      "/": () => box.focus(), t: theme, j: () => move(1), k: () => move(-1), e: () => fold(true), c: () => fold(false),
    }[event.key];
  }
  if (act) { event.preventDefault(); act(); }
});
