// What is shown is said in the address, after the #, so that a view can be shared.

const FILTERS = ["pipeline", "format", "verdict", "writer", "reader", "cause"];
const OPENED = ["at", "to", "of", "in"]; // writer, reader, pipeline, format
const DEFAULTS = { view: "map", from: null };

/** The words of the address by name; what it does not say is empty. */
function readAddress() {
  const said = new URLSearchParams(location.hash.slice(1));
  const state = { ...DEFAULTS };
  for (const name of ["view", "from", ...FILTERS, ...OPENED]) {
    if (said.has(name)) state[name] = said.get(name);
    else if (!(name in DEFAULTS)) state[name] = "";
  }
  if (state.view !== "line") state.view = "map";
  return state;
}

/** Say a state in the address; one that was reached by opening something can be gone back from. */
function writeAddress(state, opening = false) {
  const said = new URLSearchParams();
  for (const name of ["view", "from", ...FILTERS, ...OPENED]) {
    const word = state[name];
    if (word && word !== DEFAULTS[name]) said.set(name, word);
  }
  const hash = `#${said}`;
  if (hash === (location.hash || "#")) return;
  history[opening ? "pushState" : "replaceState"](null, "", hash);
}

/** Whether a pipeline is meant by what was typed: words, globs, and tag:NAME, any of which does. */
function meant(typed) {
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

/** The verdicts that a word stands for: one, those of a group, or all that is bad. */
function verdictsMeant(word) {
  return head.verdicts.map((verdict) => {
    const key = head.groups[verdict.group].key;
    const bad = word === "bad" && (verdict.group === CHANGES || verdict.group === FAILS);
    return !word || bad || word === key || word === verdict.name;
  });
}

/** One byte a cell: whether it is to be shown. */
function kept(state) {
  const allowed = (names, word) => names.map((name) => !word || name === word);
  const test = meant(state.pipeline);
  // A name in the title of a model may have spaces, and is meant as a whole.
  const columns = [
    [cells.pipeline, index.pipelines.map((id) => id === state.pipeline || test(id))],
    [cells.format, allowed(index.formats, state.format)],
    [cells.verdict, verdictsMeant(state.verdict)],
    [cells.writer, allowed(index.environments, state.writer)],
    [cells.reader, allowed(index.environments, state.reader)],
    [cells.cause, allowed(index.causes, state.cause)],
  ].filter(([, wanted]) => !wanted.every(Boolean));
  const keep = new Uint8Array(cells.length).fill(1);
  for (const [column, wanted] of columns) {
    const table = Uint8Array.from(wanted, Number);
    for (let cell = 0; cell < keep.length; cell += 1) keep[cell] &= table[column[cell]];
  }
  return keep;
}
