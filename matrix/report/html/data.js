// The embedded data: columns are read at once, details when the user opens a cell.

const blocksOf = (kind) => [...document.querySelectorAll(`script[data-kind="${kind}"]`)];

/** Read one block: base64 of compressed JSON. */
async function unpacked(element) {
  const bytes = Uint8Array.from(atob(element.textContent), (char) => char.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).json();
}

/** Show an error that leaves the page without its tables. */
function showFault(text) {
  const fault = document.getElementById("fault");
  fault.textContent = text;
  fault.hidden = false;
}

if (!("DecompressionStream" in globalThis)) {
  showFault("· This browser is too old to show the tables: it needs Chrome 80, Firefox 113, Safari 16.4 or newer.");
}

const [[head], [index], columnBlocks] = await Promise.all(
  ["head", "index", "cells"].map((kind) => Promise.all(blocksOf(kind).map(unpacked))));
const environments = new Map(head.environments.map((one) => [one.id, one]));
const pipelines = new Map(head.pipelines.map((one) => [one.id, one]));
const answers = new Map(head.answers.map((one) => [one.model, one]));

/** The columns of all cells, each a typed array of numbers. */
const cells = (() => {
  const columns = ["pipeline", "format", "writer", "reader", "verdict", "cause"];
  const length = columnBlocks.reduce((sum, block) => sum + block[0].length, 0);
  const read = columns.map((_, column) => {
    const values = new Uint32Array(length);
    let at = 0;
    for (const block of columnBlocks) {
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

/** Return a lookup by number that reads a block at its first use; ``entryOf`` takes an entry of it. */
function lazyBlocks(kind, entryOf = (block, at) => block[at], prepare = (block) => block) {
  const elements = blocksOf(kind);
  const firsts = elements.map((element) => Number(element.dataset.first));
  const known = new Map();
  return async (number) => {
    let low = 0, high = firsts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (firsts[middle] <= number) low = middle;
      else high = middle - 1;
    }
    if (!known.has(low)) known.set(low, unpacked(elements[low]).then(prepare));
    return entryOf(await known.get(low), number - firsts[low]);
  };
}
const partAt = lazyBlocks("parts");
const lineAt = lazyBlocks("lines");
const artifactAt = lazyBlocks("artifacts");
const detailAt = lazyBlocks("details", (columns, at) => columns.map((column) => column[at]), (columns) =>
  columns.map((steps) => {
    let sum = 0;
    return Int32Array.from(steps, (step) => (sum += step));
  }));

const linesAt = async (numbers) => (await Promise.all(numbers.map(lineAt))).join("\n");
const READERS = {
  artifact: artifactAt,
  exception: async (number) => {
    const exception = await partAt(number);
    return { ...exception, traceback: await linesAt(exception.traceback) };
  },
  warning_details: async (number) => Promise.all(
    (await partAt(number)).map(async (one) => ({ ...one, message: await linesAt(one.message) }))),
};

/** Return the fields of a cell besides its columns, by their names in the JSON result. */
async function detailOf(cell) {
  const numbers = await detailAt(cell);
  const fields = index.parts.map(async (name, i) =>
    [name, numbers[i] ? await (READERS[name] ?? partAt)(numbers[i]) : null]);
  return Object.fromEntries(await Promise.all(fields));
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
