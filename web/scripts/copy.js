// Buttons that copy what they name. Where the clipboard is not to be had, as
// on pages without TLS, the text is selected instead.

export function copiers(root) {
  for (const button of root.querySelectorAll("button[data-copy]")) {
    const from = document.getElementById(button.dataset.copy);
    const label = button.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(from.textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(from);
        button.textContent = "Selected; copy it now";
      }
      setTimeout(() => { button.textContent = label; }, 2000);
    });
  }
}
