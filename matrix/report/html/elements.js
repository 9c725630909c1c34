// Creates all elements: untrusted strings become text, never markup.

/** Escape invisible characters: control characters, direction marks, lone surrogates. */
const visible = (text) =>
  String(text).replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|\p{Surrogate}/gu,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** Create an element; string children become text. Attribute names must not be untrusted. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value == null) continue;
    if (name === "onclick") element.addEventListener("click", value);
    else if (name === "value") element.value = value; // compared with filters, not shown
    else element.setAttribute(name, value === true ? "" : visible(value));
  }
  for (const child of children.flat()) {
    if (child == null || child === false) continue;
    element.append(child instanceof Node ? child : visible(child));
  }
  return element;
}

const number = new Intl.NumberFormat("en").format;
const symbol = (group) =>
  make("span", { class: "symbol", "aria-hidden": "true" }, head.groups[group].symbol);

/** Format a number of a result; NaN and infinity are strings, since JSON lacks them. */
function size(value) {
  if (value == null) return "";
  if (typeof value === "string") return value;
  return value === 0 ? "0" : String(Number(value.toPrecision(4)));
}

/** Create a table; each row is a list whose first entry is the head of the row. */
function table(caption, columns, rows, attributes = {}) {
  return make("div", { class: "scroll" },
    make("table", attributes,
      make("caption", {}, caption),
      make("thead", {}, make("tr", {}, columns.map((name) => make("th", { scope: "col" }, name)))),
      make("tbody", {}, rows.map(([first, ...rest]) =>
        make("tr", {}, make("th", { scope: "row" }, first), rest.map((entry) => make("td", {}, entry))),
      )),
    ),
  );
}

/** Let the keyboard scroll the tables that are wider than their place. */
function makeWideTablesFocusable(root) {
  for (const place of root.querySelectorAll(".scroll:not([tabindex])")) {
    if (place.scrollWidth <= place.clientWidth) continue;
    place.setAttribute("tabindex", "0");
    place.setAttribute("role", "region");
    place.setAttribute("aria-label", place.querySelector("caption")?.textContent ?? "Table");
  }
}

/** Move in a grid with the arrow keys; only one of its cells is a tab stop. */
function addKeyboardNavigation(grid) {
  const at = (row, column) => grid.querySelector(`[data-row="${row}"][data-column="${column}"]`);
  const go = (cell) => {
    grid.querySelector('[tabindex="0"]')?.setAttribute("tabindex", "-1");
    cell.setAttribute("tabindex", "0");
    cell.focus();
  };
  grid.querySelector("[data-row]")?.setAttribute("tabindex", "0");
  grid.addEventListener("keydown", (event) => {
    const cell = event.target.closest("[data-row]");
    if (!cell || event.altKey || event.metaKey) return;
    const [row, column] = [Number(cell.dataset.row), Number(cell.dataset.column)];
    const [rows, columns] = [Number(grid.dataset.rows), Number(grid.dataset.columns)];
    const moves = {
      ArrowUp: [row - 1, column], ArrowDown: [row + 1, column],
      ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1],
      PageUp: [Math.max(row - 10, 0), column], PageDown: [Math.min(row + 10, rows - 1), column],
      Home: [event.ctrlKey ? 0 : row, 0], End: [event.ctrlKey ? rows - 1 : row, columns - 1],
    };
    if (event.key in moves) {
      const next = at(...moves[event.key]);
      if (next) go(next);
      event.preventDefault();
    } else if (event.key === "Enter" || event.key === " ") {
      cell.click();
      event.preventDefault();
    }
  });
  grid.addEventListener("focusin", (event) => {
    const cell = event.target.closest("[data-row]");
    if (!cell || cell.tabIndex === 0) return;
    grid.querySelector('[tabindex="0"]')?.setAttribute("tabindex", "-1");
    cell.setAttribute("tabindex", "0");
  });
}

/** Return a share as ``52 %``: 100 % only if it is all, 0 % only if it is nothing. */
function shareText(part, whole) {
  if (part === whole) return "100 %";
  return part ? `${Math.min(99, Math.max(1, Math.round((100 * part) / whole)))} %` : "0 %";
}

/** Return ``99 fail, 19 change silently, 40 safe``. */
function countsText(counts) {
  const order = [FAILS, CHANGES, LIMITED, SAFE, UNKNOWN];
  return order.filter((group) => counts[group])
    .map((group) => `${number(counts[group])} ${head.groups[group].label}`).join(", ") || "no cells";
}
