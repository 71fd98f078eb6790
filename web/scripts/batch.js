// A batch of names: drop the table anywhere on the form, watch it being
// screened, stop it. The form is an ordinary one; this sends the same fields
// and asks for lines of progress in place of the result's page.

export function batches(root) {
  for (const form of root.querySelectorAll("form[data-batch]")) batch(form);
}

function batch(form) {
  const file = form.elements.namedItem("file");
  const begin = form.querySelector("button:not([type])");
  const stop = form.querySelector("[data-stop]");
  const shown = form.querySelector("[data-progress]");
  const bar = shown.querySelector("progress");
  const said = shown.querySelector("[role=status]");
  let request = null;

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
  const done = (line) => {
    busy(false);
    if (line.error) return say(line.error, true);
    if (!line.failures) return location.assign(line.result);
    say(`${number(line.rows)} rows were read; ${number(line.failures)} could not be screened and are not in the record. `, true);
    const link = document.createElement("a");
    link.href = line.result;
    link.textContent = "See the result";
    said.append(link);
    const list = document.createElement("ul");
    for (const each of line.failed ?? []) {
      const item = document.createElement("li");
      item.textContent = each;
      list.append(item);
    }
    said.append(list);
    link.focus();
  };
  const progress = (line) => {
    bar.max = line.size || 1;
    bar.value = line.read;
    say(`${number(line.rows)} names screened, ${number(line.matched)} with a match`);
  };

  const send = () => {
    let last = null;
    let seen = 0;
    const read = () => {
      const lines = request.responseText.slice(seen).split("\n");
      seen = request.responseText.length - lines.pop().length;
      for (const text of lines) {
        last = JSON.parse(text);
        if (!last.result && !last.error) progress(last);
      }
    };
    request = new XMLHttpRequest(); // tells how far the upload is, which fetch does not
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/x-ndjson");
    request.upload.addEventListener("progress", (event) => {
      bar.max = event.total || 1;
      bar.value = event.loaded;
      say(`Sending ${file.files[0]?.name ?? "the table"}…`);
    });
    request.addEventListener("progress", () => lined() && read());
    request.addEventListener("load", () => {
      if (!lined()) return refused();
      read();
      if (last?.result || last?.error) return done(last);
      busy(false);
      say("The answer broke off. Nothing was recorded.", true);
    });
    request.addEventListener("error", () => { busy(false); say("The connection was lost. Nothing was recorded.", true); });
    request.addEventListener("abort", () => { busy(false); say("Stopped. Nothing was recorded."); });
    request.send(new FormData(form));
  };
  const lined = () => request.getResponseHeader("Content-Type")?.startsWith("application/x-ndjson");
  const refused = () => {
    busy(false);
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    const words = ["h1", ".lede", ".note"].map((part) => page.querySelector(`main ${part}`)?.textContent.trim()).filter(Boolean);
    say(words.join(". ") || `The server refused with status ${request.status}.`, true);
  };

  form.addEventListener("submit", (event) => {
    if (new FormData(form).get("answer") !== "page") return; // the browser saves a file by itself
    event.preventDefault();
    busy(true);
    bar.removeAttribute("value");
    say("Sending…");
    send();
  });
  stop.addEventListener("click", () => request?.abort());
  for (const name of ["dragover", "dragleave", "drop"]) {
    form.addEventListener(name, (event) => {
      event.preventDefault();
      form.classList.toggle("over", name === "dragover");
      if (name === "drop" && event.dataTransfer.files.length > 0) file.files = event.dataTransfer.files;
    });
  }
}

const number = (n) => n.toLocaleString("en").replaceAll(",", "\u202f");
