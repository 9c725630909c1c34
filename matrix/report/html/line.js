// Lifelines: from which release on each pipeline is safe, limited, changes or fails.

/** One grid per pipeline and format: the number of its cell by writer and reader. */
const grids = (() => {
  const found = new Map();
  const side = index.environments.length;
  for (let cell = 0; cell < cells.length; cell += 1) {
    const key = cells.pipeline[cell] * index.formats.length + cells.format[cell];
    let grid = found.get(key);
    if (!grid) {
      grid = { pipeline: cells.pipeline[cell], format: cells.format[cell], at: new Int32Array(side * side).fill(-1) };
      found.set(key, grid);
    }
    grid.at[cells.writer[cell] * side + cells.reader[cell]] = cell;
  }
  return [...found.values()];
})();

/** Readers in the order of releases; ``beside`` has the variations of a release. */
const line = (() => {
  const known = new Map(readers.map((reader) => [index.environments[reader], reader]));
  return head.line.filter((id) => known.has(id)).map((id) => known.get(id));
})();
const beside = readers.filter((reader) => !line.includes(reader));

/** Return the default writer: the middle release, to show upgrades and rollbacks. */
function defaultWriter() {
  const along = line.filter((environment) => writers.includes(environment));
  if (head.answers.length || !along.length) return "every";
  return index.environments[along[along.length >> 1]];
}

/** Return the cell of a grid for a reader: of one writer, or the worst of all writers. */
function cellFor(grid, from, reader) {
  const side = index.environments.length;
  if (from !== null) return grid.at[from * side + reader] ?? -1;
  let worst = -1;
  for (const writer of writers) {
    const cell = grid.at[writer * side + reader];
    if (cell >= 0 && (worst < 0 || harm(cell) > harm(worst))) worst = cell;
  }
  return worst;
}
const harm = (cell) => (groupOfCell(cell) === UNKNOWN ? -1 : cells.verdict[cell]);

const VERBS = ["safe", "limited", "changes", "fails", "unknown"];

/**
 * Return ``fails up to 1.2, safe from 1.3, changes in 1.8`` for the groups of the releases.
 * A release that was not run has null, and is not named: a bisection runs some for one model only.
 */
function groupsText(groups) {
  const ranges = [];
  groups.forEach((group, i) => {
    if (group === null) return;
    const last = ranges.at(-1);
    if (last && last.group === group) last.end = i;
    else ranges.push({ group, start: i, end: i });
  });
  if (!ranges.length) return "";
  if (ranges.length === 1) return `${VERBS[ranges[0].group]}${groups.length > 1 ? " in all" : ""}`;
  return ranges.map(({ group, start, end }, place) => {
    const [first, last] = [labelAt(line[start]), labelAt(line[end])];
    if (start === end) return `${VERBS[group]} in ${first}`;
    return place ? `${VERBS[group]} from ${first}` : `${VERBS[group]} up to ${last}`;
  }).join(", ");
}

const AT_ONCE = 15;

/** The order of the rows: silent changes are the least expected, and come first. */
const URGENCY = { [CHANGES]: 0, [FAILS]: 1, [LIMITED]: 2, [UNKNOWN]: 3, [SAFE]: 4 };

/** Return the place of a row among the others, by what its upgrades come to; known mistakes last. */
function urgency({ grid, found }, from) {
  if (isMistake[grid.pipeline]) return 9;
  const start = Math.max(line.indexOf(from), 0);
  return Math.min(...found.slice(start, line.length).map((cell) => URGENCY[cell < 0 ? UNKNOWN : groupOfCell(cell)]), 8);
}

/** Return the rows that have matching cells, the least expected first; formats with the same line share one. */
function lineRows(columns, from, matches) {
  const rows = new Map();
  for (const grid of grids) {
    const found = columns.map((reader) => cellFor(grid, from, reader));
    if (!found.some((cell) => cell >= 0 && matches[cell])) continue;
    const look = found.map((cell) => (cell < 0 ? "" : `${cells.verdict[cell]}${matches[cell] ? "" : "-"}`));
    const key = [grid.pipeline, ...look].join();
    if (rows.has(key)) rows.get(key).formats.push(index.formats[grid.format]);
    else rows.set(key, { grid, found, formats: [index.formats[grid.format]] });
  }
  return [...rows.values()]
    .map((row) => ({ ...row, place: urgency(row, from) }))
    .sort((a, b) => a.place - b.place);
}

/** Render a row for each pipeline that has matching cells. */
function renderLine(container, state, matches, open) {
  const id = state.from ?? defaultWriter();
  const from = id === "every" ? null : index.environments.indexOf(id);
  const columns = [...line, ...beside];
  const rows = lineRows(columns, from, matches);
  if (!rows.length) {
    container.replaceChildren(make("p", { class: "empty" }, "No pipeline matches."));
    return;
  }
  const several = new Set();
  grids.forEach((grid, i) => { if (i && grids[i - 1].pipeline === grid.pipeline) several.add(grid.pipeline); });
  const body = make("tbody");
  const grid = make("table",
    { class: "line", role: "grid", "data-rows": rows.length, "data-columns": columns.length },
    make("caption", {}, `Saved by ${id === "every" ? "any release (the worst of them)" : labelOf(id)}, loaded by (columns)`),
    make("thead", {}, make("tr", {},
      make("td"), columns.map((reader, i) =>
        make("th", { scope: "col", class: i === line.length ? "beside" : null, title: index.environments[reader] }, labelAt(reader))),
      make("th", { scope: "col" }, "summary"))),
    body);
  grid.addEventListener("click", (event) => {
    const cell = event.target.closest("[data-row]");
    const known = cell && rows[cell.dataset.row].found[cell.dataset.column];
    if (cell && known >= 0) open(known);
  });
  const more = make("button", { type: "button", class: "more" });
  const add = (count) => {
    const start = body.childElementCount;
    const end = Math.min(start + count, rows.length);
    for (let row = start; row < end; row += 1) {
      body.append(lineRow(rows[row], row, columns, from, matches, several));
    }
    more.textContent = `Show ${number(rows.length - end)} more of ${number(rows.length)}`;
    more.hidden = end === rows.length;
  };
  more.addEventListener("click", () => {
    const first = body.childElementCount;
    add(rows.length);
    body.children[first]?.querySelector("[data-row]")?.focus();
  });
  add(AT_ONCE);
  container.replaceChildren(grid, more);
  addKeyboardNavigation(grid);
}

function lineRow({ grid, found, formats }, row, columns, from, matches, several) {
  const name = index.pipelines[grid.pipeline];
  const format = formats.join(", ");
  const groups = found.slice(0, line.length).map((cell) => (cell < 0 ? UNKNOWN : groupOfCell(cell)));
  return make("tr", {},
    make("th", { scope: "row", title: pipelines.get(name)?.doc }, name,
      several.has(grid.pipeline) && make("small", { title: format }, ` ${formats.length > 1 ? `${formats.length} formats` : format}`),
      isMistake[grid.pipeline] && make("small", {}, " known mistake")),
    columns.map((reader, column) => {
      const cell = found[column];
      const group = cell < 0 ? UNKNOWN : groupOfCell(cell);
      const verdict = cell < 0 ? "no cell" : head.verdicts[cells.verdict[cell]].name;
      const marks = [head.groups[group].key];
      if (reader === from) marks.push("same");
      if (cell < 0 || !matches[cell]) marks.push("faint");
      if (column === line.length) marks.push("beside");
      if (column && column < line.length && groups[column - 1] === group) marks.push("goes-on");
      if (column < line.length - 1 && groups[column + 1] === group) marks.push("goes-further");
      return make("td", {
        class: marks.join(" "), "data-row": row, "data-column": column, tabindex: "-1",
        "aria-label": `${name} ${format}, loaded by ${labelAt(reader)}: ${verdict}`,
        title: `${labelAt(reader)}: ${verdict}`,
      }, symbol(group));
    }),
    make("td", { class: "words" }, groupsText(groups.map((group, i) => (found[i] < 0 && head.answers.length ? null : group)))));
}
