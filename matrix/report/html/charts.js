// Pictures, drawn as SVG: each has a text for screen readers, and its figures are in a table beside it.

const SVG = "http://www.w3.org/2000/svg";

/** Create an SVG element; string children become text. */
function draw(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value != null) element.setAttribute(name, typeof value === "number" ? String(Math.round(value * 100) / 100) : visible(value));
  }
  for (const child of children.flat(Infinity)) {
    if (child != null) element.append(child instanceof Node ? child : visible(child));
  }
  return element;
}

/** Create a picture with its title; ``text`` says what it shows. */
function picture(title, text, width, height, ...children) {
  return make("figure", { class: "chart" },
    make("figcaption", {}, title),
    draw("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": `${title}: ${text}` }, children));
}

const label = (x, y, text, attributes = {}) => draw("text", { x, y, ...attributes }, text);

// ------------------------------------------------------------------ how far the numbers moved

const STEP_NAMES = ["the same", "<1e-12", "<1e-9", "<1e-6", "<0.001", "<0.01", "<0.1", "0.1 or more"];

/** Draw how many numbers of an output moved how far, relative to their size. */
function histogram(method, counts) {
  const most = Math.max(...counts), width = 420, left = 92, row = 20;
  const total = counts.reduce((sum, count) => sum + count, 0);
  const bars = counts.flatMap((count, i) => {
    const y = i * row, length = count ? Math.max(2, ((width - left - 70) * count) / most) : 0;
    return [
      label(left - 8, y + 14, STEP_NAMES[i], { "text-anchor": "end", class: "axis" }),
      draw("rect", { x: left, y: y + 3, width: length, height: row - 6, class: i ? "after" : "before" }),
      label(left + length + 6, y + 14, number(count)),
    ];
  });
  const text = counts.map((count, i) => count && `${number(count)} ${STEP_NAMES[i]}`).filter(Boolean).join(", ");
  return picture(`${method}: how far ${number(total)} numbers moved, relative to their size`, text, width, counts.length * row + 4, bars);
}

/** Draw some numbers after loading against those before saving; the line is where nothing moved. */
function scatter(method, pairs) {
  const values = pairs.flat().filter((value) => typeof value === "number");
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (!(high > low)) return null;
  const side = 210, left = 58, top = 8, span = high - low;
  const x = (value) => left + ((value - low) / span) * side;
  const y = (value) => top + side - ((value - low) / span) * side;
  const moved = ([before, after]) => Math.abs(before - after) > span / 200;
  const points = pairs.map((pair) => draw(moved(pair) ? "path" : "circle", moved(pair)
    ? { d: `M${x(pair[0]) - 3.5} ${y(pair[1]) - 3.5}l7 7m0 -7l-7 7`, class: "moved" }
    : { cx: x(pair[0]), cy: y(pair[1]), r: 2.6, class: "stayed" }));
  const some = pairs.filter(moved).length;
  return picture(`${method}: before against after`,
    `${some} of ${pairs.length} shown numbers are visibly off the line, between ${size(low)} and ${size(high)}`,
    left + side + 24, top + side + 40, [
      draw("rect", { x: left, y: top, width: side, height: side, class: "frame" }),
      draw("line", { x1: x(low), y1: y(low), x2: x(high), y2: y(high), class: "same-line" }),
      points,
      label(left, top + side + 15, size(low), { class: "axis" }),
      label(left + side, top + side + 15, size(high), { "text-anchor": "end", class: "axis" }),
      label(left + side / 2, top + side + 33, "before saving", { "text-anchor": "middle", class: "axis" }),
      label(left - 6, top + side, size(low), { "text-anchor": "end", class: "axis" }),
      label(left - 6, top + 10, size(high), { "text-anchor": "end", class: "axis" }),
      label(left - 6, top + side / 2, "after", { "text-anchor": "end", class: "axis" }),
    ]);
}

/** Return the pictures of the outputs whose numbers moved. */
function changePictures(detail) {
  const found = Object.entries(detail.outputs ?? {}).filter(([, one]) => one.numbers);
  return found.map(([method, { numbers }]) =>
    make("div", { class: "charts" }, histogram(method, numbers.counts), numbers.pairs.length
      ? scatter(method, numbers.pairs)
      : make("p", { class: "faint" }, "Before against after is not drawn here: the page would be too large.")));
}

// ------------------------------------------------------------------ against the true values

/** Draw pairs of bars from 0 to 1; each row is a name, the value before, and the value after. */
function pairedBars(title, rows) {
  const left = 150, width = 420, full = width - left - 50, row = 34;
  const bar = (value, y, kind) => [
    draw("rect", { x: left, y, width: Math.max(0, Math.min(1, value)) * full, height: 11, class: kind }),
    label(left + Math.max(0, Math.min(1, value)) * full + 6, y + 10, size(value)),
  ];
  const cut = (text) => (text.length > 20 ? `${text.slice(0, 19)}…` : text);
  const text = rows.map(([name, before, after]) => `${name} ${size(before)} before, ${size(after)} after`).join("; ");
  return picture(title, text, width, rows.length * row + 20, [
    rows.flatMap(([name, before, after], i) => [
      label(left - 8, i * row + 17, cut(name), { "text-anchor": "end" }),
      bar(before, i * row + 3, "before"), bar(after, i * row + 16, "after"),
    ]),
    draw("rect", { x: left, y: rows.length * row + 4, width: 11, height: 11, class: "before" }),
    label(left + 17, rows.length * row + 14, "before saving"),
    draw("rect", { x: left + 120, y: rows.length * row + 4, width: 11, height: 11, class: "after" }),
    label(left + 137, rows.length * row + 14, "after loading"),
  ]);
}

const MOST_CLASSES = 8;

/** Draw one confusion matrix; a count that is not that of ``other`` has a frame. */
function confusionPicture(title, { classes, confusion: counts }, other) {
  const side = 46, left = 92, top = 40, labels = classes.map((one) => one.label);
  const cut = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
  const squares = counts.flatMap((row, i) => {
    const whole = row.reduce((sum, count) => sum + count, 0) || 1;
    return row.flatMap((count, j) => {
      const differs = other.confusion[i]?.[j] !== count;
      return [
        draw("rect", { x: left + j * side + 1, y: top + i * side + 1, width: side - 2, height: side - 2,
          class: `square ${i === j ? "right" : "wrong"}${differs ? " differs" : ""}`, "fill-opacity": 0.08 + 0.5 * (count / whole) }),
        label(left + (j + 0.5) * side, top + (i + 0.5) * side + 4, number(count), { "text-anchor": "middle", "font-weight": differs ? "700" : null }),
      ];
    });
  });
  const wrong = counts.flatMap((row, i) => row.filter((_, j) => i !== j)).reduce((sum, count) => sum + count, 0);
  return picture(title, `${number(wrong)} rows predicted wrongly`, left + side * labels.length + 8, top + side * labels.length + 8, [
    label(left, 12, "predicted →", { class: "axis" }), label(left - 8, top - 6, "true ↓", { "text-anchor": "end", class: "axis" }),
    labels.map((name, j) => label(left + (j + 0.5) * side, top - 6, cut(name, 7), { "text-anchor": "middle" })),
    labels.map((name, i) => label(left - 8, top + (i + 0.5) * side + 4, cut(name, 13), { "text-anchor": "end" })),
    squares,
  ]);
}

/** Return the pictures of a classifier's scores before and after. */
function scorePictures(before, after) {
  const later = new Map(after.classes.map((one) => [one.label, one]));
  const rows = [["accuracy", before.accuracy, after.accuracy], ["balanced accuracy", before.balanced_accuracy, after.balanced_accuracy],
    ...before.classes.slice(0, MOST_CLASSES).map((one) => [`recall of ${one.label}`, one.recall, later.get(one.label)?.recall])];
  const known = rows.filter((row) => row.slice(1).every((value) => typeof value === "number"));
  const small = Math.max(before.classes.length, after.classes.length) <= MOST_CLASSES;
  return [
    known.length && make("div", { class: "charts" }, pairedBars("Scores before and after", known)),
    small && make("div", { class: "charts" },
      confusionPicture("Confusion before saving", before, after), confusionPicture("Confusion after loading", after, before)),
  ];
}
