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

/** Render the matching cells; the darker a square, the larger its share that changes or fails. */
function renderMap(container, state, matches, open) {
  const counted = tally(matches);
  const all = state.verdict || state.cause ? tally(matchingCells({ ...state, verdict: "", cause: "" })) : counted;
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
      columns.map((reader, column) => square(writer, reader, row, column, counted(writer, reader), all(writer, reader))),
    ))),
  );
  grid.addEventListener("click", (event) => {
    const cell = event.target.closest("[data-row]");
    if (!cell || cell.classList.contains("none")) return;
    open(rows[cell.dataset.row], columns[cell.dataset.column]);
  });
  container.replaceChildren(grid);
  addKeyboardNavigation(grid);
}

/** Create one square; its symbols and counts are text, so colour is not the only signal. */
function square(writer, reader, row, column, counts, all) {
  const any = counts.some(Boolean);
  const [kind, share] = squareClass(counts, all);
  const bad = [FAILS, CHANGES, LIMITED].filter((group) => counts[group]);
  const counted = (group) => make("span", {}, symbol(group), number(counts[group]));
  const text = bad.map(counted);
  if (!bad.length && counts[SAFE]) text.push(make("span", {}, symbol(SAFE)));
  if (!bad.length && counts[UNKNOWN]) text.push(counted(UNKNOWN)); // a green square also shows its unknown cells
  const same = writer === reader ? " same" : "";
  const cell = make("td", {
    class: (any ? kind : "none") + same,
    "data-row": row, "data-column": column, tabindex: "-1",
    "aria-label": `saved by ${labelAt(writer)}, loaded by ${labelAt(reader)}: ${countsText(counts)}`,
    title: `${labelAt(writer)} → ${labelAt(reader)}: ${countsText(counts)}`,
  }, make("div", {}, text));
  cell.style.setProperty("--heat", String(Math.round(10 + 50 * Math.sqrt(share))));
  return cell;
}
