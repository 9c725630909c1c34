// The fragment of the address (after #) describes the view, so that it can be shared.

const FILTERS = ["pipeline", "format", "verdict", "writer", "reader", "cause"];
const OPENED = ["at", "to", "of", "in"]; // writer, reader, pipeline, format
const DEFAULTS = { view: "", from: null };

/** Return the view that the address describes; missing values are empty. */
function readAddress() {
  const params = new URLSearchParams(location.hash.slice(1));
  const state = { ...DEFAULTS };
  for (const name of ["view", "from", ...FILTERS, ...OPENED]) {
    if (params.has(name)) state[name] = params.get(name);
    else if (!(name in DEFAULTS)) state[name] = "";
  }
  if (!["line", "map"].includes(state.view)) state.view = ""; // the section to show first
  return state;
}

/** Write a state to the address; opening a dialog adds an entry to the history. */
function writeAddress(state, opening = false) {
  const params = new URLSearchParams();
  for (const name of ["view", "from", ...FILTERS, ...OPENED]) {
    const word = state[name];
    if (word && word !== DEFAULTS[name]) params.set(name, word);
  }
  const hash = `#${params}`;
  if (hash === (location.hash || "#")) return;
  history[opening ? "pushState" : "replaceState"](null, "", hash);
}

/** Return a test whether a pipeline matches any of the typed words, globs, or tag:NAME. */
function pipelineFilter(typed) {
  const words = typed.toLowerCase().split(/[\s,]+/).filter(Boolean);
  if (!words.length) return () => true;
  const tests = words.map((word) => {
    if (word.startsWith("tag:")) {
      const tag = word.slice(4);
      return (id) => pipelines.get(id)?.tags.some((known) => known.toLowerCase() === tag);
    }
    if (!/[*?]/.test(word)) return (id) => id.toLowerCase().includes(word);
    const pattern = word.replace(/[.+^${}()|[\]\\]/g, "\\$&").replace(/\*/g, ".*").replace(/\?/g, ".");
    const glob = new RegExp(`^${pattern}$`, "s");
    return (id) => glob.test(id.toLowerCase());
  });
  return (id) => tests.some((test) => test(id));
}

/** Return for each verdict whether the filter selects it: one verdict, a group, or "bad". */
function verdictFilter(word) {
  return head.verdicts.map((verdict) => {
    const key = head.groups[verdict.group].key;
    const bad = word === "bad" && (verdict.group === CHANGES || verdict.group === FAILS);
    return !word || bad || word === key || word === verdict.name;
  });
}

/** Return one byte per cell: 1 if it matches the filters of the state. */
function matchingCells(state) {
  const allowed = (names, word) => names.map((name) => !word || name === word);
  const test = pipelineFilter(state.pipeline);
  // The path of a model may have spaces: the whole text is compared with the id, too.
  const columns = [
    [cells.pipeline, index.pipelines.map((id) => id === state.pipeline || test(id))],
    [cells.format, allowed(index.formats, state.format)],
    [cells.verdict, verdictFilter(state.verdict)],
    [cells.writer, allowed(index.environments, state.writer)],
    [cells.reader, allowed(index.environments, state.reader)],
    [cells.cause, allowed(index.causes, state.cause)],
  ].filter(([, allowed]) => !allowed.every(Boolean));
  const matches = new Uint8Array(cells.length).fill(1);
  for (const [column, allowed] of columns) {
    const table = Uint8Array.from(allowed, Number);
    for (let cell = 0; cell < matches.length; cell += 1) matches[cell] &= table[column[cell]];
  }
  return matches;
}
