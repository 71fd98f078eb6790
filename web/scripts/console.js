// What every page runs. Each part looks for its own element and leaves the
// page as the server made it when there is none.
import { applications } from "./apply.js";
import { batches } from "./batch.js";
import { benches } from "./bench.js";
import { comboboxes } from "./combobox.js";
import { copiers } from "./copy.js";
import { imports } from "./import.js";
import { scrubber } from "./scrubber.js";
import { trees } from "./tree.js";
import { verifiers } from "./verify.js";

document.documentElement.classList.add("scripted");
applications(document);
batches(document);
benches(document);
comboboxes(document);
copiers(document);
imports(document);
scrubber(document);
trees(document);
verifiers(document);

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
