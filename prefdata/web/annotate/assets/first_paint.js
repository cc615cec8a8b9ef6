// Before anything is drawn: the language and the theme, so that nothing flickers.
const WORDS = bare({});
let build = () => {};

// The person's own choice goes before what the server knows of the person.
if (!remembered("language", LANGUAGES)) choice.language = document.documentElement.dataset.language || choice.language;

function paintTheme() {
  document.documentElement.dataset.theme = isDark() ? "dark" : "light";
}

function paintLanguage() {
  document.documentElement.lang = choice.language === "zh" ? "zh-CN" : "en";
}

paintTheme();
darkSystem.addEventListener("change", paintTheme);
