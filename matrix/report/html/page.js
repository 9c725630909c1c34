// The page: what was asked for in the address is shown, and what is clicked goes into the address.

const began = performance.now();
const byId = (id) => document.getElementById(id);
const form = byId("filters"), dialog = byId("detail");
let state = readAddress(), keep = kept(state);

// ------------------------------------------------------------------ filters

function option(value, text, title) {
  return make("option", { value, title }, text);
}

/** A select for the names of an index, with how many cells each has. */
function choices(name, column, names, shown, order = null) {
  const counts = new Uint32Array(names.length);
  for (const value of column) counts[value] += 1;
  const some = [...names.keys()].filter((i) => counts[i] && names[i]);
  if (order) some.sort((a, b) => counts[b] - counts[a]);
  form.elements[name].replaceChildren(option("", "any"), ...some.map((i) => option(names[i], shown(i, counts[i]), order && names[i])));
}

function fillFilters() {
  const cut = (text) => (text.length > 90 ? `${text.slice(0, 89)}…` : text);
  choices("format", cells.format, index.formats, (i) => index.formats[i]);
  choices("writer", cells.writer, index.environments, labelAt);
  choices("reader", cells.reader, index.environments, labelAt);
  choices("cause", cells.cause, index.causes, (i, count) => `${number(count)} · ${cut(index.causes[i])}`, "by count");
  form.elements.verdict.replaceChildren(
    option("", "any"), option("bad", "changes or fails"),
    ...head.groups.map((group, i) => make("optgroup", { label: `${group.symbol} ${group.verb}` },
      option(group.key, `all that ${["are safe", "change silently", "fail", "cannot be told"][i]}`),
      head.verdicts.filter((verdict) => verdict.group === i && verdict.count)
        .map((verdict) => option(verdict.name, `${verdict.name} (${number(verdict.count)})`)))));
  byId("pipelines").replaceChildren(...index.pipelines.map((id) => option(id)));
  byId("from").replaceChildren(
    option("every", "any release (the worst)"),
    ...writers.map((writer) => option(index.environments[writer], labelAt(writer))));
}

/** Put into the controls what the state says; a word that they do not know is kept and shown. */
function showState() {
  for (const name of FILTERS) {
    const control = form.elements[name];
    control.value = state[name];
    if (control.value !== state[name] && control.tagName === "SELECT") {
      control.append(option(state[name], `${state[name]} (not here)`));
      control.value = state[name];
    }
  }
  byId("from").value = state.from ?? usualWriter();
}

// ------------------------------------------------------------------ drawing

function draw() {
  const started = performance.now();
  keep = kept(state);
  const counts = [0, 0, 0, 0];
  for (let cell = 0; cell < keep.length; cell += 1) if (keep[cell]) counts[groupOfCell(cell)] += 1;
  const total = counts.reduce((sum, count) => sum + count, 0);
  byId("shown").replaceChildren(
    total === cells.length ? `All ${number(total)} cells: ` : `${number(total)} of ${number(cells.length)} cells: `,
    saidOf(counts));
  for (const button of document.querySelectorAll("[data-view]")) {
    button.setAttribute("aria-pressed", String(button.dataset.view === state.view));
    byId(button.dataset.view).hidden = button.dataset.view !== state.view;
  }
  if (state.view === "map") drawMap(byId("map-here"), state, keep, openPair);
  else drawLine(byId("line-here"), state, keep, openCell);
  performance.measure("draw", { start: started, end: performance.now() });
}

function change(changes) {
  state = { ...state, ...changes };
  writeAddress(state);
  draw();
}

// ------------------------------------------------------------------ what is opened

const NOTHING = { at: "", to: "", of: "", in: "" };

function openPair(writer, reader) {
  const found = cellsBetween(writer, reader, keep);
  if (found.length === 1) return openCell(found[0]);
  return opened({ ...NOTHING, at: index.environments[writer], to: index.environments[reader] });
}

function openCell(cell) {
  opened({
    at: index.environments[cells.writer[cell]], to: index.environments[cells.reader[cell]],
    of: index.pipelines[cells.pipeline[cell]], in: index.formats[cells.format[cell]],
  });
}

function opened(what) {
  state = { ...state, ...what };
  writeAddress(state, true);
  showOpened();
}

/** Show in the dialog what the state says is open, or close it. */
function showOpened() {
  const writer = index.environments.indexOf(state.at), reader = index.environments.indexOf(state.to);
  const panel = writer < 0 || reader < 0 ? null : panelFor(writer, reader);
  if (!panel) {
    if (dialog.open) dialog.close();
    return;
  }
  dialog.replaceChildren(...panel);
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  byId("detail-title").focus();
}

function panelFor(writer, reader) {
  const close = () => dialog.close();
  const pipeline = index.pipelines.indexOf(state.of);
  if (pipeline < 0) return pairPanel(writer, reader, keep, close, openCell);
  const format = index.formats.indexOf(state.in);
  for (let cell = 0; cell < cells.length; cell += 1) {
    if (cells.pipeline[cell] !== pipeline || cells.format[cell] !== format) continue;
    if (cells.writer[cell] !== writer || cells.reader[cell] !== reader) continue;
    const pair = () => opened({ ...NOTHING, at: state.at, to: state.to });
    const back = make("button", { type: "button", class: "link back", onclick: pair },
      `← all of ${labelAt(writer)} → ${labelAt(reader)}`);
    return cellPanel(cell, close, back);
  }
  return null;
}

// ------------------------------------------------------------------ begin

form.addEventListener("input", (event) => {
  if (FILTERS.includes(event.target.name)) change({ [event.target.name]: event.target.value });
});
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", (event) => {
  event.preventDefault();
  change(Object.fromEntries(FILTERS.map((name) => [name, ""])));
  showState();
});
byId("from").addEventListener("change", (event) => change({ from: event.target.value }));
for (const button of document.querySelectorAll("[data-view]")) {
  button.addEventListener("click", () => change({ view: button.dataset.view }));
}
dialog.addEventListener("close", () => {
  state = { ...state, ...NOTHING };
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
addEventListener("hashchange", () => {
  state = readAddress();
  showState();
  draw();
  showOpened();
});

byId("results").hidden = false;
const wrong = fault();
if (wrong) {
  byId("fault").textContent = wrong;
  byId("fault").hidden = false;
}
fillFilters();
showState();
draw();
showOpened();
performance.measure("open", { start: 0, end: performance.now() });
performance.measure("script", { start: began, end: performance.now() });
