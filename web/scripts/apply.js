// An application for a label: saved without losing one's place, and told at
// once how far it has come. The form is an ordinary one; this sends the same
// fields and asks for the parts of the page that change. Files of releases are
// digested here and never sent.

export function applications(root) {
  for (const form of root.querySelectorAll("form[data-apply]")) application(form);
  for (const file of root.querySelectorAll("input[data-digest-into]")) digester(file);
}

function application(form) {
  const save = form.querySelector("button[value=save]");
  const id = form.elements.namedItem("id");
  let changed = false;

  const put = (page) => {
    for (const part of page.querySelectorAll("[data-part]")) {
      const here = form.querySelector(`[data-part="${part.dataset.part}"]`);
      here?.replaceChildren(...part.childNodes);
    }
  };
  const failed = (text) => {
    const note = document.createElement("p");
    note.className = "note bad";
    note.setAttribute("role", "alert");
    note.textContent = text;
    form.querySelector("[data-part=progress]").prepend(note);
  };
  const send = async () => {
    const fields = new FormData(form);
    fields.set("do", "save");
    fields.set("answer", "parts");
    save.disabled = true;
    form.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(form.action, { method: "POST", body: fields });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const parts = page.querySelector("[data-id]");
      if (!parts) return failed(page.querySelector("main .note, main .lede")?.textContent.trim() || `The server refused with status ${answer.status}.`);
      put(parts);
      form.elements.namedItem("seen").value = parts.dataset.id ? parts.dataset.seen : "";
      if (!answer.ok) return;
      changed = false;
      for (const file of form.querySelectorAll("input[type=file]")) file.value = "";
      if (!id.value && parts.dataset.id) history.replaceState(null, "", `/labelling/${parts.dataset.id}/apply`);
      id.value = parts.dataset.id;
    } catch {
      failed("The connection was lost. Nothing was kept.");
    } finally {
      save.disabled = false;
      form.removeAttribute("aria-busy");
    }
  };

  form.addEventListener("input", () => { changed = true; });
  form.addEventListener("submit", (event) => {
    if (event.submitter && event.submitter !== save) { changed = false; return; }
    // Another tier asks other controls, and a full row of releases wants
    // another: then the whole page is made anew.
    const rows = [...form.querySelectorAll("[data-release]")];
    const full = rows.at(-1)?.querySelector("input").value;
    if (full || form.elements.namedItem("tier")?.dataset.changed) { changed = false; return; }
    event.preventDefault();
    send();
  });
  form.elements.namedItem("tier")?.addEventListener("change", (event) => { event.target.dataset.changed = "1"; });
  addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() === "s" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit(save);
    }
  });
  addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
}

function digester(file) {
  const into = document.getElementById(file.dataset.digestInto);
  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    if (!chosen) return;
    file.setCustomValidity("");
    try {
      const sum = await crypto.subtle.digest("SHA-256", await chosen.arrayBuffer());
      const digest = `sha256:${[...new Uint8Array(sum)].map((b) => b.toString(16).padStart(2, "0")).join("")}`;
      if (!into.value.includes(digest)) into.value = [into.value.trim(), digest].filter(Boolean).join("\n");
      into.dispatchEvent(new Event("input", { bubbles: true }));
    } catch {
      file.setCustomValidity("This browser cannot digest the file here; write the digest yourself.");
      file.reportValidity();
    }
    file.value = "";
  });
}
