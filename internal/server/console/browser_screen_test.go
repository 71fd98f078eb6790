package console_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-rod/rod"
	"github.com/go-rod/rod/lib/input"
)

// table writes a table of names to a file and returns its path.
func table(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "customers.csv")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestBatchInTheBrowser hands tables in through the real door: one that is
// screened while the page shows how far it is, one that cannot be read, one
// that is stopped, one that is dropped on the form.
func TestBatchInTheBrowser(t *testing.T) {
	b := browser(t)
	_, root := serve(t, true)
	p := openTab(t, b, root+"/screen/batch")
	send := func(content string) {
		p.MustElement("#file").MustSetFiles(table(t, content))
		p.MustElement("form[data-batch] button:not([type])").MustFocus().MustType(input.Enter)
	}

	send("nom\nAcme\n")
	p.MustElementR("[data-progress] [role=status].failed", "no column name")
	if p.MustElement("[data-stop]").MustVisible() {
		t.Error("a batch that has ended can be stopped")
	}

	var long strings.Builder
	long.WriteString("id,name\n")
	for i := range 60_000 {
		fmt.Fprintf(&long, "%d,Customer Number %d Trading\n", i, i)
	}
	send(long.String())
	p.MustElementR("[data-progress] [role=status]", "names screened")
	if got := p.MustElement("progress").MustProperty("value").Num(); got <= 0 {
		t.Errorf("the bar stands at %v", got)
	}
	p.MustElement("[data-stop]").MustClick()
	p.MustElementR("[data-progress] [role=status]", "Stopped. Nothing was recorded.")

	send(customers + "4,,\n")
	p.MustElementR("[data-progress] li", "line 5: column name: is empty")
	send(customers)
	p.MustElementR("h1", "^2 of 3 names match$")
	p.MustElementR("[data-sought='2']", "Huawei Technologies")

	p.MustNavigate(root + "/screen/batch").MustWaitLoad()
	p.MustEval(`(text) => {
		const data = new DataTransfer();
		data.items.add(new File([text], "dropped.csv", { type: "text/csv" }));
		document.querySelector("form[data-batch]").dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
	}`, customers)
	if got := p.MustEval(`() => document.querySelector("#file").files[0]?.name`).Str(); got != "dropped.csv" {
		t.Errorf("dropped, the form has the file %q", got)
	}
}

// TestScreenByKeyboard asks, unfolds, and reads an account with keys alone, in
// a narrow window.
func TestScreenByKeyboard(t *testing.T) {
	b := browser(t)
	_, root := serve(t, true)
	p := openTab(t, b, root+"/screen", narrow)
	p.MustElement("details.further summary").MustFocus().MustType(input.Enter)
	p.MustElement("#country").MustInput("China")
	p.MustElement("#name").MustInput("Huwei Technologies").MustType(input.Enter)
	p.MustElementR("#matches", "for “Huwei Technologies”")
	notWider(t, p)

	p.MustElement("[data-match] td:last-child a").MustFocus().MustType(input.Enter)
	p.MustElementR("[data-outcome] h2", "Match")
	notWider(t, p)
	p.MustElement("#raw summary").MustFocus().MustType(input.Enter)
	p.MustElementR("#json", "us-bis-entity-list")
	p.MustElement("[data-copy=json]").MustFocus().MustType(input.Enter)
	p.MustElementR("[data-copy=json]", "Copied|Selected")

	p.MustNavigate(root + "/screen/why?name=Xiaomi&id=Huawei").MustWaitLoad()
	p.MustElementR("[data-outcome] h2", "No match")
	for _, address := range []string{"/screen?name=Huawei+Tecnologi+Berlin", "/screen/batch", "/screen/results", "/watchlists", "/duplicates?subject=SMIC"} {
		p.MustNavigate(root + address).MustWaitLoad()
		notWider(t, p)
	}
}

func notWider(t *testing.T, p *rod.Page) {
	t.Helper()
	if over := p.MustEval(`() => document.documentElement.scrollWidth - document.documentElement.clientWidth`).Int(); over > 0 {
		t.Errorf("%s is %d px wider than the window", p.MustInfo().URL, over)
	}
}

// Without scripts the form answers with the result's page.
func TestBatchWithoutScripts(t *testing.T) {
	b := browser(t)
	_, root := serve(t, true)
	p := openTab(t, b, root+"/screen/batch", scriptless)
	p.MustElement("#file").MustSetFiles(table(t, customers))
	p.MustElement("form[data-batch] button:not([type])").MustClick()
	p.MustElementR("h1", "^2 of 3 names match$")
	p.MustElementR(".tabs a", "Without").MustClick()
	p.MustElementR("[data-sought='1']", "Nobody at all")
}
