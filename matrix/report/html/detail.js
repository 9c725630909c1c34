// What is known of a pair of environments, and of one cell: answer first, then the evidence.

/** Cells of a pair that are kept, worst first, unknown last. */
function cellsBetween(writer, reader, keep) {
  const found = [];
  for (let cell = 0; cell < cells.length; cell += 1) {
    if (keep[cell] && cells.writer[cell] === writer && cells.reader[cell] === reader) found.push(cell);
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

/** All cells of a pair; ``open`` is called with the one that is chosen. */
function pairPanel(writer, reader, keep, close, open) {
  const found = cellsBetween(writer, reader, keep);
  const counts = [0, 0, 0, 0];
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
  const listed = table(`${number(found.length)} cells: ${saidOf(counts)}`,
    ["pipeline", "format", "verdict", "cause"], rows, { class: "cells" });
  [...listed.querySelectorAll("tbody tr")].forEach((row, i) => row.classList.add(head.groups[groupOfCell(found[i])].key));
  return [
    titled(`${labelAt(writer)} → ${labelAt(reader)}`, close),
    make("p", { class: "faint" }, briefly(writer, reader)),
    listed,
  ];
}

/** ``Python 3.11.7 → 3.13.0, numpy 1.24.2 → 2.5.3``: what differs most often. */
function briefly(writer, reader) {
  const telling = ["Python", "scikit-learn", "numpy", "scipy", "joblib"];
  const changed = packages(writer, reader).filter((row) => row.differs && telling.includes(row.name));
  return changed.map(({ name, before, after }) => `${name} ${before} → ${after}`).join(", ")
    || "No difference is known in Python, scikit-learn, numpy, scipy and joblib.";
}

// ------------------------------------------------------------------ a cell

/** All that is known of one cell. */
function cellPanel(cell, close, back) {
  const detail = detailOf(cell);
  const writer = cells.writer[cell], reader = cells.reader[cell];
  const name = index.pipelines[cells.pipeline[cell]];
  const format = index.formats[cells.format[cell]];
  return [
    titled(name, close, back),
    verdictOf(cell, detail, format),
    section("Why, and what to do", story(name, format, writer, reader)),
    section("Outputs that differ", outputs(detail)),
    section("Against the truth", scores(detail)),
    section("Rows before and after", changedRows(name, reader)),
    section("What was raised", raised(detail)),
    section("Warnings", warnings(detail)),
    section("What differs between the environments", differing(writer, reader)),
    section("Both environments", both(writer, reader)),
    section("By hand", byHand(name, format, writer, reader, detail)),
    section("The pipeline", described(name)),
  ].filter(Boolean);
}

function verdictOf(cell, detail, format) {
  const group = groupOfCell(cell);
  const verdict = head.verdicts[cells.verdict[cell]];
  const decided = detail.stage && `Decided by ${detail.stage}${detail.silent ? ", without a warning that tells of it" : ""}.`;
  return make("div", { class: `verdict ${head.groups[group].key}` },
    make("p", {}, make("b", {}, symbol(group), ` ${verdict.name}`), `: ${verdict.meaning}`),
    make("p", {}, `Saved by ${labelAt(cells.writer[cell])} as ${format}, loaded by ${labelAt(cells.reader[cell])}. `, decided),
    detail.reason && make("p", {}, detail.reason),
    detail.retrained && make("p", {}, detail.retrained),
    cause(detail.cause),
    detail.cached && make("p", { class: "faint" }, "Kept from an earlier run: nothing it depends on has changed."));
}

/** What explain has told of the cell, if it was asked for it. */
function story(pipeline, format, writer, reader) {
  const place = [pipeline, format, index.environments[writer], index.environments[reader]];
  const told = head.stories.find((one) => [one.pipeline, one.format, one.writer, one.reader].every((part, i) => part === place[i]));
  if (!told) return null;
  return [
    make("p", {}, told.answer),
    make("dl", { class: "story" }, told.points.map((point) => make("div", {},
      make("dt", {}, point.heading), make("dd", {}, point.lines.map((line) => make("p", {}, line)))))),
  ];
}

/** Why, and what to do about it; of a cause that is not known only what cells are grouped by. */
function cause(id) {
  if (!id) return null;
  if (!Object.hasOwn(head.causes, id)) return make("p", { class: "faint" }, `Cause: not known (${id})`);
  const known = head.causes[id];
  return make("div", { class: "cause" },
    make("p", {}, make("b", {}, known.title), ` (${id}, ${known.since})`),
    make("p", {}, known.explanation),
    make("p", {}, make("b", {}, "What to do: "), known.advice),
    make("p", {}, known.links.map((link) => [make("a", { href: link, rel: "noreferrer" }, link), " "]).flat()));
}

function outputs(detail) {
  const found = Object.entries(detail.outputs ?? {});
  const same = detail.n_identical ?? 0;
  if (!found.length) return same ? make("p", {}, `None of ${number(same)}: all are bit for bit the same.`) : null;
  const rows = found.map(([method, one]) => [
    make("code", {}, method), one.verdict, one.n ? `${number(one.n_changed)} of ${number(one.n)}` : "",
    size(one.max_abs), size(one.max_rel), one.note,
  ]);
  return table(`${number(same)} further ${same === 1 ? "output is" : "outputs are"} identical`,
    ["method", "verdict", "rows changed", "largest difference", "relative", "what"], rows);
}

function scores({ before, after }) {
  if (!before || !after) return null;
  if (before.kind !== after.kind) return make("p", {}, `A ${before.kind} before, a ${after.kind} after.`);
  if (before.kind === "regressor") {
    const names = [["R²", "r2"], ["mean absolute error", "mean_absolute_error"], ["largest error", "max_error"]];
    return table("Scores of predict", ["", "before", "after"],
      names.map(([name, key]) => [name, size(before[key]), size(after[key])]));
  }
  const later = new Map(after.classes.map((one) => [one.label, one]));
  const both = (one, key) => `${size(one[key])}\u00a0→\u00a0${later.has(one.label) ? size(later.get(one.label)[key]) : "none"}`;
  return [
    make("p", {}, `Accuracy ${size(before.accuracy)} → ${size(after.accuracy)}.`),
    table("By class, before → after", ["class", "rows", "precision", "recall", "F1"], before.classes.map((one) =>
      [one.label, number(one.support), both(one, "precision"), both(one, "recall"), both(one, "f1")])),
    confusion("Confusion before", before),
    confusion("Confusion after", after),
  ];
}

function confusion(caption, { classes, confusion: counts }) {
  const labels = classes.map((one) => one.label);
  return make("details", {}, make("summary", {}, caption),
    table(`${caption}: true classes in rows, predicted ones in columns`, ["", ...labels],
      counts.map((row, i) => [labels[i] ?? "", ...row.map(number)])));
}

function changedRows(model, reader) {
  const worst = new Map(Object.entries(answers.get(model)?.worst ?? {}));
  const changes = worst.get(index.environments[reader]);
  if (!changes) return null;
  return table("Those that changed most", ["row", "before", "after"],
    changes.map((one) => [number(one.row), one.before, one.after]));
}

function raised({ exception }) {
  if (!exception) return null;
  return [
    make("p", {}, make("b", {}, exception.type), `: ${exception.message}`),
    exception.traceback && make("pre", { tabindex: "0", "aria-label": "Traceback" }, exception.traceback.trimEnd()),
  ];
}

function warnings({ warning_details: seen }) {
  if (!seen) return null;
  return table(`${number(seen.length)} seen`, ["during", "class", "message"],
    seen.map((one) => [one.stage, make("code", {}, one.category), one.message]));
}

// ------------------------------------------------------------------ environments

/** Each package of two environments with both versions, those that differ first. */
function packages(writer, reader) {
  const [before, after] = [writer, reader].map((one) => installed(environments.get(index.environments[one])));
  const names = [...new Set([...before.keys(), ...after.keys()])];
  const rows = names.map((name) => ({
    name, before: before.get(name) ?? "none", after: after.get(name) ?? "none",
    differs: before.get(name) !== after.get(name),
  }));
  return rows.sort((a, b) => b.differs - a.differs);
}

/** What was found in an environment, or else what its lock says. */
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
  const columns = ["", labelAt(writer), labelAt(reader)];
  const changed = all.filter((one) => one.differs);
  const same = all.filter((one) => !one.differs);
  return [
    changed.length ? table(`${number(changed.length)} differ`, columns, changed.map(row)) : make("p", {}, "Nothing that is known."),
    same.length && make("details", {}, make("summary", {}, `${number(same.length)} the same`),
      table("The same in both", columns, same.map(row))),
  ];
}

function both(writer, reader) {
  const sides = writer === reader ? [writer] : [writer, reader];
  return sides.map((side) => {
    const environment = environments.get(index.environments[side]);
    if (!environment) return make("p", {}, `Nothing is known of ${labelAt(side)}.`);
    const { lock, reason } = environment;
    const said = `Lock of ${environment.label}`;
    return [
      reason && make("p", {}, symbol(UNKNOWN), ` ${environment.label} is unavailable: ${reason}`),
      lock && make("details", {},
        make("summary", {}, `${said}: Python ${lock.python}, as of ${lock.as_of ?? "the day of the run"}`),
        make("pre", { tabindex: "0", "aria-label": said },
          Object.entries(lock.pins).sort().map(([name, version]) => `${name}==${version}`).join("\n"))),
    ];
  }).flat();
}

/** A word for a POSIX shell, whatever is in it. */
const quoted = (word) => (/^[\w@%+=:,.\/-]+$/.test(word) ? word : `'${word.replace(/'/g, `'"'"'`)}'`);

function byHand(name, format, writer, reader, detail) {
  const [verb, option, ...names] = answers.size
    ? ["upgrade", "--reproduce=by-hand", name]
    : ["explain", `--format=${format}`, name, index.environments[writer], index.environments[reader]];
  const end = names.some((word) => word.startsWith("-")) ? ["--"] : []; // a name is no option
  const command = [verb, option, ...end, ...names];
  const python = environments.get(index.environments[reader])?.info?.executable;
  return [
    make("pre", { tabindex: "0", "aria-label": "Command" }, `python -m matrix ${command.map(quoted).join(" ")}`),
    python && make("p", {}, "Interpreter of the reader: ", make("code", {}, python)),
    detail.artifact && make("p", {}, "The file that was loaded, SHA-256: ", make("code", {}, detail.artifact)),
  ];
}

function described(name) {
  const pipeline = pipelines.get(name);
  if (!pipeline) return null;
  return [
    pipeline.doc && make("p", {}, pipeline.doc),
    make("p", {}, make("code", {}, `${pipeline.source}:${pipeline.line}`)),
    pipeline.tags.length ? make("p", { class: "faint" }, `tags: ${pipeline.tags.join(", ")}`) : null,
  ];
}
