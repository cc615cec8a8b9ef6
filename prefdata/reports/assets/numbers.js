// Numbers. Each that is shown names its place in the report (data-path, a JSON pointer), so that
// it can be compared with report.json.
const locale = () => (choice.language === "zh" ? "zh-CN" : "en-US");
const digits = (least, most = least) => ({ minimumFractionDigits: least, maximumFractionDigits: most });

const FORMATS = {
  count: (value) => new Intl.NumberFormat(locale(), digits(0)).format(value),
  ratio: (value) => new Intl.NumberFormat(locale(), { style: "percent", ...digits(1) }).format(value),
  percent: (value) => new Intl.NumberFormat(locale(), { style: "percent", ...digits(0) }).format(value),
  about: (value) => new Intl.NumberFormat(locale(), digits(0, 1)).format(value),
  three: (value) => new Intl.NumberFormat(locale(), digits(3)).format(value),
  four: (value) => new Intl.NumberFormat(locale(), digits(4)).format(value),
  signed: (value) => new Intl.NumberFormat(locale(), { signDisplay: "exceptZero", ...digits(2) }).format(value),
  points: (value) => FORMATS.signed(100 * value),
  edge: (value) => new Intl.NumberFormat(locale(), digits(0, Math.abs(value) < 20 ? 2 : 0)).format(value),
};

const pointer = (parts) => parts.map((part) => "/" + String(part).replace(/~/g, "~0").replace(/\//g, "~1")).join("");
const at = (parts) => parts.reduce((value, part) => (value === null || value === undefined ? undefined : value[part]), REPORT);
const formatted = (value, format) => (value === null || value === undefined ? "–" : FORMATS[format](value));

function shown(parts, format = "count") {
  const value = at(parts);
  if (value === null || value === undefined) return span("number absent", "–");
  return element(
    "span",
    { class: "number", "data-path": pointer(parts), "data-value": JSON.stringify(value), "data-format": format },
    formatted(value, format),
  );
}

// A number that follows from numbers of the report, by a name.
const derived = (name, value, format = "count") =>
  element("span", { class: "number", "data-derived": name, "data-value": JSON.stringify(value) }, formatted(value, format));

// A value with its interval: 77.4% (76.5%–78.3%).
function interval(parts, format = "ratio", names = ["value", "low", "high"]) {
  const [value, low, high] = names.map((name) => [...parts, name]);
  if (at(value) === null || at(value) === undefined) return absent(parts);
  if (at(low) === null || at(low) === undefined) return shown(value, format);
  return [shown(value, format), span("interval", " (", shown(low, format), format === "signed" || format === "points" ? say("to") : "–", shown(high, format), ")")];
}

function absent(parts) {
  const why = (at(parts) || {}).absent;
  return why ? span("absent", told(why)) : span("absent", "–");
}

const share = (rows, of) => (of ? rows / of : null);
const sum = (counts) => Object.values(counts).reduce((total, count) => total + count, 0);
const keysByCount = (counts) => Object.keys(counts).sort((a, b) => counts[b] - counts[a] || (a < b ? -1 : 1));
