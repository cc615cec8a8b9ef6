// Rows that a reader sorts, searches, filters and pages through: as a table, or as anything else.
const states = {}; // by name of the collection: kept when the page is drawn anew

// {name, rows, sorts: [{key, title, value}], filters: [{key, title, value, name}], text: row => what
// a search looks at, perPage, least: rows from which there are tools, draw: (rows, state) => node,
// drawn: what is done once other rows are on the page}
function collection(options) {
  const state = (states[options.name] = states[options.name] || { page: 0, query: "", sort: null, down: false, chosen: {} });
  const body = element("div", { class: "collection-body" });
  const status = element("p", { class: "collection-status", role: "status" });
  const pager = element("div", { class: "pager control" });
  const perPage = options.perPage || 25;

  function update() {
    const rows = sorted(matching(options, state), options, state);
    const pages = Math.max(1, Math.ceil(rows.length / perPage));
    state.page = Math.min(state.page, pages - 1);
    const from = choice.printing ? 0 : state.page * perPage;
    const visibleRows = choice.printing ? rows : rows.slice(from, from + perPage);
    body.replaceChildren();
    append(body, [rows.length ? options.draw(visibleRows, state, change) : element("p", { class: "empty" }, say("none.match"))]);
    status.textContent = rows.length ? say("rows.shown", { from: FORMATS.count(from + 1), to: FORMATS.count(from + visibleRows.length), of: FORMATS.count(rows.length) }) : "";
    status.hidden = rows.length === options.rows.length && pages === 1;
    if (options.drawn && box.isConnected) options.drawn();
    pager.replaceChildren(...(pages > 1 ? pagerButtons(state, pages, change) : []));
  }
  function change(values) {
    Object.assign(state, "page" in values ? {} : { page: 0 }, values);
    const focused = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.focus : null;
    update();
    if (focused) (box.querySelector(`[data-focus="${focused}"]`) || box).focus();
    if ("page" in values) box.scrollIntoView({ block: "start" });
  }
  const hasTools = options.rows.length >= (options.least || 7);
  const box = element("div", { class: "collection", "data-collection": options.name, tabindex: "-1" }, hasTools && tools(options, state, change), status, body, pager);
  update();
  return box;
}

function matching(options, state) {
  const query = state.query.trim().toLocaleLowerCase();
  return options.rows.filter(
    (row) =>
      (!query || options.text(row).toLocaleLowerCase().includes(query)) &&
      (options.filters || []).every(({ key, value }) => !state.chosen[key] || String(value(row)) === state.chosen[key]),
  );
}

function sorted(rows, options, state) {
  const by = options.sorts.find(({ key }) => key === state.sort);
  if (!by) return rows;
  const turn = state.down ? -1 : 1;
  return rows
    .map((row, index) => ({ row, index, value: by.value(row) }))
    .sort((a, b) => compared(a.value, b.value, turn) || a.index - b.index)
    .map(({ row }) => row);
}

// What is missing goes last, whichever way round.
function compared(a, b, turn) {
  const isMissing = [a, b].map((value) => value === null || value === undefined);
  if (isMissing[0] || isMissing[1]) return isMissing[0] - isMissing[1];
  if (typeof a === "number" && typeof b === "number") return turn * (a - b);
  return turn * String(a).localeCompare(String(b), locale());
}

function tools(options, state, change) {
  return element(
    "div",
    { class: "tools control" },
    element("label", { class: "tool" }, span("tool-name", say("search")), element("input", {
      type: "search", value: state.query, "data-search": options.name, "data-focus": "search", autocomplete: "off", spellcheck: "false",
      on: { input: (event) => change({ query: event.target.value }) },
    })),
    (options.filters || []).map((filter) => filterTool(options, filter, state, change)),
    sortTool(options, state, change),
    options.extra,
  );
}

function filterTool(options, filter, state, change) {
  const counts = new Map();
  for (const row of options.rows) counts.set(String(filter.value(row)), (counts.get(String(filter.value(row))) || 0) + 1);
  if (counts.size < 2) return null;
  const offered = [...counts].map(([value, count]) =>
    element("option", { value, selected: state.chosen[filter.key] === value }, `${legible(filter.name ? filter.name(value) : value)} (${FORMATS.count(count)})`),
  );
  return element("label", { class: "tool" }, span("tool-name", legible(filter.title)), element(
    "select",
    { "data-filter": filter.key, on: { change: (event) => change({ chosen: { ...state.chosen, [filter.key]: event.target.value } }) } },
    element("option", { value: "" }, say("filter.all")), offered,
  ));
}

function sortTool(options, state, change) {
  const ways = options.sorts.flatMap((sort) => [
    { value: `${sort.key}:up`, text: `${sort.title} ↑` },
    { value: `${sort.key}:down`, text: `${sort.title} ↓` },
  ]);
  const now = state.sort === null ? "" : `${state.sort}:${state.down ? "down" : "up"}`;
  return element("label", { class: "tool sort-tool" }, span("tool-name", say("sort")), element(
    "select",
    { "data-sort": options.name, on: { change: (event) => {
      const [key, way] = event.target.value.split(":");
      change({ sort: key || null, down: way === "down" });
    } } },
    element("option", { value: "" }, say("sort.given")),
    ways.map(({ value, text }) => element("option", { value, selected: value === now }, text)),
  ));
}

function pagerButtons(state, pages, change) {
  const button = (key, to) =>
    element("button", { type: "button", "data-page": key, "data-focus": key, disabled: to < 0 || to >= pages, on: { click: () => change({ page: to }) } }, say(key));
  return [button("page.before", state.page - 1), span("pager-place", say("page.of", { page: FORMATS.count(state.page + 1), pages: FORMATS.count(pages) })), button("page.after", state.page + 1)];
}

// A table: columns {key, title, value: row => what it is sorted by, cell: row => node, isNumber}.
// isPlain: narrow enough for a phone; isTitled: the caption is seen.
function dataTable({ name, caption, columns, rows, filters, perPage, isPlain, isTitled }) {
  const shownColumns = columns.filter(Boolean);
  const text = (row) => shownColumns.map(({ value, text: words }) => (words || value)(row)).join(" ");
  const draw = (visibleRows, state, change) =>
    element("div", { class: "table-box" }, element(
      "table",
      { class: isPlain ? "plain" : "stacks", "data-table": name },
      element("caption", { class: isTitled ? "is-seen" : null }, caption),
      element("thead", {}, element("tr", {}, shownColumns.map((column) => headerCell(column, state, change)))),
      element("tbody", {}, visibleRows.map((row) => element("tr", {}, shownColumns.map((column, index) =>
        element(index ? "td" : "th", { scope: index ? null : "row", class: column.isNumber ? "numeric" : null, "data-title": column.title }, span("cell", column.cell(row))))))),
    ));
  return collection({ name, rows, filters, perPage, sorts: shownColumns, text, draw });
}

function headerCell(column, state, change) {
  const isSorted = state.sort === column.key;
  const way = isSorted ? (state.down ? "descending" : "ascending") : "none";
  const next = () => change({ sort: column.key, down: isSorted ? !state.down : Boolean(column.isNumber) });
  return element(
    "th",
    { scope: "col", "aria-sort": way, class: column.isNumber ? "numeric" : null },
    element("button", { type: "button", class: "sorter", "data-column": column.key, "data-focus": "column-" + column.key, on: { click: next } }, column.title, span("sorter-mark " + way)),
  );
}
