// The dialog for a pair of environments, or for one cell: verdict first, then the evidence.

/** Return the matching cells of a pair, worst first, unknown last. */
function cellsBetween(writer, reader, matches) {
  const found = [];
  for (let cell = 0; cell < cells.length; cell += 1) {
    if (matches[cell] && cells.writer[cell] === writer && cells.reader[cell] === reader) found.push(cell);
  }
  return found.sort((a, b) => harm(b) - harm(a) || a - b);
}

function titled(title, close, back) {
  return make("header", {},
    back,
    make("h2", { id: "detail-title", tabindex: "-1" }, title),
    make("button", { type: "button", class: "close", "aria-label": "Close", onclick: close }, "×"));
}

function section(title, ...children) {
  const some = children.flat().filter(Boolean);
  return some.length ? make("section", {}, make("h3", {}, title), some) : null;
}

// ------------------------------------------------------------------ a pair

/** Return a list of the cells of a pair; a click calls ``open`` with the cell. */
function pairPanel(writer, reader, matches, close, open) {
  const found = cellsBetween(writer, reader, matches);
  const counts = noCounts();
  for (const cell of found) counts[groupOfCell(cell)] += 1;
  const rows = found.map((cell) => {
    const name = index.pipelines[cells.pipeline[cell]];
    return [
      make("button", { type: "button", class: "link", onclick: () => open(cell) },
        symbol(groupOfCell(cell)), make("span", {}, name)),
      index.formats[cells.format[cell]],
      head.verdicts[cells.verdict[cell]].name,
      index.causes[cells.cause[cell]],
    ];
  });
  const listed = table(`${number(found.length)} cells: ${countsText(counts)}`,
    ["pipeline", "format", "verdict", "cause"], rows, { class: "cells" });
  [...listed.querySelectorAll("tbody tr")].forEach((row, i) => row.classList.add(head.groups[groupOfCell(found[i])].key));
  return [
    titled(`${labelAt(writer)} → ${labelAt(reader)}`, close),
    make("p", { class: "faint" }, mainDifferences(writer, reader)),
    listed,
  ];
}

/** Return ``Python 3.11.7 → 3.13.0, numpy 1.24.2 → 2.5.3``: the most important differences. */
function mainDifferences(writer, reader) {
  const important = ["Python", "scikit-learn", "numpy", "scipy", "joblib"];
  const changed = packages(writer, reader).filter((row) => row.differs && important.includes(row.name));
  return changed.map(({ name, before, after }) => `${name} ${before} → ${after}`).join(", ")
    || "No known difference in Python, scikit-learn, numpy, scipy and joblib.";
}

// ------------------------------------------------------------------ a cell

/** Return the sections for one cell. */
async function cellPanel(cell, close, back) {
  const detail = await detailOf(cell);
  const writer = cells.writer[cell], reader = cells.reader[cell];
  const name = index.pipelines[cells.pipeline[cell]];
  const format = index.formats[cells.format[cell]];
  return [
    titled(name, close, back),
    verdictOf(cell, detail, format),
    section("Why, and what to do", explanation(name, format, writer, reader)),
    section("Which way to save would have survived", waysToSave(name, format)),
    section("Outputs that differ", outputs(detail)),
    section("Scores against the true values", scores(detail)),
    section("Rows before and after", changedRows(name, reader)),
    section("Exception", exceptionPart(detail)),
    section("Warnings", warnings(detail)),
    section("Differences between the environments", differing(writer, reader)),
    section("Locks", both(writer, reader)),
    section("Reproduce by hand", reproduction(name, format, writer, reader, detail)),
    section("The pipeline", described(name)),
  ].filter(Boolean);
}

function verdictOf(cell, detail, format) {
  const group = groupOfCell(cell);
  const verdict = head.verdicts[cells.verdict[cell]];
  const decided = detail.stage && `Decided by ${detail.stage}${detail.silent ? ", without an error or a warning about it" : ""}.`;
  return make("div", { class: `verdict ${head.groups[group].key}` },
    make("p", {}, make("b", {}, symbol(group), ` ${verdict.name}`), `: ${verdict.meaning}`),
    make("p", {}, `Saved by ${labelAt(cells.writer[cell])} as ${format}, loaded by ${labelAt(cells.reader[cell])}. `, decided),
    detail.reason && make("p", {}, detail.reason),
    detail.retrained && make("p", {}, detail.retrained),
    cause(detail.cause),
    detail.cached && make("p", { class: "faint" }, "Reused from an earlier run: nothing that it depends on has changed."));
}

/** Return the explanation that ``explain`` recorded for the cell, if any. */
function explanation(pipeline, format, writer, reader) {
  const place = [pipeline, format, index.environments[writer], index.environments[reader]];
  const recorded = head.stories.find((one) => [one.pipeline, one.format, one.writer, one.reader].every((part, i) => part === place[i]));
  if (!recorded) return null;
  return [
    make("p", {}, recorded.answer),
    make("dl", { class: "explanation" }, recorded.points.map((point) => make("div", {},
      make("dt", {}, point.heading), make("dd", {}, point.lines.map((line) => make("p", {}, line)))))),
  ];
}

/** Return what happened to the pipeline in each format, if it was tried in more than one. */
function waysToSave(name, format) {
  if (!Object.hasOwn(head.waysToSave, name)) return null;
  const { answer, rows } = head.waysToSave[name];
  return [
    make("p", {}, answer),
    table(`${name} in each format, in all environments of this run`, ["format", "saved", "safe loads", "outputs", "breaks first"],
      rows.map(([one, ...rest]) => [one === format ? make("b", {}, one) : one, ...rest])),
  ];
}

/** Split text at backticks into text and code elements. */
const withCode = (text) => text.split("`").map((part, i) => (i % 2 ? make("code", {}, part) : part));

/** Return the known cause with advice, or the generated id of the cause. */
function cause(id) {
  if (!id) return null;
  if (!Object.hasOwn(head.causes, id)) return make("p", { class: "faint" }, `No known cause (${id})`);
  const known = head.causes[id];
  return make("div", { class: "cause" },
    make("p", {}, make("b", {}, known.title), ` (${id}, ${known.since})`),
    make("p", {}, withCode(known.explanation)),
    make("p", {}, make("b", {}, "What to do: "), withCode(known.advice)),
    make("p", {}, known.links.map((link) => [make("a", { href: link, rel: "noreferrer" }, link), " "]).flat()));
}

function outputs(detail) {
  const found = Object.entries(detail.outputs ?? {});
  const same = detail.n_identical ?? 0;
  if (!found.length) return same ? make("p", {}, `None: all ${number(same)} are bit for bit the same.`) : null;
  const rows = found.map(([method, one]) => [
    make("code", {}, method), one.verdict, one.n ? `${number(one.n_changed)} of ${number(one.n)}` : "",
    size(one.max_abs), size(one.max_rel), one.note,
  ]);
  return [
    table(`${number(same)} other ${same === 1 ? "output is" : "outputs are"} identical`,
      ["method", "verdict", "rows changed", "largest difference", "relative", "note"], rows),
    ...changePictures(detail),
  ];
}

function scores({ before, after }) {
  if (!before || !after) return null;
  if (before.kind !== after.kind) return make("p", {}, `A ${before.kind} before, a ${after.kind} after.`);
  if (before.kind === "regressor") {
    const names = [["R²", "r2"], ["mean absolute error", "mean_absolute_error"], ["largest error", "max_error"]];
    return table("Scores of predict", ["score", "before", "after"],
      names.map(([name, key]) => [name, size(before[key]), size(after[key])]));
  }
  const later = new Map(after.classes.map((one) => [one.label, one]));
  const both = (one, key) => `${size(one[key])}\u00a0→\u00a0${later.has(one.label) ? size(later.get(one.label)[key]) : "none"}`;
  return [
    ...scorePictures(before, after),
    table("Scores over all classes", ["score", "before", "after"],
      [["accuracy", "accuracy"], ["balanced accuracy", "balanced_accuracy"], ["ROC AUC", "roc_auc"], ["log loss", "log_loss"]]
        .filter(([, key]) => (before[key] ?? after[key] ?? null) !== null)
        .map(([name, key]) => [name, before[key] === null ? "not defined" : size(before[key]), after[key] === null ? "not defined" : size(after[key])])),
    table("By class, before → after", ["class", "rows", "precision", "recall", "F1"], before.classes.map((one) =>
      [one.label, number(one.support), both(one, "precision"), both(one, "recall"), both(one, "f1")])),
    confusion("Confusion matrix before", before),
    confusion("Confusion matrix after", after),
  ];
}

function confusion(caption, { classes, confusion: counts }) {
  const labels = classes.map((one) => one.label);
  return make("details", {}, make("summary", {}, caption),
    table(`${caption}: true classes in rows, predicted classes in columns`, ["true class", ...labels],
      counts.map((row, i) => [labels[i] ?? "", ...row.map(number)])));
}

function changedRows(model, reader) {
  const worst = new Map(Object.entries(answers.get(model)?.worst ?? {}));
  const changes = worst.get(index.environments[reader]);
  if (!changes) return null;
  return table("Rows that changed most", ["row", "before", "after", "true", "inputs"],
    changes.map((one) => [number(one.row), one.before, one.after, one.truth, one.inputs]));
}

function exceptionPart({ exception }) {
  if (!exception) return null;
  return [
    make("p", {}, make("b", {}, exception.type), `: ${exception.message}`),
    exception.traceback && make("pre", { tabindex: "0", "aria-label": "Traceback" }, exception.traceback.trimEnd()),
  ];
}

function warnings({ warning_details: seen }) {
  if (!seen) return null;
  return table(`${number(seen.length)} ${seen.length === 1 ? "warning" : "warnings"}`, ["stage", "class", "message"],
    seen.map((one) => [one.stage, make("code", {}, one.category), one.message]));
}

// ------------------------------------------------------------------ environments

/** Return the packages of two environments with both versions, differing ones first. */
function packages(writer, reader) {
  const [before, after] = [writer, reader].map((one) => installed(environments.get(index.environments[one])));
  const names = [...new Set([...before.keys(), ...after.keys()])];
  const rows = names.map((name) => ({
    name, before: before.get(name) ?? "none", after: after.get(name) ?? "none",
    differs: before.get(name) !== after.get(name),
  }));
  return rows.sort((a, b) => b.differs - a.differs);
}

/** Return the installed packages of an environment, or else those of its lock. */
function installed(environment) {
  const { info, lock } = environment ?? {};
  const found = Object.entries(info?.packages ?? lock?.pins ?? {}).sort();
  return new Map([
    ["Python", info?.python ?? lock?.python], ...found,
    ["platform", info?.platform], ["linear algebra", info?.blas],
  ].filter(([, value]) => value));
}

function differing(writer, reader) {
  const all = packages(writer, reader);
  const row = ({ name, before, after }) => [name, before, after];
  const columns = ["package", labelAt(writer), labelAt(reader)];
  const changed = all.filter((one) => one.differs);
  const same = all.filter((one) => !one.differs);
  return [
    changed.length ? table(`${number(changed.length)} differ`, columns, changed.map(row)) : make("p", {}, "No known difference."),
    same.length && make("details", {}, make("summary", {}, `${number(same.length)} equal`),
      table("Equal in both", columns, same.map(row))),
  ];
}

function both(writer, reader) {
  const sides = writer === reader ? [writer] : [writer, reader];
  return sides.map((side) => {
    const environment = environments.get(index.environments[side]);
    if (!environment) return make("p", {}, `${labelAt(side)} is unknown.`);
    const { lock, reason } = environment;
    const title = `Lock of ${environment.label}`;
    return [
      reason && make("p", {}, symbol(UNKNOWN), ` ${environment.label} is unavailable: ${reason}`),
      lock && make("details", {},
        make("summary", {}, `${title}: Python ${lock.python}, as of ${lock.as_of ?? "the day of the run"}`),
        make("pre", { tabindex: "0", "aria-label": title },
          Object.entries(lock.pins).sort().map(([name, version]) => `${name}==${version}`).join("\n"))),
    ];
  }).flat();
}

/** Return a word quoted for a POSIX shell. */
const quoted = (word) => (/^[\w@%+=:,.\/-]+$/.test(word) ? word : `'${word.replace(/'/g, `'"'"'`)}'`);

function reproduction(name, format, writer, reader, detail) {
  const [verb, option, ...names] = answers.size
    ? ["upgrade", "--reproduce=by-hand", name]
    : ["explain", `--format=${format}`, name, index.environments[writer], index.environments[reader]];
  const end = names.some((word) => word.startsWith("-")) ? ["--"] : []; // a name may look like an option
  const command = [verb, option, ...end, ...names];
  const python = environments.get(index.environments[reader])?.info?.executable;
  return [
    make("pre", { tabindex: "0", "aria-label": "Command" }, `compat-matrix ${command.map(quoted).join(" ")}`),
    python && make("p", {}, "Interpreter of the reader: ", make("code", {}, python)),
    detail.artifact && make("p", {}, "The file that was loaded, SHA-256: ", make("code", {}, detail.artifact)),
  ];
}

function described(name) {
  const pipeline = pipelines.get(name);
  if (!pipeline) return null;
  return [
    pipeline.doc && make("p", {}, pipeline.doc),
    Object.hasOwn(head.rowEvidence, name) && make("p", {}, head.rowEvidence[name]),
    make("p", {}, make("code", {}, `${pipeline.source}:${pipeline.line}`)),
    pipeline.tags.length ? make("p", { class: "faint" }, `tags: ${pipeline.tags.join(", ")}`) : null,
  ];
}
