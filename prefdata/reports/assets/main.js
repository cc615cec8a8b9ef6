// The page as a whole: head, navigation, sections.
function sections() {
  const { labels } = REPORT;
  return [
    summarySection(), labels && [claimSection(), suspectSection()], flowSection(), changeSection(), issueSection(), alikeSection(), textSection(), agreementSection(), judgingSection(),
    labels ? [modelSection(), shortcutSection(), sliceSection(), ablationSection()] : judgedSection(),
    reviewSection(), aboutSection(),
  ].flat().filter(Boolean);
}

function build() {
  const place = currentPlace();
  forgetCharts();
  setAppearance();
  const made = sections();
  document.getElementById("page").replaceChildren(
    element("a", { class: "skip control", href: "#summary" }, say("skip")),
    head(),
    element("div", { class: "columns" }, navigation(made), element("main", { id: "main" }, made)),
    element("footer", {}, say("footer", { version: REPORT.versions.prefdata || "" })),
  );
  drawCharts();
  if (REPORT.labels) showDecisions();
  watchSections(made);
  if (place) restore(place);
}

function head() {
  return element("header", { class: "page-head" },
    element("div", { class: "head-line" }, element("span", { class: "brand" }, "prefdata"), element("div", { class: "switches control" },
      switchOf("language", LANGUAGES.map((name) => [name, say("language.name." + name)])),
      switchOf("theme", THEMES.map((name) => [name, say("theme." + name)])),
      element("button", { type: "button", class: "print", on: { click: () => print() } }, say("print")))),
    element("p", { class: "kicker" }, say("page.kind")),
    element("h1", { dir: "auto" }, visible(REPORT.title)));
}

function navigation(made) {
  return element("nav", { class: "control", "aria-label": say("contents") }, element("ol", {}, made.map((each) =>
    element("li", {}, element("a", { href: "#" + each.id, "data-section": each.id }, say("nav." + each.id))))));
}

// The section that is read now is marked in the navigation.
let watcher = null;
function watchSections(made) {
  if (watcher) watcher.disconnect();
  watcher = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) if (isIntersecting) markSection(target.id);
  }, { rootMargin: "-15% 0px -75% 0px" });
  made.forEach((each) => watcher.observe(each));
}

function markSection(id) {
  for (const link of document.querySelectorAll("nav a")) {
    if (link.dataset.section !== id) link.removeAttribute("aria-current");
    else {
      link.setAttribute("aria-current", "true");
      const list = link.closest("ol");
      list.scrollLeft = link.offsetLeft - list.clientWidth / 2 + link.clientWidth / 2;
    }
  }
}

// Where the reader is: a section, and how far its top is away. Kept while the page is drawn anew.
function currentPlace() {
  const all = [...document.querySelectorAll("main > section")];
  const now = all.filter((each) => each.getBoundingClientRect().top <= innerHeight / 3).pop();
  return now && { id: now.id, top: now.getBoundingClientRect().top };
}

function restore({ id, top }) {
  const now = document.getElementById(id);
  if (now) scrollBy({ top: now.getBoundingClientRect().top - top, behavior: "instant" });
}

build();
if (location.hash.length > 1) {
  const target = document.getElementById(location.hash.slice(1));
  if (target) target.scrollIntoView();
}
document.documentElement.dataset.ready = "true";
