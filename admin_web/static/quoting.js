// On a story's page: the words that are marked are the ones that a quote is proposed from.
import { selecting } from "./selecting.js";

const LONGEST_TOLD = 40;

const section = document.getElementById("words");
const link = document.getElementById("quote");
if (section?.querySelector("[data-start]") && link) {
  const [address, title] = [link.getAttribute("href"), link.textContent];
  document.getElementById("quote-hint").hidden = false;
  selecting(section).onChange((chosen) => {
    link.href = chosen ? `${address}?first=${chosen.first}&last=${chosen.last}` : address;
    link.textContent = chosen ? `Quote “${shortened(chosen.words)}”` : title;
  });
}

function shortened(words) {
  return words.length <= LONGEST_TOLD ? words : `${words.slice(0, LONGEST_TOLD - 1).trimEnd()}…`;
}
