// The page: shows the view that the address describes, and updates the address on clicks.

const scriptStart = performance.now();
const byId = (id) => document.getElementById(id);
const form = byId("filters"), dialog = byId("detail");
let state = readAddress(), matches = matchingCells(state);

// ------------------------------------------------------------------ filters

function option(value, text, title) {
  return make("option", { value, title }, text);
}

/** Fill a select with the names that have cells. */
function fillSelect(name, column, names, text, order = null) {
  const counts = new Uint32Array(names.length);
  for (const value of column) counts[value] += 1;
  const some = [...names.keys()].filter((i) => counts[i] && names[i]);
  if (order) some.sort((a, b) => counts[b] - counts[a]);
  form.elements[name].replaceChildren(option("", "any"), ...some.map((i) => option(names[i], text(i, counts[i]), order && names[i])));
}

function fillFilters() {
  const cut = (text) => (text.length > 90 ? `${text.slice(0, 89)}…` : text);
  fillSelect("format", cells.format, index.formats, (i) => index.formats[i]);
  fillSelect("writer", cells.writer, index.environments, labelAt);
  fillSelect("reader", cells.reader, index.environments, labelAt);
  fillSelect("cause", cells.cause, index.causes, (i, count) => `${number(count)} · ${cut(index.causes[i])}`, "by count");
  form.elements.verdict.replaceChildren(
    option("", "any"), option("bad", "changes or fails"),
    ...head.groups.map((group, i) => make("optgroup", { label: `${group.symbol} ${group.label}` },
      option(group.key, `all ${["safe", "that are limited", "that change silently", "that fail", "unknown"][i]}`),
      head.verdicts.filter((verdict) => verdict.group === i && verdict.count)
        .map((verdict) => option(verdict.name, `${verdict.name} (${number(verdict.count)})`)))));
  byId("pipelines").replaceChildren(...index.pipelines.map((id) => option(id)));
  byId("from").replaceChildren(
    option("every", "any release (the worst)"),
    ...writers.map((writer) => option(index.environments[writer], labelAt(writer))));
}

/** Set the controls to the state; a value that is no option is added, so that it is visible. */
function showState() {
  for (const name of FILTERS) {
    const control = form.elements[name];
    control.value = state[name];
    if (control.value !== state[name] && control.tagName === "SELECT") {
      control.append(option(state[name], `${state[name]} (no cells)`));
      control.value = state[name];
    }
  }
  byId("from").value = state.from ?? defaultWriter();
}

// ------------------------------------------------------------------ rendering

function render() {
  const started = performance.now();
  matches = matchingCells(state);
  const counts = noCounts();
  for (let cell = 0; cell < matches.length; cell += 1) if (matches[cell]) counts[groupOfCell(cell)] += 1;
  const total = counts.reduce((sum, count) => sum + count, 0);
  byId("shown").replaceChildren(
    total === cells.length ? `All ${number(total)} cells: ` : `${number(total)} of ${number(cells.length)} cells: `,
    countsText(counts));
  renderLine(byId("line-here"), state, matches, openCell);
  renderMap(byId("map-here"), state, matches, openPair);
  renderMistakes(byId("mistakes"), state, matches, (changes) => { change(changes); showState(); });
  performance.measure("draw", { start: started, end: performance.now() });
}

/** Scroll the lifelines, where they are wider than the window, to the release that saved. */
function scrollToOrigin() {
  const here = byId("line-here"), origin = here.querySelector(".same");
  if (origin) here.scrollLeft = Math.max(0, origin.offsetLeft - here.clientWidth * 0.6);
}

function change(changes) {
  state = { ...state, ...changes };
  writeAddress(state);
  render();
}

// ------------------------------------------------------------------ dialog

const CLOSED = { at: "", to: "", of: "", in: "" };

function openPair(writer, reader) {
  const found = cellsBetween(writer, reader, matches);
  if (found.length === 1) return openCell(found[0]);
  return openDialog({ ...CLOSED, at: index.environments[writer], to: index.environments[reader] });
}

function openCell(cell) {
  openDialog({
    at: index.environments[cells.writer[cell]], to: index.environments[cells.reader[cell]],
    of: index.pipelines[cells.pipeline[cell]], in: index.formats[cells.format[cell]],
  });
}

function openDialog(what) {
  state = { ...state, ...what };
  writeAddress(state, true);
  showDialog();
}

let dialogTurn = 0;

/** Open the dialog for the pair or cell of the state, or close it. */
async function showDialog() {
  const turn = (dialogTurn += 1);
  const writer = index.environments.indexOf(state.at), reader = index.environments.indexOf(state.to);
  const panel = writer < 0 || reader < 0 ? null : await panelFor(writer, reader);
  if (turn !== dialogTurn) return; // something else was opened or closed while the data was read
  if (!panel) {
    if (dialog.open) dialog.close();
    return;
  }
  dialog.replaceChildren(...panel);
  if (!dialog.open) dialog.showModal();
  makeWideTablesFocusable(dialog);
  dialog.scrollTop = 0;
  byId("detail-title").focus();
}

function panelFor(writer, reader) {
  const close = () => dialog.close();
  const pipeline = index.pipelines.indexOf(state.of);
  if (pipeline < 0) return pairPanel(writer, reader, matches, close, openCell);
  const format = index.formats.indexOf(state.in);
  for (let cell = 0; cell < cells.length; cell += 1) {
    if (cells.pipeline[cell] !== pipeline || cells.format[cell] !== format) continue;
    if (cells.writer[cell] !== writer || cells.reader[cell] !== reader) continue;
    const pair = () => openDialog({ ...CLOSED, at: state.at, to: state.to });
    const back = make("button", { type: "button", class: "link back", onclick: pair },
      `← all of ${labelAt(writer)} → ${labelAt(reader)}`);
    return cellPanel(cell, close, back);
  }
  return null;
}

// ------------------------------------------------------------------ answers

/** Give each answer of an upgrade check a button for each load: its pictures, outputs and scores. */
function renderLoads() {
  const articles = [...document.querySelectorAll("article.answer")];
  const named = new Map(articles.map((one) => [one.querySelector(".model").textContent, one]));
  const order = new Map([...line, ...beside].map((reader, i) => [reader, i]));
  const byRelease = (one, other) => order.get(cells.reader[one]) - order.get(cells.reader[other]);
  for (const cell of [...cells.reader.keys()].sort(byRelease)) {
    const place = named.get(visible(index.pipelines[cells.pipeline[cell]]))?.querySelector(".loads");
    if (!place || cells.writer[cell] === cells.reader[cell]) continue;
    if (place.hidden) place.append("Pictures and outputs with");
    place.hidden = false;
    place.append(make("button", { type: "button", onclick: () => openCell(cell) },
      symbol(groupOfCell(cell)), ` ${labelAt(cells.reader[cell])}`));
  }
}

// ------------------------------------------------------------------ start

form.addEventListener("input", (event) => {
  if (FILTERS.includes(event.target.name)) change({ [event.target.name]: event.target.value });
});
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", (event) => {
  event.preventDefault();
  change(Object.fromEntries(FILTERS.map((name) => [name, ""])));
  showState();
});
byId("from").addEventListener("change", (event) => {
  change({ from: event.target.value });
  scrollToOrigin();
});
for (const button of document.querySelectorAll("button[data-cause]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    change({ ...Object.fromEntries(FILTERS.map((name) => [name, ""])), cause: head.causeCards[button.dataset.cause] });
    showState();
    byId("results").scrollIntoView();
    byId("results").focus({ preventScroll: true });
  });
}
dialog.addEventListener("close", () => {
  state = { ...state, ...CLOSED };
  writeAddress(state);
});
dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
for (const link of document.querySelectorAll('a[href^="#"]')) {
  link.addEventListener("click", (event) => {
    event.preventDefault(); // the address holds the view
    const target = document.querySelector(link.getAttribute("href"));
    target.setAttribute("tabindex", "-1");
    target.scrollIntoView();
    target.focus({ preventScroll: true });
  });
}
addEventListener("beforeprint", () => document.querySelector("#line-here .more:not([hidden])")?.click());
addEventListener("hashchange", () => {
  state = readAddress();
  showState();
  render();
  showDialog();
});

const problem = findDataError();
if (problem) showFault(problem);
fillFilters();
showState();
byId("narrow").open = matchMedia("(min-width: 40rem)").matches || FILTERS.some((name) => state[name]);
byId("results").hidden = false;
render();
renderLoads();
scrollToOrigin();
if (state.view) byId(state.view).scrollIntoView();
await showDialog();
document.body.dataset.ready = "";
performance.measure("open", { start: 0, end: performance.now() });
performance.measure("script", { start: scriptStart, end: performance.now() });
