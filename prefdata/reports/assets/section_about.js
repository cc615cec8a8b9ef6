// How to read the page, and what it came from.
function aboutSection() {
  const names = ["certain", "estimate", "reward_margin", "p_flip", "auroc", "ap", "interval"];
  return section("about", null,
    element("dl", { class: "glossary" }, names.map((name) => [element("dt", {}, say("glossary." + name)), element("dd", {}, say("glossary." + name + ".says"))])),
    element("h3", {}, say("about.versions")),
    element("dl", { class: "versions" },
      element("dt", {}, say("about.fingerprint")), element("dd", {}, word(REPORT.fingerprint, "code")),
      Object.keys(REPORT.versions).sort().map((name) => [element("dt", {}, word(name)), element("dd", {}, word(REPORT.versions[name], "code"))])),
    element("details", { class: "config" }, element("summary", {}, say("about.config")), element("pre", { tabindex: "0" }, visible(JSON.stringify(REPORT.config, null, 2)))),
  );
}
