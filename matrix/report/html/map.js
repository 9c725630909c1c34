// The heat map: writers in rows, readers in columns.

/** Return the environments in a column of the cells, in the order of the configuration. */
function occurring(column) {
  const seen = new Uint8Array(index.environments.length);
  for (const environment of column) seen[environment] = 1;
  return [...seen.keys()].filter((environment) => seen[environment]);
}
const writers = occurring(cells.writer);
const readers = occurring(cells.reader);

/** Count the matching cells of each group, by writer and reader. */
function tally(matches) {
  const side = index.environments.length, groups = head.groups.length;
  const counts = new Uint32Array(side * side * groups);
  for (let cell = 0; cell < matches.length; cell += 1) {
    if (matches[cell]) counts[(cells.writer[cell] * side + cells.reader[cell]) * groups + groupOfCell(cell)] += 1;
  }
  return (writer, reader) => counts.subarray((writer * side + reader) * groups, (writer * side + reader + 1) * groups);
}

/** Return the matching cells without those of known mistakes; a filter for pipelines shows these too. */
function withoutMistakes(state, matches) {
  if (state.pipeline) return matches;
  return matches.map((match, cell) => match & !isMistake[cells.pipeline[cell]]);
}
const isMistake = index.pipelines.map((id) => pipelines.get(id)?.tags.includes(head.mistakes.tag) ?? false);

/** Render a square for each pair: its colour is the share of its testable cells that is safe. */
function renderMap(container, state, matches, open) {
  const counted = tally(withoutMistakes(state, matches));
  const narrowed = Boolean(state.verdict || state.cause);
  const all = narrowed ? tally(withoutMistakes(state, matchingCells({ ...state, verdict: "", cause: "" }))) : counted;
  const some = (own, others, pair) => own.filter((one) => others.some((other) => pair(one, other).some(Boolean)));
  const rows = some(writers, readers, counted);
  const columns = some(readers, writers, (reader, writer) => counted(writer, reader));
  if (!rows.length) {
    container.replaceChildren(make("p", { class: "empty" }, "No cell matches."));
    return;
  }
  const heading = (environment, scope) =>
    make("th", { scope, title: index.environments[environment] }, labelAt(environment));
  const grid = make("table",
    { class: "map", role: "grid", "data-rows": rows.length, "data-columns": columns.length },
    make("caption", {}, "Saved by (rows), loaded by (columns)"),
    make("thead", {}, make("tr", {},
      make("td", { class: "corner" }, make("span", {}, "saved by ↓"), make("span", {}, "loaded by →")),
      columns.map((reader) => heading(reader, "col")))),
    make("tbody", {}, rows.map((writer, row) => make("tr", {},
      heading(writer, "row"),
      columns.map((reader, column) =>
        square(writer, reader, row, column, counted(writer, reader), all(writer, reader), narrowed)),
    ))),
  );
  grid.addEventListener("click", (event) => {
    const cell = event.target.closest("[data-row]");
    if (!cell || cell.classList.contains("none")) return;
    open(rows[cell.dataset.row], columns[cell.dataset.column]);
  });
  grid.addEventListener("pointerover", (event) => { // for the mouse; a screen reader has the text itself
    const cell = event.target.closest("[data-row]");
    if (cell) cell.title = cell.querySelector(".unseen").textContent;
  });
  container.replaceChildren(grid);
  addKeyboardNavigation(grid);
}

const SIGNS = [FAILS, CHANGES, LIMITED, UNKNOWN];
/** The least share in percent of each step of colour. */
const STEPS = [0, 25, 50, 75, 90, 100];

/** Create one square: the share that is safe and signs of the rest; of filtered cells, their number. */
function square(writer, reader, row, column, counts, all, narrowed) {
  const testable = all[SAFE] + all[LIMITED] + all[CHANGES] + all[FAILS];
  const step = STEPS.findLastIndex((least) => 100 * all[SAFE] >= least * testable);
  const kind = !counts.some(Boolean) ? "none" : testable ? `heat-${step}` : "unknown";
  const share = testable ? shareText(all[SAFE], testable) : "";
  const total = counts.reduce((sum, count) => sum + count, 0);
  const signs = SIGNS.filter((group) => counts[group]).map(symbol);
  if (counts[SAFE] && !signs.length) signs.push(symbol(SAFE));
  const text = `${countsText(counts)}${share && ` (${share} safe)`}`;
  return make("td", {
    class: kind + (writer === reader ? " same" : ""),
    "data-row": row, "data-column": column, tabindex: "-1",
  }, make("span", { class: "unseen" }, `saved by ${labelAt(writer)}, loaded by ${labelAt(reader)}: ${text}`), kind !== "none" && make("div", { "aria-hidden": "true" },
    make("b", {}, narrowed || !share ? number(total) : share), make("span", {}, signs)));
}

/** Say how many cells of known mistakes are not in the squares; the button shows them. */
function renderMistakes(container, state, matches, change) {
  const counts = noCounts();
  if (!state.pipeline) {
    for (let cell = 0; cell < matches.length; cell += 1) {
      if (matches[cell] && isMistake[cells.pipeline[cell]]) counts[groupOfCell(cell)] += 1;
    }
  }
  container.hidden = !counts.some(Boolean);
  container.replaceChildren(
    `Not in the squares: pipelines that show a known mistake (${countsText(counts)}). `,
    make("button", { type: "button", class: "link", onclick: () => change({ pipeline: `tag:${head.mistakes.tag}` }) }, "Show them"));
}
