"use strict";
// The embedded data: columns are parsed at once, details when the user opens a cell.

const blocksOf = (kind) => [...document.querySelectorAll(`script[data-kind="${kind}"]`)];
const parsed = (element) => JSON.parse(element.textContent);

const head = parsed(blocksOf("head")[0]);
const index = parsed(blocksOf("index")[0]);
const environments = new Map(head.environments.map((one) => [one.id, one]));
const pipelines = new Map(head.pipelines.map((one) => [one.id, one]));
const answers = new Map(head.answers.map((one) => [one.model, one]));

/** The columns of all cells, each a typed array of numbers. */
const cells = (() => {
  const columns = ["pipeline", "format", "writer", "reader", "verdict", "cause"];
  const blocks = blocksOf("cells").map(parsed);
  const length = blocks.reduce((sum, block) => sum + block[0].length, 0);
  const read = columns.map((_, column) => {
    const values = new Uint32Array(length);
    let at = 0;
    for (const block of blocks) {
      values.set(block[column], at);
      at += block[column].length;
    }
    return values;
  });
  return { length, ...Object.fromEntries(columns.map((name, i) => [name, read[i]])) };
})();

/** The group of each verdict, by position: 0 safe, 1 limited, 2 changes, 3 fails, 4 unknown. */
const groupOf = Uint8Array.from(head.verdicts, (verdict) => verdict.group);
const SAFE = 0, LIMITED = 1, CHANGES = 2, FAILS = 3, UNKNOWN = 4;
const noCounts = () => new Array(head.groups.length).fill(0);
const groupOfCell = (cell) => groupOf[cells.verdict[cell]];

/** Return a lookup by number that parses a block at its first use. */
function lazyBlocks(kind) {
  const elements = blocksOf(kind);
  const firsts = elements.map((element) => Number(element.dataset.first));
  const known = new Map();
  return (number) => {
    let low = 0, high = firsts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (firsts[middle] <= number) low = middle;
      else high = middle - 1;
    }
    if (!known.has(low)) known.set(low, parsed(elements[low]));
    return known.get(low)[number - firsts[low]];
  };
}
const partAt = lazyBlocks("parts");
const detailAt = lazyBlocks("details");

/** Return the fields of a cell besides its columns, by their names in the JSON result. */
function detailOf(cell) {
  const numbers = detailAt(cell);
  const values = (found) => {
    if (Array.isArray(found)) return found.map(partAt);
    return found ? partAt(found) : null;
  };
  return Object.fromEntries(index.parts.map((name, i) => [name, values(numbers[i])]));
}

/** Return an error message if the counts do not add up; else empty. */
function findDataError() {
  const counts = new Array(head.verdicts.length).fill(0);
  for (const verdict of cells.verdict) counts[verdict] += 1;
  const wrong = head.verdicts.filter((verdict, i) => verdict.count !== counts[i]);
  if (!wrong.length) return "";
  return `✗ The counts do not add up (${wrong.map((one) => one.name).join(", ")}): this file is incomplete.`;
}

const labelOf = (id) => environments.get(id)?.label ?? id;
const labelAt = (environment) => labelOf(index.environments[environment]);
