// Documents to import: drop them anywhere on the form, watch them being sent,
// stop. The form is an ordinary one. This sends the same fields, many files in
// several turns, and puts what the server says of each in one report.

const together = 20; // files in one turn; an edition of several files is smaller

export function imports(root) {
  for (const form of root.querySelectorAll("form[data-import]")) taking(form);
}

function taking(form) {
  const files = form.elements.namedItem("file");
  const begin = form.querySelector("button:not([type])");
  const stop = form.querySelector("[data-stop]");
  const shown = form.querySelector("[data-progress]");
  const bar = shown.querySelector("progress");
  const said = shown.querySelector("[role=status]");
  let request = null;
  let stopped = false;

  const say = (text, failed) => {
    shown.hidden = false;
    said.textContent = text;
    said.classList.toggle("failed", Boolean(failed));
  };
  const busy = (on) => {
    begin.disabled = on;
    stop.hidden = !on;
    bar.hidden = !on;
    form.setAttribute("aria-busy", String(on));
  };

  // turn sends some of the files and gives the page that the server answers.
  const turn = (some, sent, total) => new Promise((resolve, reject) => {
    const fields = new FormData(form);
    fields.delete("file");
    for (const file of some) fields.append("file", file, file.name);
    request = new XMLHttpRequest(); // tells how far the upload is, which fetch does not
    request.open("POST", form.action);
    request.responseType = "document";
    request.upload.addEventListener("progress", (event) => {
      bar.max = total || 1;
      bar.value = sent + Math.min(event.loaded, event.total);
    });
    request.upload.addEventListener("load", () => say(some.length === 1 ? `Reading ${some[0].name}…` : `Reading ${some.length} files…`));
    request.addEventListener("load", () => resolve(request.response));
    request.addEventListener("error", () => reject(new Error("The connection was lost.")));
    request.addEventListener("abort", () => reject(new Error("Stopped.")));
    request.send(fields);
  });

  const send = async () => {
    const all = [...files.files];
    const total = all.reduce((sum, file) => sum + file.size, 0);
    const list = report();
    let sent = 0;
    let done = 0;
    let refused = 0;
    stopped = false;
    busy(true);
    try {
      while (done < all.length && !stopped) {
        const some = all.slice(done, done + together);
        say(`Sending ${some[0].name}${some.length > 1 ? ` and ${some.length - 1} more` : ""}…`);
        refused += taken(list, await turn(some, sent, total), some);
        done += some.length;
        sent += some.reduce((sum, file) => sum + file.size, 0);
        bar.max = total || 1;
        bar.value = sent;
      }
      say(`${done} of ${all.length} ${all.length === 1 ? "file" : "files"} sent${refused ? `; ${refused} not taken` : ""}.`, refused > 0);
    } catch (error) {
      say(`${error.message} ${done} of ${all.length} files were taken in; the rest can be sent again.`, true);
    }
    busy(false);
    list.focus();
  };

  form.addEventListener("submit", (event) => {
    if (files.files.length === 0) return;
    event.preventDefault();
    send();
  });
  stop.addEventListener("click", () => {
    stopped = true;
    request?.abort();
  });
  for (const name of ["dragover", "dragleave", "drop"]) {
    form.addEventListener(name, (event) => {
      event.preventDefault();
      form.classList.toggle("over", name === "dragover");
      if (name === "drop" && event.dataTransfer.files.length > 0) files.files = event.dataTransfer.files;
    });
  }
}

// report is the list that the page tells of imports in, made when there is none.
function report() {
  let list = document.querySelector("#report ~ ul");
  if (!list) {
    const section = document.createElement("section");
    section.className = "panel";
    section.setAttribute("aria-labelledby", "report");
    const heading = document.createElement("h2");
    heading.id = "report";
    list = document.createElement("ul");
    list.className = "bare";
    list.tabIndex = -1;
    section.append(heading, list);
    document.querySelector("[data-import]").closest("section").before(section);
  }
  document.querySelector("#report").textContent = "What became of them";
  list.replaceChildren();
  return list;
}

// taken adds what a page says of the files, and tells how many it refuses.
function taken(list, page, files) {
  const items = [...(page?.querySelectorAll("#report ~ ul > li") ?? [])];
  if (items.length > 0) {
    list.append(...items.map((item) => document.importNode(item, true)));
    return items.filter((item) => item.querySelector(".t-deny")).length;
  }
  const words = ["main [role=alert]", "main h1", "main .lede", "main .note"].map((part) => page?.querySelector(part)?.textContent.trim()).filter(Boolean);
  const item = document.createElement("li");
  const outcome = document.createElement("strong");
  outcome.className = "t-deny change";
  outcome.textContent = "Not taken";
  item.append(outcome, ` ${files.map((file) => file.name).join(", ")}: ${words[0] ?? "the server refused."}`);
  list.append(item);
  return files.length;
}
