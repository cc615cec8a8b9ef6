// Language and colours of a page, on a screen and on paper; `build` draws it anew.
function setAppearance() {
  document.documentElement.lang = choice.language === "zh" ? "zh-CN" : "en";
  document.documentElement.dataset.theme = isDark() ? "dark" : "light";
}

// On paper everything is open, all rows are there, and colours are those of the light theme.
function printable(isPrinting) {
  if (choice.printing === isPrinting) return;
  choice.printing = isPrinting;
  build();
  if (!isPrinting) return;
  for (const details of document.querySelectorAll("details")) details.open = true;
}

addEventListener("beforeprint", () => printable(true));
addEventListener("afterprint", () => printable(false));
matchMedia("print").addEventListener("change", (event) => printable(event.matches));
darkSystem.addEventListener("change", () => choice.theme === "auto" && !choice.printing && build());
