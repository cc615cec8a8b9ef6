// The lead's page: how the campaign stands, what needs a decision, who may come in.
import { Refusal, ask, leave, loadWords, address, whoIsThere } from "./ask.js";
import { invitationSection, exportSection, questionSection } from "./lead_doors.js";
import { disputeSection } from "./lead_disputes.js";
import { agreementSection, progressSection } from "./lead_figures.js";
import { peopleSection } from "./lead_people.js";

const EVERY = 20_000; // milliseconds between looks at figures

const lead = { me: null, told: {}, named: false };
let refreshing = 0;

// What each section shows, by the name under which the server tells it.
const SECTIONS = [
  ["progress", progressSection], ["agreement", agreementSection], ["disputes", disputeSection], ["people", peopleSection],
  ["questions", questionSection], ["invitations", invitationSection], ["export", exportSection],
];

async function fetchAll() {
  const [overview, people, disputes, questions, invitations] = await Promise.all([
    ask("lead/overview"), ask(`lead/people?names=${lead.named}`), ask("lead/disagreements"), ask("lead/questions"), ask("lead/invitations"),
  ]);
  lead.told = { overview, people: people.people, disputes: disputes.items, questions: questions.questions, invitations: invitations.invitations };
}

// Draws a section anew; others, and what is being typed there, stay as they are.
function draw(...names) {
  for (const [name, make] of SECTIONS) {
    if (names.length && !names.includes(name)) continue;
    const old = document.getElementById(name);
    const made = element("section", { id: name, "aria-labelledby": "title-" + name }, element("h2", { id: "title-" + name, tabindex: "-1" }, say("lead." + name)), make(page));
    old.replaceWith(made);
  }
  drawMark();
}

const page = {
  get told() {
    return lead.told;
  },
  get me() {
    return lead.me;
  },
  get named() {
    return lead.named;
  },
  async name(named) {
    lead.named = named;
    await this.refresh("people");
  },
  // Asks anew, and draws what is named.
  async refresh(...names) {
    await fetchAll();
    draw(...names);
  },
  draw,
  // Does what a button says; a refusal is told in words.
  async act(what, ...names) {
    try {
      const answer = await what();
      await this.refresh(...names);
      tell("");
      return answer;
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      tell(refusal.message, refusal.isSignedOut);
      return null;
    }
  },
  tell,
};

function tell(text, isEnded = false) {
  const box = document.getElementById("told");
  box.textContent = isEnded ? say("ended.title") + " " + say("ended.words") : text;
  box.hidden = !box.textContent;
}

// What waits for the lead, in the navigation.
function drawMark() {
  const waiting = { disputes: (lead.told.overview || {}).disputed, questions: (lead.told.questions || []).filter((each) => each.reply === null || each.reply === undefined).length };
  for (const [name, count] of Object.entries(waiting)) {
    const mark = document.querySelector(`nav a[href="#${name}"] .waiting`);
    if (mark) mark.textContent = count ? ` (${FORMATS.count(count)})` : "";
  }
}

function frame() {
  const { project, person } = lead.me;
  return [
    element("a", { class: "skip", href: "#progress" }, say("lead.skip")),
    element("header", { class: "page-head" },
      element("div", { class: "head-line" }, element("span", { class: "brand" }, "prefdata"), element("div", { class: "switches" },
        switchOf("language", LANGUAGES.map((name) => [name, say("language.name." + name)])),
        switchOf("theme", THEMES.map((name) => [name, say("theme." + name)])),
        element("a", { class: "button-link", href: address("") }, say("lead.judge")),
        element("button", { type: "button", class: "quiet", on: { click: () => leave().then(() => location.reload()) } }, say("menu.leave")))),
      element("p", { class: "kicker" }, say("lead.kicker"), " · ", word(person.name)),
      element("h1", { dir: "auto" }, visible(project.title))),
    element("p", { id: "told", class: "banner-box", role: "alert", hidden: true }),
    element("div", { class: "columns" },
      element("nav", { "aria-label": say("lead.contents") }, element("ol", {}, SECTIONS.map(([name]) => element("li", {}, element("a", { href: "#" + name }, say("lead." + name), span("waiting")))))),
      element("main", { id: "main" }, SECTIONS.map(([name]) => element("section", { id: name })))),
  ];
}

build = () => {
  paintLanguage();
  paintTheme();
  document.title = legible(lead.me.project.title);
  const place = scrollY;
  document.getElementById("page").replaceChildren(...frame());
  draw();
  scrollTo({ top: place, behavior: "instant" });
};

// Figures go on by themselves; what a lead may be writing in stays.
async function look() {
  clearTimeout(refreshing);
  try {
    if (document.visibilityState === "visible") await page.refresh("progress", "agreement");
    tell("");
  } catch (refusal) {
    tell(refusal.message, refusal.isSignedOut);
  }
  refreshing = setTimeout(look, EVERY);
}

async function begin() {
  await loadWords();
  try {
    lead.me = await whoIsThere();
    if (!remembered("language", LANGUAGES)) choice.language = lead.me.person.language || choice.language;
    await fetchAll();
    build();
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    paintLanguage();
    document.getElementById("page").replaceChildren(element("main", { class: "door" }, element("h1", {}, say(refusal.isSignedOut ? "ended.title" : "nothing.offline.title")), paragraph(refusal.message)));
  }
  document.documentElement.dataset.ready = "true";
  refreshing = setTimeout(look, EVERY);
}

begin();
