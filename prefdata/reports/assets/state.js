// The values of the page.
const read = (id) => JSON.parse(document.getElementById(id).textContent, (_, value) => (isObject(value) ? bare(value) : value));
const REPORT = read("report");
const WORDS = read("words");
const CHINESE = read("chinese");
