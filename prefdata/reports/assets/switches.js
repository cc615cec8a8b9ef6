// Switches for what the reader chooses; `build` draws the page anew.
function switchOf(key, options) {
  return element("div", { class: "switch", role: "group", "aria-label": say("switch." + key) }, options.map(([value, name]) =>
    element("button", { type: "button", "data-choose": `${key}:${value}`, lang: key === "language" ? (value === "zh" ? "zh-CN" : "en") : null, "aria-pressed": String(choice[key] === value), on: { click: () => choose(key, value) } }, name)));
}

function choose(key, value) {
  choice[key] = value;
  remember(key, value);
  build();
  document.querySelector(`[data-choose="${key}:${value}"]`).focus({ preventScroll: true });
}
