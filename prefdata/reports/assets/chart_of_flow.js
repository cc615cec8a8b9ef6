// Where rows went: ribbons from the sources to what was read, from there to what became of it.
// Where rows are judgements, what came of them is counted: pairs, and rows that make none.
const whatIsRead = () => (REPORT.counts && REPORT.counts.rows ? "made" : "read");
const MOST_SOURCES = 10; // more than a flow diagram can show: the rest is joined, the table has all

function flowLinks() {
  const links = [];
  const sources = REPORT.sources.map((source, index) => ({ name: source.name, path: ["sources", index, "counts", "read"], read: source.counts.read }));
  const shownSources = sources.length > MOST_SOURCES ? sources.slice().sort((a, b) => b.read - a.read).slice(0, MOST_SOURCES - 1) : sources;
  const rest = sources.reduce((total, { read }) => total + read, 0) - shownSources.reduce((total, { read }) => total + read, 0);
  for (const { name, read, path } of shownSources) if (read > 0) links.push({ from: "source:" + name, to: "read", rows: read, path, fromName: name });
  if (rest > 0) links.push({ from: "sources:rest", to: "read", rows: rest, fromName: say("flow.rest", { n: FORMATS.count(sources.length - shownSources.length) }) });
  const out = (kind, name, rows, path) => rows > 0 && links.push({ from: "read", to: kind, rows, path, toName: name });
  out("kept", null, REPORT.counts.kept, ["counts", "kept"]);
  for (const code of keysByCount(REPORT.counts.dropped)) out("dropped:" + code, code, REPORT.counts.dropped[code], ["counts", "dropped", code]);
  out("quarantined", null, REPORT.counts.quarantined, ["counts", "quarantined"]);
  for (const split of keysByCount(REPORT.counts.splits)) {
    const rows = REPORT.counts.splits[split];
    if (rows > 0) links.push({ from: "kept", to: "split:" + split, rows, path: ["counts", "splits", split], toName: split });
  }
  return links;
}

const endName = (link, end) => link[end + "Name"] || say({ read: whatIsRead(), kept: "kept", quarantined: "quarantined" }[link[end]]);

function flowSummary() {
  const { read, kept, dropped, quarantined, rows } = REPORT.counts;
  return say(rows ? "flow.summary_judged" : "flow.summary", { read: FORMATS.count(read), kept: FORMATS.count(kept), dropped: FORMATS.count(sum(dropped)), quarantined: FORMATS.count(quarantined) });
}

const flowChart = () => chartOfFlow({ links: flowLinks(), title: say("flow.title"), summary: flowSummary() });

// Links {from, to, rows, path, fromName, toName}: a source, `read`, what became of the rows, and of
// those in turn. `path`: where the number stands; a number without it follows from others.
function chartOfFlow({ links, title, summary }) {
  const column = (end, title) => ({ key: end, title, value: (link) => endName(link, end), cell: (link) => word(endName(link, end)) });
  const numbers = dataTable({
    name: "flow", caption: say("flow.numbers"), rows: links, isPlain: true,
    columns: [
      column("from", say("flow.from")), column("to", say("flow.to")),
      { key: "rows", title: say("rows"), isNumber: true, value: (link) => link.rows, cell: (link) => (link.path ? shown(link.path) : derived("flow.rest", link.rows)) },
    ],
  });
  return chart({
    name: "flow", title, numbers, summary,
    figure: (width) => (links.length ? flowFigure(links, width) : null),
  });
}

const columnOf = (key) => (key.startsWith("source") ? 0 : key === "read" ? 1 : /^(split|outcome):/.test(key) ? 3 : 2);
const flowTone = (key) => (/^dropped:|^outcome:reason|^quarantined$/.test(key) ? "warm" : /^kept$|^scored$|^split:|^outcome:/.test(key) ? "accent" : "faint");

// The ends of links, each once: {key, name, column, rows}. What goes in may not be what comes out.
function flowNodes(links) {
  const nodes = new Map();
  for (const end of ["from", "to"]) for (const link of links) {
    const key = link[end];
    const of = (side) => links.reduce((total, each) => total + (each[side] === key ? each.rows : 0), 0);
    if (!nodes.has(key)) nodes.set(key, { key, name: endName(link, end), column: columnOf(key), rows: Math.max(of("from"), of("to")), into: 0, outOf: 0 });
  }
  return [...nodes.values()].sort((a, b) => a.column - b.column);
}

// Nodes from the top of each column downwards, by one scale for all. On a phone, what was dropped
// stands below the splits, so that their names do not meet.
function placeNodes(nodes, { width, thick, pad, isNarrow }) {
  const columns = [0, 1, 2, 3].map((column) => nodes.filter((node) => node.column === column));
  const totals = columns.map((each) => each.reduce((total, { rows }) => total + rows, 0));
  const scale = (isNarrow ? 170 : 240) / Math.max(...totals, 1);
  const size = ({ rows }) => Math.max(rows * scale, 1.5);
  const splitsEnd = columns[3].reduce((end, node) => end + size(node) + pad, pad / 2);
  const last = Math.max(...nodes.map(({ column }) => column), 1);
  let bottom = 0;
  columns.forEach((each, column) => {
    let y = pad / 2;
    each.forEach((node, index) => {
      if (isNarrow && column === 2 && index === 1) y = Math.max(y, splitsEnd);
      Object.assign(node, { x: (column / last) * (width - thick), y, size: size(node), isLast: column === last });
      y += node.size + pad;
    });
    bottom = Math.max(bottom, y);
  });
  return { scale, height: bottom };
}

function flowFigure(links, width) {
  const isNarrow = width < 560;
  const thick = isNarrow ? 8 : 12;
  const nodes = flowNodes(links);
  const known = new Map(nodes.map((node) => [node.key, node]));
  const { scale, height } = placeNodes(nodes, { width, thick, pad: isNarrow ? 30 : 22, isNarrow });
  const ribbons = links.map((link) => {
    const [from, to] = [known.get(link.from), known.get(link.to)];
    const half = Math.max(link.rows * scale, 1) / 2;
    const [start, end] = [from.y + from.outOf + half, to.y + to.into + half];
    from.outOf += link.rows * scale;
    to.into += link.rows * scale;
    const [left, right] = [from.x + thick, to.x];
    const middle = (left + right) / 2;
    return hinted(`${label(from.name)} → ${label(to.name)}: ${FORMATS.count(link.rows)}`, "path", {
      d: `M${left} ${start}C${middle} ${start} ${middle} ${end} ${right} ${end}`, class: "ribbon " + flowTone(link.to), "stroke-width": 2 * half });
  });
  return canvas(width, height, ribbons, nodes.map((node) => [
    hinted(`${label(node.name, 80)}: ${FORMATS.count(node.rows)}`, "rect", { x: node.x, y: node.y, width: thick, height: node.size, class: "node " + flowTone(node.key) }),
    nodeName(node, thick, isNarrow),
  ]));
}

function nodeName(node, thick, isNarrow) {
  const [x, anchor] = node.isLast ? [node.x - 6, "end"] : [node.x + thick + 6, "start"];
  const y = node.y + node.size / 2;
  const [name, rows] = [(node.column ? label : endLabel)(node.name, isNarrow ? 13 : 26), FORMATS.count(node.rows)];
  if (isNarrow) return [writing(x, y - 1, "node-name is-small", name, anchor), writing(x, y + 11, "node-rows is-small", rows, anchor)];
  return shape("text", { x, y: y + 4, class: "node-name", "text-anchor": anchor }, name, "  ", shape("tspan", { class: "node-rows" }, rows));
}
