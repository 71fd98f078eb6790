// What every page runs. Each part looks for its own element and leaves the
// page as the server made it when there is none.
import { comboboxes } from "./combobox.js";
import { scrubber } from "./scrubber.js";
import { verifiers } from "./verify.js";

document.documentElement.classList.add("scripted");
comboboxes(document);
scrubber(document);
verifiers(document);

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
