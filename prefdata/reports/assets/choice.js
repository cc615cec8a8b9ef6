// What the reader has chosen: language, theme. Remembered by the browser; shared with the pages of
// annotation.
// Objects without a prototype: a name of the data such as "constructor" finds nothing in them.
const bare = (value) => Object.assign(Object.create(null), value);
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

const LANGUAGES = ["en", "zh"];
const THEMES = ["auto", "light", "dark"];

// A page from disk may have no storage, depending on the browser: then choices last as long as it.
function remembered(key, allowed) {
  try {
    const value = localStorage.getItem("prefdata." + key);
    return allowed.includes(value) ? value : null;
  } catch {
    return null;
  }
}

function remember(key, value) {
  try {
    localStorage.setItem("prefdata." + key, value);
  } catch {
    // nothing is lost but the choice
  }
}

const choice = {
  language: remembered("language", LANGUAGES) || ((navigator.language || "").startsWith("zh") ? "zh" : "en"),
  theme: remembered("theme", THEMES) || "auto",
  marks: true,
  printing: false,
};

const darkSystem = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => !choice.printing && (choice.theme === "auto" ? darkSystem.matches : choice.theme === "dark");
